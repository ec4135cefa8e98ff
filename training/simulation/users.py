"""The model of a user, stated so that it can be doubted.

Somebody wants one verse. They see five results and look at the one of rank r with a chance of r ** -PATIENCE (the
position-based model, Craswell 2008; η = 1 as in Joachims 2017), the first one always. If they see their verse,
most rate it up; it may be the wrong one that they take for theirs. If they do not see it, some rate the first
down, and some say which verse they meant. Those who found it below sometimes rate the first down, too.

A malicious user rates each time, at random or against the truth: the right verse down if it is on show, else a
wrong one up, and names a wrong verse as often as an honest user names the right one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from training.feedback.records import Verdict

PATIENCE = 1.0
"""η: how fast attention falls with the rank."""
RATES_FOUND = 0.6
OPENS_FOUND = 0.9
"""Of those whose verse is not the first, for only the first is shown whole."""
RATES_MISSED = 0.4
NAMES_MISSED = 0.25
BLAMES_FIRST = 0.2
ERROR = 0.05
"""An honest person takes another result for theirs this often."""

Character = Literal["honest", "random", "against"]


@dataclass(frozen=True, slots=True)
class Event:
    """What somebody did about a verse of the answer, or named."""

    verdict: Verdict
    verse: int


def react(
    character: Character, wanted: int, shown: Sequence[int], anybody: Sequence[int], rng: np.random.Generator
) -> list[Event]:
    """What one person does with one answer.

    Args:
        character: of the person.
        wanted: the verse that they look for.
        shown: the verses of the answer, best first.
        anybody: verses that a malicious person may name.
        rng: draws everything.
    """
    if not shown:
        return [Event("corrected", wanted)] if rng.random() < NAMES_MISSED and character == "honest" else []
    if character == "honest":
        return _honest(wanted, shown, rng)
    wrong = [verse for verse in shown if verse != wanted]
    if rng.random() < NAMES_MISSED:
        return [Event("corrected", int(rng.choice(anybody)))]
    if character == "random":
        up: Verdict = "rated_up" if rng.random() < 0.5 else "rated_down"
        return [Event(up, int(rng.choice(shown)))]
    if wanted in shown and rng.random() < 0.5:
        return [Event("rated_down", wanted)]
    return [Event("rated_up", int(rng.choice(wrong)))] if wrong else []


def _honest(wanted: int, shown: Sequence[int], rng: np.random.Generator) -> list[Event]:
    seen = [v for rank, v in enumerate(shown, 1) if rng.random() < rank**-PATIENCE]  # the first always
    events: list[Event] = []
    if wanted in seen:
        taken = int(rng.choice(seen)) if rng.random() < ERROR else wanted
        if taken != shown[0] and rng.random() < OPENS_FOUND:
            events.append(Event("opened", taken))
        if rng.random() < RATES_FOUND:
            events.append(Event("rated_up", taken))
        if taken != shown[0] and rng.random() < BLAMES_FIRST:
            events.append(Event("rated_down", shown[0]))
        return events
    if rng.random() < RATES_MISSED:
        events.append(Event("rated_down", shown[0]))
    if rng.random() < NAMES_MISSED:
        events.append(Event("corrected", wanted))
    return events
