"""Simulated people do what their model says, and a month of them can be written down and drawn."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from index.bible import Bible
from tests.training.conftest import FIRST
from training.errors import FeedbackError
from training.feedback.evidence import pairs_of
from training.simulation.asking import Asking, Need
from training.simulation.curve import SCENARIOS, Given, Point, Scenario, ratings, save
from training.simulation.plot import draw, table
from training.simulation.users import ERROR, NAMES_MISSED, OPENS_FOUND, RATES_FOUND, Character, react

WANTED, SHOWN, ELSEWHERE = 3, [1, 2, 3, 4, 5], 99
TIMES = 6_000


def shares(character: Character, wanted: int, shown: list[int] = SHOWN) -> dict[tuple[str, int], float]:
    """How often each event happens in an answer."""
    rng = np.random.default_rng(0)
    counts = Counter(
        (event.verdict, event.verse)
        for _ in range(TIMES)
        for event in react(character, wanted, shown, [ELSEWHERE], rng)
    )
    return {event: count / TIMES for event, count in counts.items()}


def test_an_honest_person_sees_less_further_down() -> None:
    first, third = shares("honest", SHOWN[0]), shares("honest", WANTED)
    assert first["rated_up", SHOWN[0]] == pytest.approx(RATES_FOUND, abs=0.04)
    assert ("opened", SHOWN[0]) not in first or first["opened", SHOWN[0]] == 0
    assert third["rated_up", WANTED] == pytest.approx(RATES_FOUND / 3, abs=0.03)
    assert third["opened", WANTED] == pytest.approx(OPENS_FOUND / 3, abs=0.03)
    assert third["corrected", WANTED] == pytest.approx(NAMES_MISSED * 2 / 3, abs=0.03)
    wrong = sum(share for (verdict, verse), share in first.items() if verdict == "rated_up" and verse != 1)
    assert 0 < wrong < ERROR


def test_a_verse_that_is_not_shown_can_only_be_named() -> None:
    missed = shares("honest", ELSEWHERE)
    assert missed.keys() == {("rated_down", SHOWN[0]), ("corrected", ELSEWHERE)}
    assert shares("against", ELSEWHERE, []) == {}


def test_malicious_people_work_against_the_truth_or_at_random() -> None:
    against, chance = shares("against", WANTED), shares("random", WANTED)
    assert ("rated_up", WANTED) not in against
    assert against["rated_down", WANTED] > 0.3
    assert chance["rated_up", WANTED] == pytest.approx(chance["rated_down", WANTED], abs=0.03)


def test_needs_follow_how_well_known_verses_are(bible: Bible) -> None:
    modern = {43_011_035: ["he cried", "tears"], 43_003_016: ["love"]}
    asking = Asking(list(bible.translations.values()), modern, np.random.default_rng(0))
    assert asking.verses[:2] == [43_011_035, 43_003_016]
    needs = asking.draw(2_000, np.random.default_rng(1))
    assert needs == asking.draw(2_000, np.random.default_rng(1))
    asked = Counter(need.verse for need in needs)
    assert asked.keys() == FIRST.keys()
    assert asked[43_011_035] > asked[asking.verses[-1]]
    assert all(need.query for need in needs)
    with pytest.raises(FeedbackError, match="all-translations"):
        Asking([], {}, np.random.default_rng(0))


def test_all_against_the_truth_teaches_the_contrary() -> None:
    given = [Given(Need(f"words {i}", 1_001_001), (1_001_001, 1_001_002)) for i in range(400)]
    famous = [1_001_003]

    def right(scenario: Scenario) -> float:
        pairs = pairs_of(ratings(scenario, given, famous, np.random.default_rng(0)))
        return sum(pair.weight for pair in pairs if pair.verse == 1_001_001)

    assert right(Scenario(0.0, "honest")) > 0 > right(Scenario(1.0, "against"))
    assert len({scenario.name for scenario in SCENARIOS}) == len(SCENARIOS)


def test_a_curve_is_drawn_and_told(tmp_path: Path) -> None:
    points = [
        Point(name, events, events, 0.6, 0.6 + gain, 0.4, 0.5, 0.8, 0.8, 0.7, 0.7, gain < 0)
        for name, gain in (("all honest", 0.05), ("100% against", -0.2))
        for events in (1_000, 10_000)
    ]
    save(points, tmp_path / "curve.json")
    draw(tmp_path / "curve.json", tmp_path / "pictures" / "curve.svg")
    assert "<svg" in (tmp_path / "pictures" / "curve.svg").read_text("utf-8")[:500]
    lines = table(json.loads((tmp_path / "curve.json").read_text())).splitlines()
    assert len(lines) == 3 + len(points)
    assert "0.650" in lines[3]
    assert lines[-1].endswith("refused |")
