"""One vector a verse, composed of groups of texts: its translations, its modern queries, a user's own.

    vector = normalise(sum over groups g of weight_g * mean of the unit vectors of g's texts)

A group's mean depends on its texts only, so it ships with the model (`encoder/default/vectors.safetensors`)
and is reused wherever the hash of those texts is the same; the rest is encoded here, text by text, through
a cache on disk. Changing a weight or adding a translation therefore never encodes the Bible again.

Dimensions: N verses of a group, D vector size.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from index.bible import FREE_TRANSLATIONS, HELD_OUT, Bible
from index.encode_cache import EncodeCache
from index.errors import CorpusError

Vectors = npt.NDArray[np.float32]
Progress = Callable[[str, int, int], None]
"""Called with (stage, done, total)."""

TRANSLATIONS, MODERN = "translations", "modern"
LEARNED = "learned"
"""Vectors that were trained with the model, verse by verse; where there are any, means only add to them."""
_BATCH = 1024
"""Texts encoded between two steps of the progress bar and commits of the cache."""


class TextEmbedder(Protocol):
    """What encodes texts; `encoder.embedder.Embedder` is one."""

    fingerprint: str
    dim: int

    def embed(self, texts: Sequence[str], kind: Literal["query", "document"] = "query") -> Vectors:
        """(len(texts), D) float32 unit vectors."""
        ...


@dataclass(frozen=True)
class Group:
    """Texts that share a weight: {verse id: its texts}."""

    name: str
    weight: float
    texts: Mapping[int, Sequence[str]] = field(repr=False)


@dataclass(frozen=True)
class GroupVectors:
    """Means of one group, as stored.

    Attributes:
        verse_ids: (N,) int32, ascending.
        vectors: (N, D) int8; times `scales` gives the mean of the unit vectors.
        scales: (N,) float32.
        keys: (N,) uint64, hash of the texts that were averaged.

    """

    verse_ids: npt.NDArray[np.int32]
    vectors: npt.NDArray[np.int8]
    scales: npt.NDArray[np.float32]
    keys: npt.NDArray[np.uint64]


def corpus_groups(bible: Bible, modern: Mapping[int, Sequence[str]]) -> list[Group]:
    """The groups of a Bible: its free translations, its modern queries, each of a user's translations.

    The held-out translations are searched by their words only: two of 24 hardly move a mean, and so the
    vectors that ship serve the measurement on held-out wordings as they are.
    """
    free = [code for code in FREE_TRANSLATIONS if code not in HELD_OUT]
    own = [code for code in bible.translations if code not in FREE_TRANSLATIONS + HELD_OUT]
    groups = [
        Group(TRANSLATIONS, 1.0, _texts(bible, free)),
        Group(MODERN, 1.0, modern),
        # Counts like one of those.
        *(Group(code, 1 / len(free), _texts(bible, [code])) for code in own),
    ]
    return [group for group in groups if group.texts]


def _texts(bible: Bible, codes: Sequence[str]) -> dict[int, tuple[str, ...]]:
    chosen = [bible.translations[code].verses for code in codes if code in bible.translations]
    # Equal texts (KJV and its revisions share thousands) count once.
    texts = {
        verse: tuple(dict.fromkeys(verses[verse] for verses in chosen if verse in verses))
        for verse in bible.verse_ids.tolist()
    }
    return {verse: found for verse, found in texts.items() if found}


def unlearned(groups: Sequence[Group], learned: GroupVectors) -> list[Group]:
    """The texts that learned vectors do not know: a user's own, and modern queries written since.

    `learned` holds vectors that were trained with the model rather than averaged; its keys are the hashes
    of the modern queries that each verse was trained with.
    """
    keys = dict(zip(learned.verse_ids.tolist(), learned.keys.tolist(), strict=True))

    def knows(group: Group, verse: int) -> bool:
        if group.name == TRANSLATIONS:
            return verse in keys
        return group.name == MODERN and keys.get(verse) == texts_key(group.texts[verse])

    rest = [
        Group(group.name, group.weight, {v: t for v, t in group.texts.items() if not knows(group, v)})
        for group in groups
    ]
    return [group for group in rest if group.texts]


def texts_key(texts: Sequence[str]) -> int:
    """The hash (64 bits) of a group's texts for one verse, whatever their order."""
    joined = "\0".join(sorted(texts)).encode()
    return int.from_bytes(hashlib.blake2b(joined, digest_size=8).digest(), "little")


