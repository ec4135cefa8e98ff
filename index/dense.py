"""Meaning: the nearest verse vectors, by an HNSW graph (hnswlib), or exactly where a filter is set.

What hnswlib does not do for us: `ef` is not saved with the graph; equal vectors break it, so each
distinct vector is one node; asking for more than it finds raises; its Python filter is 30-100 times
slower than a plain dot product over the allowed rows.

Dimensions: N verses, D vector size, U <= N distinct vectors (nodes of the graph), Q queries.
"""

from dataclasses import dataclass
from pathlib import Path

import hnswlib
import numpy as np
import numpy.typing as npt

from index.errors import IndexingError

Vectors = npt.NDArray[np.float32]

_LINKS = 24
"""M of the HNSW paper. At 31,000 x 256, ef 100: 24 links find 0.998 of the ten nearest, 16 find 0.987."""
_EF_CONSTRUCTION = 200
_SEED = 20
_LEAST_EF, _MOST_EF = 100, 2000
_ROUNDING = 1e-6
_RECALL = 0.995
"""What `choose_ef` asks for on a sample; the promise is 0.99 of the ten nearest."""


@dataclass(frozen=True)
class Nodes:
    """Which verses share a vector: rows of node u are `rows[bounds[u]:bounds[u + 1]]`."""

    bounds: npt.NDArray[np.int32]
    rows: npt.NDArray[np.int32]


def distinct(vectors: Vectors) -> Nodes:
    """Groups the rows of (N, D) vectors that are equal; zero rows (verses without text) are left out."""
    present = np.flatnonzero(vectors.any(axis=1))
    _, node = np.unique(_as_keys(vectors[present]), return_inverse=True)
    order = np.argsort(node, kind="stable")
    bounds = np.concatenate(([0], np.cumsum(np.bincount(node))))
    return Nodes(bounds.astype(np.int32), present[order].astype(np.int32))


def _as_keys(vectors: Vectors) -> npt.NDArray[np.void]:
    rows = np.ascontiguousarray(vectors)
    return rows.view(np.dtype((np.void, rows.dtype.itemsize * rows.shape[1]))).ravel()


def build_graph(vectors: Vectors, nodes: Nodes, threads: int = 1) -> hnswlib.Index:
    """The graph over the distinct rows of (N, D) unit vectors; the same every time with one thread."""
    graph = hnswlib.Index(space="ip", dim=vectors.shape[1])
    graph.init_index(
        max(1, len(nodes.bounds) - 1), M=_LINKS, ef_construction=_EF_CONSTRUCTION, random_seed=_SEED
    )
    graph.add_items(vectors[nodes.rows[nodes.bounds[:-1]]], num_threads=threads)
    return graph


class Dense:
    """Searches (N, D) unit vectors. Thread-safe for reading."""

    def __init__(self, vectors: Vectors, nodes: Nodes, graph: hnswlib.Index, ef: int) -> None:
        self.vectors = vectors
        self._nodes = nodes
        self._graph = graph
        self._ef = ef
        graph.set_ef(ef)

    @classmethod
    def open(cls, vectors: Vectors, nodes: Nodes, path: Path, ef: int) -> "Dense":
        """Reads a graph that `build_graph` made and hnswlib saved."""
        graph = hnswlib.Index(space="ip", dim=vectors.shape[1])
        graph.load_index(str(path), max_elements=len(nodes.bounds) - 1)
        return cls(vectors, nodes, graph, ef)

    def nearest(
        self, query: Vectors, k: int, allowed: npt.NDArray[np.bool_] | None = None
    ) -> tuple[npt.NDArray[np.int64], Vectors]:
        """The rows nearest to one (D,) unit vector, best first, and their cosines.

        Args:
            query: (D,) float32.
            k: how many; fewer come back when there are fewer.
            allowed: (N,) rows that may be returned; None allows all and uses the graph.

        """
        if query.shape != self.vectors.shape[1:]:
            raise IndexingError(
                f"The query vector has {query.shape[-1]} dimensions, the index"
                f" {self.vectors.shape[1]}; run `verse index build` with the model in use."
            )
        if allowed is not None:
            rows = np.flatnonzero(allowed)
            return _ordered(rows, self.cosines(query, rows), k)
        wanted = min(k, self._ef, self._graph.get_current_count())
        if wanted == 0:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        found, _ = self._graph.knn_query(query[None], k=wanted, num_threads=1)  # (1, wanted)
        bounds = self._nodes.bounds
        parts = [self._nodes.rows[bounds[u] : bounds[u + 1]] for u in found[0].tolist()]
        rows = np.concatenate(parts).astype(np.int64)
        return _ordered(rows, self.cosines(query, rows), k)

    def cosines(self, query: Vectors, rows: npt.NDArray[np.int64]) -> Vectors:
        """(R,) exact cosines of some rows with one (D,) query."""
        cosines: Vectors = self.vectors[rows] @ query
        return cosines


def _ordered(rows: npt.NDArray[np.int64], cosines: Vectors, k: int) -> tuple[npt.NDArray[np.int64], Vectors]:
    if k < len(rows):
        chosen = np.argpartition(-cosines, k - 1)[:k]
        rows, cosines = rows[chosen], cosines[chosen]
    order = np.lexsort((rows, -cosines))
    return rows[order], cosines[order]


def choose_ef(
    vectors: Vectors, nodes: Nodes, graph: hnswlib.Index, k: int = 10, sample: int = 200
) -> tuple[int, float]:
    """The smallest ef, half more each time from `_LEAST_EF`, whose recall@k over sampled queries is `_RECALL`.

    The queries lie between two random verses each, because real queries are no verse's vector.

    Returns:
        (ef, recall@k measured with it).

    """
    rng = np.random.default_rng(_SEED)
    pairs = vectors[rng.integers(0, len(vectors), (sample, 2))].sum(axis=1)  # (Q, D)
    queries = pairs / np.maximum(np.linalg.norm(pairs, axis=1, keepdims=True), 1e-9)
    exact = -np.partition(-(queries @ vectors.T), min(k, len(vectors)) - 1, axis=1)[:, :k]  # (Q, k)
    bars = exact.min(axis=1) - _ROUNDING  # equal vectors may stand in for one another
    ef = _LEAST_EF
    while True:
        dense = Dense(vectors, nodes, graph, ef)
        hits = [(dense.nearest(q, ef)[1][:k] >= bar).sum() for q, bar in zip(queries, bars, strict=True)]
        recall = float(np.sum(hits)) / exact.size
        if recall >= _RECALL or ef >= _MOST_EF:
            return ef, recall
        ef = ef * 3 // 2
