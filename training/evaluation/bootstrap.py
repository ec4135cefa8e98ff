"""How sure a mean is, and whether one system is worse than another on the same queries.

The bootstrap (Efron 1979) draws the queries anew, with replacement, many times; the paired one draws the
differences of two systems query by query, so that hard queries are hard for both (Sakai 2006).

Dimensions: Q queries, R resamples.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.evaluation.metrics import Scores

CONFIDENCE = 0.90
MARGIN = 0.01
"""One point: a loss that nobody would notice."""
_RESAMPLES = 2000


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over queries, and the interval that holds the true one with CONFIDENCE."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a new system gains over an old one on the same queries.

    Attributes:
        gain: the mean difference, new - old, and its interval.
        loses: the share of resamples in which the new one is worse by more than MARGIN.

    """

    gain: Estimate
    loses: float

    @property
    def worse(self) -> bool:
        """Whether the new system is worse beyond noise: by more than one point in 90 % of the resamples.

        Its opposite is "not worse" (design decision 13). The burden of proof is on the loss: with 320 queries
        even two equal models differ by two points, so asking for a proof of equality would refuse nearly all.
        """
        return self.loses >= CONFIDENCE


def estimate(scores: Scores, seed: int = 0) -> Estimate:
    """The mean of (Q,) scores with its percentile interval."""
    return _estimate(scores, resampled_means(scores, seed))


def compare(new: Scores, old: Scores, seed: int = 0) -> Comparison:
    """(Q,) scores of two systems for the same queries, in the same order."""
    if new.shape != old.shape:
        raise ValueError(f"{len(new)} scores cannot be paired with {len(old)}.")
    means = resampled_means(new - old, seed)
    return Comparison(_estimate(new - old, means), float((means < -MARGIN).mean()))


def resampled_means(scores: Scores, seed: int) -> NDArray[np.float64]:
    """(R,) means of Q scores drawn with replacement.

    How often each value is drawn is multinomial; drawing these counts rather than the queries is the same and
    takes a hundredth of the time where there are few values, such as 0 and 1.
    """
    values, counts = np.unique(scores, return_counts=True)
    drawn = np.random.default_rng(seed).multinomial(len(scores), counts / len(scores), size=_RESAMPLES)
    means: NDArray[np.float64] = drawn @ values / len(scores)
    return means


def _estimate(scores: Scores, means: NDArray[np.float64]) -> Estimate:
    low, high = np.quantile(means, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Estimate(float(scores.mean()), float(low), float(high))
