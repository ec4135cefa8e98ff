"""Measures of rankings, one number a query.

A ranking is the verse ids that a search gave, best first. Relevance is graded: {verse id: gain}, where a gold
verse gains 1 and a topic's verse its votes.

Dimensions: Q queries.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

DEPTH = 10
"""Results that are looked at."""
CUTS = (1, 5, 10)

Ranking = Sequence[int]
Gains = Mapping[int, float]
Scores = NDArray[np.float64]
"""(Q,)"""


def first_hit(ranking: Ranking, gains: Gains) -> int:
    """The place of the first relevant verse, from 0; DEPTH when there is none among the first DEPTH."""
    return next((place for place, verse in enumerate(ranking[:DEPTH]) if verse in gains), DEPTH)


def success(rankings: Sequence[Ranking], gains: Sequence[Gains], k: int) -> Scores:
    """1 where a relevant verse is among the first k, else 0."""
    places = [first_hit(r, g) for r, g in zip(rankings, gains, strict=True)]
    return (np.array(places) < k).astype(np.float64)


def reciprocal_rank(rankings: Sequence[Ranking], gains: Sequence[Gains]) -> Scores:
    """1 / place (from 1) of the first relevant verse, 0 beyond DEPTH; its mean is MRR@10."""
    places = [first_hit(r, g) for r, g in zip(rankings, gains, strict=True)]
    return np.array([1 / (place + 1) if place < DEPTH else 0.0 for place in places])


def ndcg(rankings: Sequence[Ranking], gains: Sequence[Gains]) -> Scores:
    """Discounted gain of the first DEPTH over that of the best order (Järvelin & Kekäläinen 2002).

    The gain is the number of votes itself, the discount log2(place + 1).
    """
    discounts = 1 / np.log2(np.arange(DEPTH) + 2)  # (DEPTH,)

    def discounted(values: Sequence[float]) -> float:
        return float(np.dot(values, discounts[: len(values)]))

    scores = []
    for ranking, gain in zip(rankings, gains, strict=True):
        best = sorted(gain.values(), reverse=True)[:DEPTH]
        scores.append(discounted([gain.get(v, 0.0) for v in ranking[:DEPTH]]) / discounted(best))
    return np.array(scores)
