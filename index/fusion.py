"""One score from two: a convex combination of words and meaning, then a prior and word order.

Both scores are brought to 0..1 over the candidates of the query (words by their maximum, because 0
means "no word in common"; cosines by minimum and maximum). Bruch et al. 2022 (arXiv:2210.11934):
this beats reciprocal rank fusion and needs few labelled queries for its one weight.

Dimensions: R candidate rows.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

_LONG = 10
"""Words of a query from which on its length says nothing more."""


@dataclass(frozen=True, slots=True)
class FusionWeights:
    """How much each part counts.

    Attributes:
        meaning: the cosine's share in 0..1 for a query of ten words or more; the rest is the words'.
        prior: of how well known a verse is, added on top.
        order: of the query's neighbouring words that stand in that order, added on top.
        brevity: added to the share of meaning for a short query, in proportion to the words that it lacks to ten:
            a word or two stand in hundreds of verses, and BM25 cannot tell which of them is meant.

    """

    meaning: float
    prior: float
    order: float
    brevity: float = 0.0

    def share(self, said: int) -> float:
        """Of meaning, in 0..1, for a query of `said` words."""
        return min(1.0, self.meaning + self.brevity * max(0.0, 1 - said / _LONG))


@dataclass(frozen=True)
class Candidates:
    """Verses that may answer, with raw scores.

    Attributes:
        rows: (R,) verse rows.
        words: (R,) BM25, or None when words were not asked for.
        cosines: (R,) or None when there is no query vector.
        prior: (R,) in 0..1, how well known each verse is.

    """

    rows: npt.NDArray[np.int64]
    words: Floats | None
    cosines: Floats | None
    prior: Floats


def fuse(candidates: Candidates, weights: FusionWeights, said: int) -> Floats:
    """(R,) scores without word order, for a query of `said` words: about 0..1, plus the prior."""
    words, meaning = unit_scores(candidates)
    share = np.float32(meaning_share(words, meaning, weights, said))
    scores: Floats = (1 - share) * words + share * meaning + np.float32(weights.prior) * candidates.prior
    return scores


def unit_scores(candidates: Candidates) -> tuple[Floats, Floats]:
    """(R,) words and (R,) meaning in 0..1; zeros for what was not asked."""
    words = meaning = np.zeros(len(candidates.rows), np.float32)
    if candidates.words is not None:
        words = _to_unit(candidates.words, 0.0)
    if candidates.cosines is not None:
        meaning = _to_unit(candidates.cosines, float(candidates.cosines.min(initial=1.0)))
    return words, meaning


def meaning_share(words: Floats, meaning: Floats, weights: FusionWeights, said: int) -> float:
    """The share of meaning: all of it when no word of the query is known, none without a vector."""
    if not meaning.any():
        return 0.0
    return weights.share(said) if words.any() else 1.0


def _to_unit(scores: Floats, low: float) -> Floats:
    high = float(scores.max(initial=0.0))
    return (scores - np.float32(low)) / np.float32(max(high - low, 1e-9))
