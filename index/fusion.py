"""One score from two: a convex combination of words and meaning, then word order.

Both scores are brought to 0..1 over the candidates of the query (words by their maximum, because 0
means "no word in common"; cosines by minimum and maximum). Bruch et al. 2022 (arXiv:2210.11934):
this beats reciprocal rank fusion and needs few labelled queries for its one weight.

Dimensions: R candidate rows.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class FusionWeights:
    """`meaning` in 0..1 is the cosine's share, the rest is the words'; `order` is added on top."""

    meaning: float
    order: float


@dataclass(frozen=True)
class Candidates:
    """Verses that may answer, with raw scores.

    Attributes:
        rows: (R,) verse rows.
        words: (R,) BM25, or None when words were not asked for.
        cosines: (R,) or None when there is no query vector.

    """

    rows: npt.NDArray[np.int64]
    words: Floats | None
    cosines: Floats | None


def fuse(candidates: Candidates, weights: FusionWeights) -> Floats:
    """(R,) fused scores without word order."""
    words = None if candidates.words is None else _to_unit(candidates.words, 0.0)
    if candidates.cosines is None:
        return np.zeros(len(candidates.rows), np.float32) if words is None else words
    meaning = _to_unit(candidates.cosines, float(candidates.cosines.min(initial=1.0)))
    if words is None:
        return meaning
    # Without a known word the query is all meaning.
    share = np.float32(weights.meaning if words.any() else 1.0)
    return (1 - share) * words + share * meaning


def _to_unit(scores: Floats, low: float) -> Floats:
    high = float(scores.max(initial=0.0))
    return (scores - np.float32(low)) / np.float32(max(high - low, 1e-9))
