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
_RESAMPLES = 4000
_PER_CHUNK = 1_000_000
"""Numbers drawn at once: 8 MB."""


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
    means = resampled_means(scores, seed)
    low, high = np.quantile(means, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Estimate(float(scores.mean()), float(low), float(high))


def compare(new: Scores, old: Scores, seed: int = 0) -> Comparison:
    """(Q,) scores of two systems for the same queries, in the same order."""
    if new.shape != old.shape:
        raise ValueError(f"{len(new)} scores cannot be paired with {len(old)}.")
    difference = new - old
    loses = (resampled_means(difference, seed) < -MARGIN).mean()
    return Comparison(estimate(difference, seed), float(loses))


def resampled_means(scores: Scores, seed: int) -> NDArray[np.float64]:
    """(R,) means of Q scores drawn with replacement."""
    rng = np.random.default_rng(seed)
    rows = max(1, _PER_CHUNK // len(scores))
    chunks = [
        scores[rng.integers(len(scores), size=(min(rows, _RESAMPLES - start), len(scores)))].mean(axis=1)
        for start in range(0, _RESAMPLES, rows)
    ]
    return np.concatenate(chunks)
