"""Builds an index snapshot: texts -> words -> BM25 and vectors -> graph -> fitted weights -> disk."""

import hashlib
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter

from index import layout
from index.bible import Bible
from index.dense import Dense, build_graph, choose_ef, distinct
from index.dev_set import DevSet
from index.documents import Documents, count_terms, read_documents
from index.encode_cache import EncodeCache
from index.fit import DEFAULT_FITTED, fit, fit_fields
from index.known_verses import prior
from index.lexical import Bm25Parameters, weigh
from index.ranking import Ranker
from index.snapshot import Manifest, publish
from index.texts import Texts, pack
from index.vectors import (
    LEARNED,
    Progress,
    TextEmbedder,
    compose,
    corpus_groups,
    encode_group,
    load_vectors,
    unlearned,
)


@dataclass(frozen=True)
class Sources:
    """What an index is made of.

    Attributes:
        bible: the translations, first the ones to show when another lacks a verse.
        modern: {verse id: modern queries}.
        embedder: None builds an index for words only.
        shipped: vectors that came with the model, reused where the texts are the same.
        dev: what weights are fitted on; None keeps the defaults.

    """

    bible: Bible
    modern: Mapping[int, Sequence[str]]
    embedder: TextEmbedder | None = None
    shipped: Path | None = None
    dev: DevSet | None = None


def build_index(root: Path, sources: Sources, progress: Progress = lambda *_: None) -> str:
    """Builds a snapshot under `root` and makes it serve; returns its id.

    Raises `BuildRunning` when another process builds there; the old snapshot serves until the end.
    """
    return publish(root, lambda directory: _fill(directory, root, sources, progress))


def _fill(directory: Path, root: Path, sources: Sources, progress: Progress) -> Manifest:
    begin = perf_counter()
    translations = {code: t.verses for code, t in sources.bible.translations.items()}
    verse_ids = sources.bible.verse_ids
    # The graph takes as long as all the rest and needs no interpreter lock: it gets its own thread.
    with ThreadPoolExecutor(1) as pool:
        meaning = pool.submit(_meaning, sources, root, progress)
        progress("words", 0, 3)
        documents = read_documents(verse_ids, translations, sources.modern)
        progress("words", 1, 3)
        texts = pack(verse_ids.tolist(), translations)
        counts = count_terms(documents)
        progress("words", 2, 3)
        parameters = Bm25Parameters()
        if sources.dev is not None:
            parameters = fit_fields(counts, documents.terms, verse_ids, sources.dev)
        postings = weigh(counts, parameters)
        progress("words", 3, 3)
        found = meaning.result()
    known = prior(verse_ids, sources.modern)
    layout.save(directory, documents, postings, known, texts, found)

    dense = None if found is None else Dense(found.vectors, found.nodes, found.graph, found.ef)
    content = layout.Content(documents, postings, known, Texts(tuple(translations), *texts), dense)
    embedder = sources.embedder
    fitted = DEFAULT_FITTED
    if sources.dev is not None:
        progress("fit", 0, 1)
        embed = None if embedder is None else embedder.embed
        fitted = fit(Ranker(content, parameters.k1), verse_ids, sources.dev, embed)
        progress("fit", 1, 1)
    return {
        "corpus": _corpus_hash(documents, texts[0].tobytes()),
        "fingerprint": None if embedder is None else embedder.fingerprint,
        "parameters": {
            "bm25": asdict(parameters),
            "ef": None if found is None else found.ef,
            "recall@10": None if found is None else round(found.recall, 4),
            "dim": None if embedder is None else embedder.dim,
            "groups": {g.name: round(g.weight, 4) for g in corpus_groups(sources.bible, sources.modern)},
        },
        "counts": {
            "verses": len(verse_ids),
            "translations": len(translations),
            "texts": sum(map(len, translations.values())),
            "modern_queries": sum(map(len, sources.modern.values())),
            "terms": len(documents.terms),
            "words": len(documents.tokens),
        },
        "translations": {
            code: {"name": t.name, "year": t.year, "licence": t.licence}
            for code, t in sources.bible.translations.items()
        },
        "fitted": {
            "fusion": {mode: asdict(w) for mode, w in fitted.fusion.items()},
            "calibration": {mode: asdict(c) for mode, c in fitted.calibration.items()},
            "measured": fitted.measured,
            "folds": {mode: [asdict(w) for w in weights] for mode, weights in fitted.folds.items()},
        },
        "seconds": round(perf_counter() - begin, 2),
    }


def _meaning(sources: Sources, root: Path, progress: Progress) -> layout.Meaning | None:
    """Verse vectors and their graph; None without a model."""
    embedder = sources.embedder
    if embedder is None:
        return None
    shipped = {}
    if sources.shipped is not None and sources.shipped.is_file():
        shipped = load_vectors(sources.shipped, embedder.fingerprint)
    groups = corpus_groups(sources.bible, sources.modern)
    parts = []
    if learned := shipped.get(LEARNED):
        parts.append((1.0, learned))
        groups = unlearned(groups, learned)
    with EncodeCache(root / "encoded", embedder.fingerprint, embedder.dim) as cache:
        for group in groups:
            known = shipped.get(group.name)
            encoded = encode_group(group, embedder, known=known, cache=cache, progress=progress)
            parts.append((group.weight, encoded))
    vectors = compose(sources.bible.verse_ids, parts, embedder.dim)
    progress("graph", 0, 1)
    nodes = distinct(vectors)
    graph = build_graph(vectors, nodes)
    ef, recall = choose_ef(vectors, nodes, graph)
    progress("graph", 1, 1)
    return layout.Meaning(vectors, nodes, graph, ef, recall)


def _corpus_hash(documents: Documents, texts: bytes) -> str:
    """Of everything that is searched and shown, 16 hexadecimal digits."""
    digest = hashlib.sha256(texts)
    for array in (documents.verse_ids, documents.tokens, documents.starts):
        digest.update(array.tobytes())
    for words in (documents.fields, documents.surfaces):
        digest.update("\n".join(words).encode())
    return digest.hexdigest()[:16]