def encode_group(
    group: Group,
    embedder: TextEmbedder,
    *,
    known: GroupVectors | None = None,
    cache: EncodeCache | None = None,
    progress: Progress = lambda *_: None,
) -> GroupVectors:
    """Means of a group's texts; those in `known` whose texts are unchanged are taken over."""
    verse_ids = np.array(sorted(group.texts), np.int32)
    keys = np.array([texts_key(group.texts[v]) for v in verse_ids.tolist()], np.uint64)
    vectors = np.zeros((len(verse_ids), embedder.dim), np.int8)
    scales = np.zeros(len(verse_ids), np.float32)
    missing = np.ones(len(verse_ids), bool)
    if known is not None and known.vectors.shape[1] == embedder.dim:
        place = np.searchsorted(known.verse_ids, verse_ids).clip(max=len(known.verse_ids) - 1)
        same = (known.verse_ids[place] == verse_ids) & (known.keys[place] == keys)
        vectors[same], scales[same] = known.vectors[place[same]], known.scales[place[same]]
        missing = ~same
    todo = np.flatnonzero(missing)
    if len(todo):
        texts = [group.texts[v] for v in verse_ids[todo].tolist()]
        means = _means(texts, embedder, cache, lambda d, t: progress(f"encode {group.name}", d, t))
        scales[todo] = np.abs(means).max(axis=1) / 127
        vectors[todo] = np.rint(means / np.maximum(scales[todo, None], 1e-12)).astype(np.int8)
    return GroupVectors(verse_ids, vectors, scales, keys)


def _means(
    texts: Sequence[Sequence[str]],
    embedder: TextEmbedder,
    cache: EncodeCache | None,
    progress: Callable[[int, int], None],
) -> Vectors:
    """(len(texts), D) the mean vector of each sequence of texts."""
    total = sum(map(len, texts))
    means, done = [], 0
    for some in _batches(texts):
        flat = list(dict.fromkeys(text for each in some for text in each))
        vectors = cache.get(flat) if cache else {}
        new = [text for text in flat if text not in vectors]
        if new:
            encoded = embedder.embed(new, "document")
            if cache:
                cache.put(new, encoded)
            vectors |= dict(zip(new, encoded, strict=True))
        means += [np.mean([vectors[text] for text in each], axis=0) for each in some]
        done += sum(map(len, some))
        progress(done, total)
    return np.stack(means)


def _batches(texts: Sequence[Sequence[str]]) -> Iterator[list[Sequence[str]]]:
    """Groups of verses with at least `_BATCH` texts together, but for the last."""
    batch: list[Sequence[str]] = []
    size = 0
    for each in texts:
        batch.append(each)
        size += len(each)
        if size >= _BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def compose(
    verse_ids: npt.NDArray[np.int32], parts: Sequence[tuple[float, GroupVectors]], dim: int
) -> Vectors:
    """(len(verse_ids), D) unit vectors; a verse without any text in any group stays zero."""
    total = np.zeros((len(verse_ids), dim), np.float32)
    for weight, group in parts:
        place = np.searchsorted(verse_ids, group.verse_ids).clip(max=len(verse_ids) - 1)
        inside = verse_ids[place] == group.verse_ids
        means = group.vectors[inside].astype(np.float32) * group.scales[inside, None]
        total[place[inside]] += np.float32(weight) * means
    lengths = np.linalg.norm(total, axis=1, keepdims=True)
    composed: Vectors = np.divide(total, lengths, out=np.zeros_like(total), where=lengths > 0)
    return composed


def save_vectors(path: Path, groups: Mapping[str, GroupVectors], fingerprint: str) -> None:
    """Writes what ships with a model."""
    tensors = {
        f"{name}.{part}": np.ascontiguousarray(getattr(vectors, part))
        for name, vectors in groups.items()
        for part in ("verse_ids", "vectors", "scales", "keys")
    }
    staging = path.with_name(path.name + ".writing")
    save_file(tensors, staging, {"fingerprint": fingerprint, "groups": "\n".join(groups)})
    # safetensors makes files for their maker alone; an index may be built by somebody else.
    staging.chmod(0o644)
    staging.replace(path)


def load_vectors(path: Path, fingerprint: str) -> dict[str, GroupVectors]:
    """Reads what ships with the model of that fingerprint; empty for another model's vectors.

    Raises `CorpusError` for a file that is not such a one.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            if metadata.get("fingerprint") != fingerprint:
                return {}
            return {
                name: GroupVectors(
                    file.get_tensor(f"{name}.verse_ids"),
                    file.get_tensor(f"{name}.vectors"),
                    file.get_tensor(f"{name}.scales"),
                    file.get_tensor(f"{name}.keys"),
                )
                for name in metadata["groups"].split("\n")
            }
    except (SafetensorError, KeyError) as error:
        raise CorpusError(f"{path} does not hold verse vectors; restore it or remove it.") from error
