"""How fast a whole search is (encode, words, meaning, fusion, re-ranking, explanation), and what it needs.

    python -m tests.bench.search                       the index that serves, the model in use
    python -m tests.bench.search --peers               against MiniLM + rank-bm25 in the same run
    python -m tests.bench.search --scale 10 --scale 30 how words and meaning grow with the verses

No query is remembered. Times are milliseconds. How many callers are served is `tests.bench.serving`'s question.
"""

import os
import resource
from collections.abc import Callable, Iterable, Sequence
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from time import perf_counter
from typing import Annotated, TypeVar

import numpy as np
import torch
import typer
from rank_bm25 import BM25Okapi
from rich.console import Console
from rich.table import Table

from encoder.embedder import Embedder
from encoder.model_store import current_model_dir
from encoder.settings import EncoderSettings
from index import layout, snapshot
from index.analyzer import terms
from index.dense import Dense, build_graph, distinct
from index.dev_set import load_dev_set
from index.lexical import Lexical, Postings, best
from index.search import Embed, Searcher
from index.settings import IndexSettings
from tests.index.hostile import hostile_queries
from training.evaluation.peers import MiniLm

_HOSTILE = 10_000
_PEER_QUERIES = 100

Thing = TypeVar("Thing")
console = Console()


class Times:
    """A table of p50, p95 and p99."""

    def __init__(self) -> None:
        self.table = Table("", "p50", "p95", "p99")
        self.medians: dict[str, float] = {}

    def add(self, name: str, milliseconds: Sequence[float]) -> None:
        """A row."""
        p50, p95, p99 = np.percentile(milliseconds, (50, 95, 99))
        self.medians[name] = float(p50)
        self.table.add_row(name, f"{p50:.2f}", f"{p95:.2f}", f"{p99:.2f}")


def _time_each(ask: Callable[[Thing], object], things: Iterable[Thing]) -> list[float]:
    milliseconds = []
    for thing in things:
        begin = perf_counter()
        ask(thing)
        milliseconds.append((perf_counter() - begin) * 1000)
    return milliseconds


def measure_search(times: Times, searcher: Searcher, embed: Embed | None, queries: Sequence[str]) -> None:
    """The whole and its parts, one caller."""
    for query in queries[:20]:
        searcher.search(query, embed=embed)
    results = [searcher.search(query, embed=embed) for query in queries]
    times.add("whole search", [result.took_ms for result in results])
    for part in ("parse", "encode", "words", "meaning", "rank", "explain"):
        times.add(f"  {part}", [result.timings.get(part, 0.0) for result in results])
    hostile = [searcher.search(query, embed=embed).took_ms for query in hostile_queries(_HOSTILE)]
    times.add(f"{_HOSTILE:,} hostile queries", hostile)


def measure_peers(times: Times, path: Path, queries: Sequence[str]) -> None:
    """rank-bm25 over the same terms, and MiniLM with exact search beside it (the extra `peers`)."""
    documents = layout.load(path, None).documents
    bounds, flat = documents.surface_terms
    terms_of = [[documents.terms[t] for t in flat[a:b]] for a, b in pairwise(bounds)]
    verses = pairwise(documents.starts[:: len(documents.fields)])
    bm25 = BM25Okapi([[t for s in documents.tokens[a:b] for t in terms_of[s]] for a, b in verses])

    def words(query: str) -> None:
        np.argsort(bm25.get_scores(terms(query)))[-10:]

    times.add("rank-bm25", _time_each(words, queries))
    minilm = MiniLm()
    minilm.embed(queries[:1])  # loads the model
    vectors = np.random.default_rng(0).standard_normal((len(documents.verse_ids), minilm.dim), np.float32)

    def both(query: str) -> None:
        words(query)
        np.argsort(vectors @ minilm.embed([query])[0])[-10:]

    times.add("MiniLM + rank-bm25", _time_each(both, queries))


def measure_growth(times: Times, path: Path, ef: int | None, queries: Sequence[str], scale: int) -> None:
    """`scale` copies of the verses; the vectors of each copy are moved a little."""
    content = layout.load(path, ef)
    documents, old = content.documents, content.postings
    n = len(documents.verse_ids)
    rows = [old.rows.astype(np.int32) + n * copy for copy in range(scale)]
    term = np.repeat(np.arange(len(old.idf)), np.diff(old.bounds))
    order = np.argsort(np.tile(term, scale), kind="stable")
    impacts = np.tile(old.impacts, scale)[order]
    postings = Postings(old.bounds * scale, np.concatenate(rows)[order], impacts, old.idf)
    lexical = Lexical(postings, n * scale)
    numbers = {term: number for number, term in enumerate(documents.terms)}
    asked = [{numbers[t]: 1.0 for t in terms(query) if t in numbers} for query in queries]
    times.add(f"words, {scale} x the verses", _time_each(lambda q: best(lexical.scores(q), 100), asked))
    if content.dense is None or ef is None:
        return
    rng = np.random.default_rng(0)
    base = content.dense.vectors
    moved = 0.5 / np.sqrt(base.shape[1]) * rng.standard_normal((scale, *base.shape), np.float32)
    vectors = (base + moved).reshape(-1, base.shape[1])  # (scale * N, D)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    nodes = distinct(vectors)
    dense = Dense(vectors, nodes, build_graph(vectors, nodes, threads=os.cpu_count() or 1), ef)
    probes = vectors[rng.integers(0, len(vectors), (len(queries), 2))].sum(axis=1)
    probes /= np.linalg.norm(probes, axis=1, keepdims=True)
    times.add(f"meaning, {scale} x the verses", _time_each(lambda p: dense.nearest(p, 100), list(probes)))


def main(
    peers: Annotated[bool, typer.Option(help="Time the peer stack too.")] = False,
    scale: Annotated[list[int] | None, typer.Option(help="Times the verses; repeatable.")] = None,
    words_only: Annotated[bool, typer.Option(help="Leave the model out.")] = False,
) -> None:
    """Print the table."""
    path = snapshot.current(IndexSettings().index_dir)
    begin = perf_counter()
    searcher = Searcher.open(path)
    opened = perf_counter() - begin
    dev = load_dev_set(Path(str(files("training") / "data")))
    queries = [query for query, _ in dev.queries] if dev else []
    embed = None
    if not words_only:
        settings = EncoderSettings()
        torch.set_num_threads(
            settings.threads or 1
        )  # as the worker does; a second one only waits for the first
        embed = Embedder.load(current_model_dir(settings.models_dir)).embed
    times = Times()
    measure_search(times, searcher, embed, queries)
    console.print(f"{searcher.verse_count:,} verses, index {path.name}, {os.cpu_count()} cores")
    console.print(f"built in {searcher.manifest['seconds']} s, opened in {opened:.2f} s")
    console.print(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB of memory")
    if peers:
        measure_peers(times, path, queries[:_PEER_QUERIES])
    for times_verses in scale or ():
        measure_growth(times, path, searcher.manifest["parameters"]["ef"], queries, times_verses)
    console.print(times.table)
    for peer in ("rank-bm25", "MiniLM + rank-bm25"):
        if peer in times.medians:
            factor = times.medians[peer] / times.medians["whole search"]
            console.print(f"{factor:.1f} times as fast as {peer}")


if __name__ == "__main__":
    typer.run(main)
