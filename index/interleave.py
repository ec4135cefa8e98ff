"""Two rankings in one answer, and which of them people prefer.

Team draft (Radlinski, Kurup & Joachims 2008): the rankings take turns, in each round in an order that a coin
decides, and each adds its best verse that is not there yet. Whoever opens or praises a verse praises the team that
added it. Both teams have the same chance of every place, so position bias favours neither, and it takes far fewer
queries than comparing two groups of people (Chapelle, Joachims, Radlinski & Yue 2012).

The preference is judged by the sign test over queries that one team won. Since people look at the figures while
they grow, the stop rule must hold at every look: evidence is the mixture likelihood ratio against "both win
equally often" with a uniform prior on the share of wins, 2^n a! b! / (n + 1)!. If there is no preference it ever
reaches 1/α with a chance of at most α (Ville 1939; Robbins 1970).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb, exp, lgamma, log
from random import Random
from typing import Literal

Team = Literal["A", "B"]

ALPHA = 0.05
"""The chance of a preference being seen where there is none, however often one looks."""
MOST_DECIDED = 2_000
"""Queries with a winner after which the two count as equal: 53 % against 47 % would have shown."""

Verdict = Literal["open", "A", "B", "equal"]


def team_draft(
    first: Sequence[int], second: Sequence[int], length: int, rng: Random
) -> tuple[tuple[int, Team], ...]:
    """(verse, team that added it) of A's and B's rankings, at most `length`, none twice."""
    rankings: dict[Team, Sequence[int]] = {"A": first, "B": second}
    drafted: dict[int, Team] = {}
    while len(drafted) < length:
        before = len(drafted)
        order: list[Team] = ["A", "B"]
        rng.shuffle(order)
        for team in order:
            best = next((verse for verse in rankings[team] if verse not in drafted), None)
            if best is not None and len(drafted) < length:
                drafted[best] = team
        if len(drafted) == before:
            break
    return tuple(drafted.items())


@dataclass(frozen=True, slots=True)
class Preference:
    """Queries that A's verses won, that B's won, and that neither did although somebody reacted."""

    wins_a: int
    wins_b: int
    ties: int = 0

    @property
    def decided(self) -> int:
        """Queries with a winner."""
        return self.wins_a + self.wins_b

    @property
    def share_b(self) -> float:
        """B's share of the decided queries; a half while there are none."""
        return self.wins_b / self.decided if self.decided else 0.5

    @property
    def p_value(self) -> float:
        """Of the two-sided exact sign test: right for one look that was planned, too small after many."""
        n, few = self.decided, min(self.wins_a, self.wins_b)
        return min(1.0, 2 * sum(exp(_log_comb(n, k) - n * log(2)) for k in range(few + 1)))

    @property
    def always_p(self) -> float:
        """One over the evidence, at most 1: a p-value that holds at every look."""
        n = self.decided
        evidence = n * log(2) + lgamma(self.wins_a + 1) + lgamma(self.wins_b + 1) - lgamma(n + 2)
        return min(1.0, exp(-evidence))

    @property
    def verdict(self) -> Verdict:
        """Whether it is decided: by evidence at any time, or for `equal` after MOST_DECIDED."""
        if self.always_p <= ALPHA:
            return "A" if self.wins_a > self.wins_b else "B"
        return "equal" if self.decided >= MOST_DECIDED else "open"


def _log_comb(n: int, k: int) -> float:
    return log(comb(n, k)) if n < 1000 else lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
