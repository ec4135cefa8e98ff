"""Indexes that exist only to be measured, kept under `data/evaluation` by what they are made of."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from index import snapshot
from index.bible import HELD_OUT, Bible
from index.build import Sources, build_index
from index.dev_set import DevSet
from index.errors import NoSnapshot
from index.vectors import Progress, TextEmbedder
from training.evaluation.encoded import ENCODED, save_encoded

_KEPT = 12
"""Indexes that stay; each takes about 250 MB."""


@dataclass(frozen=True)
class Corpus:
    """What every index of a measurement is made of, and what its weights are fitted on."""

    bible: Bible
    modern: Mapping[int, Sequence[str]]
    dev: DevSet


@dataclass(frozen=True)
class Recipe:
    """What an index is made of.

    Attributes:
        bible: the translations to search.
        modern: {verse id: modern queries}.
        dev: what weights are fitted on.
        embedder: the encoder.
        shipped: the verse vectors that came with it, if any.
        composed: whether to compose the vectors of encoded texts (`training.evaluation.encoded`) instead.

    """

    bible: Bible
    modern: Mapping[int, Sequence[str]]
    dev: DevSet
    embedder: TextEmbedder
    shipped: Path | None = None
    composed: bool = False

    def without_held_out(self) -> Recipe:
        """The same without the translations whose wordings it will be asked for."""
        kept = {code: t for code, t in self.bible.translations.items() if code not in HELD_OUT}
        return replace(self, bible=Bible(kept))

    def encoded(self) -> Recipe:
        """The same with vectors composed of encoded texts."""
        return replace(self, composed=True)

    def blind(self, verses: frozenset[int]) -> Recipe:
        """The same without any modern query of those verses, in words and in vectors."""
        kept = {verse: queries for verse, queries in self.modern.items() if verse not in verses}
        return replace(self, modern=kept, composed=True)

    @cached_property
    def key(self) -> str:
        """A hash of all that, and of the program that builds indexes."""
        if self.composed:
            vectors = " ".join(ENCODED)
        else:
            vectors = "" if self.shipped is None else _hash([self.shipped.read_bytes()])
        verses = (
            code + _hash([np.fromiter(t.verses, np.int32).tobytes(), "\n".join(t.verses.values()).encode()])
            for code, t in self.bible.translations.items()
        )
        dev = [(text, sorted(gold)) for text, gold in self.dev.queries]
        parts = (
            _program(),
            *verses,
            repr(sorted(self.modern.items())),
            repr((dev, self.dev.sayings)),
            self.embedder.fingerprint,
            vectors,
        )
        return _hash(part.encode() for part in parts)


def build(recipe: Recipe, root: Path, progress: Progress = lambda *_: None) -> Path:
    """The snapshot directory of a recipe, built if it is not there yet."""
    directory = root / recipe.key
    try:
        path = snapshot.current(directory)
    except NoSnapshot:
        with TemporaryDirectory() as scratch:
            shipped = recipe.shipped
            if recipe.composed:
                shipped = Path(scratch) / "composed.safetensors"
                save_encoded(shipped, recipe.bible, recipe.modern, recipe.embedder, progress)
            sources = Sources(recipe.bible, recipe.modern, recipe.embedder, shipped, recipe.dev)
            build_index(directory, sources, progress)
        shutil.rmtree(directory / "encoded")  # for the next build, and there will be none
        path = snapshot.current(directory)
    directory.touch()
    _forget_old(root)
    return path


def _forget_old(root: Path) -> None:
    newest_first = sorted((p for p in root.iterdir() if p.is_dir()), key=lambda p: -p.stat().st_mtime)
    for path in newest_first[_KEPT:]:
        shutil.rmtree(path)


@cache
def _program() -> str:
    """A hash of the sources, code and tables, that decide what an index finds."""
    room = Path(str(resources.files("index")))
    composing = Path(__file__).with_name("encoded.py")
    sources = sorted(path for path in room.iterdir() if path.suffix in (".py", ".tsv"))
    return _hash(path.read_bytes() for path in (*sources, composing))


def _hash(parts: Iterable[bytes]) -> str:
    """24 hexadecimal digits over parts and their borders."""
    digest = hashlib.blake2b(digest_size=12)
    for part in parts:
        digest.update(len(part).to_bytes(8, "little"))
        digest.update(part)
    return digest.hexdigest()
