"""Interleaving: fair between equals, and it finds out who is better."""

from collections import Counter
from math import comb
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.interleave import ALPHA, MOST_DECIDED, Preference, team_draft

RANKINGS = st.lists(st.integers(1, 12), unique=True, max_size=8)


@given(RANKINGS, RANKINGS, st.integers(1, 6), st.integers(0, 99))
def test_a_draft_holds_the_best_of_both_and_nothing_twice(
    first: list[int], second: list[int], length: int, seed: int
) -> None:
    drafted = team_draft(first, second, length, Random(seed))
    verses = [verse for verse, _ in drafted]
    assert len(verses) == len(set(verses)) == min(length, len({*first, *second}))
    for ranking, team in ((first, "A"), (second, "B")):
        own = [verse for verse, of in drafted if of == team]
        assert own == [verse for verse in ranking if verse in own], "a team drafts in its own order"
    if first and second and length > 1 and {*first} != {*second}:
        assert verses[0] in (first[0], second[0])
    assert drafted == team_draft(first, second, length, Random(seed))


def test_each_team_has_every_place_equally_often() -> None:
    places: Counter[tuple[int, str]] = Counter()
    for seed in range(4_000):
        for place, (_, team) in enumerate(team_draft([1, 2, 3, 4], [5, 6, 7, 8], 4, Random(seed))):
            places[place, team] += 1
    assert all(1_850 < count < 2_150 for count in places.values())


def simulate(rng: Random, found_by_a: float, found_by_b: float, queries: int) -> tuple[Preference, int]:
    """People praise the verse they wanted, and look down the list with position bias, until it is decided."""
    wins = Counter[str]()
    for number in range(1, queries + 1):
        a, b = (
            [0, *range(1, 5)] if rng.random() < p else list(range(1, 6)) for p in (found_by_a, found_by_b)
        )
        drafted = dict(team_draft(a, b, 5, rng))
        rank = list(drafted).index(0) + 1 if 0 in drafted else 0
        if rank and rng.random() < 1 / rank:
            wins[drafted[0]] += 1
        elif rng.random() < 0.05:
            wins[rng.choice(list(drafted.values()))] += 1
        preference = Preference(wins["A"], wins["B"])
        if preference.verdict != "open":
            return preference, number
    return preference, queries


def test_a_against_a_hardly_ever_shows_a_preference() -> None:
    rng = Random(7)
    decided = [simulate(rng, 0.7, 0.7, 300)[0].verdict in "AB" for _ in range(400)]
    assert sum(decided) / len(decided) <= ALPHA, "although every query was looked at"


def test_a_worse_b_is_found_and_never_preferred() -> None:
    rng = Random(2)
    verdicts = Counter(simulate(rng, 0.75, 0.45, 2_500)[0].verdict for _ in range(30))
    assert verdicts["A"] >= 28
    assert not verdicts["B"]


def test_the_sign_test_is_exact() -> None:
    assert Preference(0, 0).p_value == 1.0
    assert Preference(9, 1).p_value == pytest.approx(2 * (comb(10, 0) + comb(10, 1)) / 2**10)
    assert Preference(5, 5).p_value == 1.0
    assert Preference(600, 600).p_value == 1.0
    assert Preference(700, 500).p_value < 1e-6
    assert Preference(5, 5).always_p == 1.0
    assert Preference(9, 1).p_value < Preference(9, 1).always_p, "many looks cost"


def test_no_preference_after_many_queries_counts_as_equal() -> None:
    half = MOST_DECIDED // 2
    assert Preference(half - 1, half).verdict == "open"
    assert Preference(half, half).verdict == "equal"
    assert Preference(0, 30).verdict == "B"
    assert Preference(0, 30).share_b == 1.0
