"""Measures of rankings, against the slow and obvious."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.evaluation.metrics import CUTS, ndcg, reciprocal_rank, success

VERSES = st.integers(1, 15)
RANKINGS = st.lists(VERSES, max_size=12, unique=True)
GAINS = st.dictionaries(VERSES, st.integers(1, 100).map(float), min_size=1, max_size=15)


@given(RANKINGS, GAINS)
def test_success_means_that_a_right_verse_is_among_the_first(
    ranking: list[int], gains: dict[int, float]
) -> None:
    for k in CUTS:
        assert success([ranking], [gains], k)[0] == any(verse in gains for verse in ranking[:k])


@given(RANKINGS, GAINS)
def test_the_reciprocal_rank_is_one_over_the_place_of_the_first_right_verse(
    ranking: list[int], gains: dict[int, float]
) -> None:
    expected = 0.0
    for place in range(min(10, len(ranking)), 0, -1):
        if ranking[place - 1] in gains:
            expected = 1 / place
    assert reciprocal_rank([ranking], [gains])[0] == expected


@given(RANKINGS, GAINS)
def test_ndcg_is_the_sum_of_its_formula(ranking: list[int], gains: dict[int, float]) -> None:
    found = best = 0.0
    for place in range(1, 11):
        if place <= len(ranking):
            found += gains.get(ranking[place - 1], 0) / math.log2(place + 1)
        if place <= len(gains):
            best += sorted(gains.values())[-place] / math.log2(place + 1)
    assert ndcg([ranking], [gains])[0] == pytest.approx(found / best)


def test_ndcg_by_hand() -> None:
    gains = {1: 3.0, 2: 1.0}
    rankings = [[1, 2], [2, 9, 1], [9], []]
    best = 3 + 1 / math.log2(3)
    expected = [1.0, (1 + 3 / 2) / best, 0.0, 0.0]
    np.testing.assert_allclose(ndcg(rankings, [gains] * 4), expected)


def test_what_stands_below_the_tenth_place_does_not_count() -> None:
    ranking, gains = [*range(20, 30), 1], [{1: 1.0}]
    for scores in (success([ranking], gains, 10), reciprocal_rank([ranking], gains), ndcg([ranking], gains)):
        assert scores.tolist() == [0.0]
