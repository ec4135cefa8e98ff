"""BM25 as rank-bm25 defines it, computed once: every (term, verse) pair's share of the score.

`rank_bm25.BM25Okapi` walks over all documents in Python for each query (30 ms); here a query adds
up a few rows of precomputed impacts (0.2 ms). Same tokens, same scores, within float32 rounding.
A field with weight w counts as if its words stood there w times.

Dimensions: N verses, V terms, P (verse, term) pairs.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from index.documents import TermCounts

_FREQUENT = 0.2
"""Share of the verses from which a term keeps a full row: adding a row beats scattering into one."""


@dataclass(frozen=True, slots=True)
class Bm25Parameters:
    """k1, b and epsilon as in rank-bm25; `modern_weight`: how often a modern query counts."""

    k1: float = 1.5
    b: float = 0.75
    epsilon: float = 0.25
    modern_weight: float = 4.0


@dataclass(frozen=True)
class Postings:
    """What is stored: of term t, verse `rows[bounds[t]:bounds[t + 1]]` and their impacts.

    Attributes:
        bounds: (V + 1,) int64.
        rows: (P,) uint16 or int32.
        impacts: (P,) float32.
        idf: (V,) float32.
    """

    bounds: npt.NDArray[np.int64]
    rows: npt.NDArray[np.uint16] | npt.NDArray[np.int32]
    impacts: npt.NDArray[np.float32]
    idf: npt.NDArray[np.float32]


def weigh(counts: TermCounts, parameters: Bm25Parameters) -> Postings:
    """Computes BM25Okapi's impacts of documents in which modern queries count `modern_weight` times."""
    weights = np.array([1.0, parameters.modern_weight])
    frequencies = weights @ counts.counts  # (P,)
    lengths = weights @ counts.lengths  # (N,)
    kept = frequencies > 0
    frequencies, rows, terms = frequencies[kept], counts.rows[kept], counts.terms[kept]
    containing = np.bincount(terms, minlength=counts.vocabulary)  # (V,) verses with the term
    idf = _idf(containing, len(lengths), parameters.epsilon)
    k = parameters.k1 * (1 - parameters.b + parameters.b * lengths / lengths.mean())
    impacts = idf[terms] * frequencies * (parameters.k1 + 1) / (frequencies + k[rows])
    bounds = np.concatenate(([0], np.cumsum(containing)))
    small = len(lengths) <= 1 << 16
    return Postings(
        bounds,
        rows.astype(np.uint16) if small else rows,
        impacts.astype(np.float32),
        idf.astype(np.float32),
    )


def _idf(containing: npt.NDArray[np.int64], n: int, epsilon: float) -> npt.NDArray[np.float64]:
    """BM25Okapi's: a term in more than half of the documents gets epsilon times the average."""
    present = containing > 0
    idf = np.log(n - containing + 0.5) - np.log(containing + 0.5)
    return np.where(idf < 0, epsilon * idf[present].mean(), np.where(present, idf, 0.0))


class Lexical:
    """Scores all verses for a weighted set of terms. Thread-safe: nothing changes after `__init__`."""

    def __init__(self, postings: Postings, verses: int) -> None:
        self.postings = postings
        self.verses = verses
        containing = np.diff(postings.bounds)
        self._full: dict[int, npt.NDArray[np.float32]] = {}
        for term in np.flatnonzero(containing > _FREQUENT * verses).tolist():
            rows, impacts = self.of(term)
            full = np.zeros(verses, np.float32)
            full[rows] = impacts
            self._full[term] = full

    def of(self, term: int) -> tuple[npt.NDArray[np.integer], npt.NDArray[np.float32]]:
        """(D,) verse rows that hold the term, and (D,) their impacts."""
        start, end = self.postings.bounds[term : term + 2]
        return self.postings.rows[start:end], self.postings.impacts[start:end]

    def is_frequent(self, term: int) -> bool:
        """Whether more than a fifth of the verses hold the term."""
        return term in self._full

    def scores(self, weights: Mapping[int, float]) -> npt.NDArray[np.float32]:
        """(N,) the sum of weight x impact; a term said twice has weight 2, as in rank-bm25."""
        scores = np.zeros(self.verses, np.float32)
        for term, weight in weights.items():
            full = self._full.get(term)
            if full is not None:
                scores += full if weight == 1 else np.float32(weight) * full
                continue
            rows, impacts = self.of(term)
            scores[rows] += impacts if weight == 1 else np.float32(weight) * impacts
        return scores


def best(scores: npt.NDArray[np.float32], k: int) -> npt.NDArray[np.int64]:
    """(<= k,) rows of the highest positive scores, best first, equal ones in row order."""
    if k < len(scores):
        bar = np.partition(scores, len(scores) - k)[len(scores) - k]
        chosen = np.flatnonzero(scores >= max(bar, np.finfo(np.float32).tiny))
    else:
        chosen = np.flatnonzero(scores > 0)
    return chosen[np.argsort(-scores[chosen], kind="stable")][:k]
