"""What votes say together: pairs of a query and a verse, each with a signed weight.

**Position bias.** A verse at rank r is looked at with a chance of about 1/r (the position-based model with η = 1
of Joachims, Swaminathan & Schnabel 2017, arXiv:1608.04468), so praise from rank r counts r times, at most
MOST_FOR_RANK: otherwise what stands first would be learned because it stands first. A verse that somebody named
themselves owes nothing to its place. Blame needs no such weight, but sight: a verse counts as wrong only when it
was on show; what was neither opened nor rated says nothing, for perhaps nobody looked so far (Joachims 2005).

**Agreement.** With u the weight of votes for a pair and d of those against it, the pair weighs
(u - d) / (u + d + 1): one user 1/2, two who agree 2/3, one for and one against nothing. A person counts once for
a pair, and with all that they say of one verse no more than MOST_FOR_VERSE votes, so nobody moves a verse alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from training.feedback.records import By, Record
from training.words import split_words

VOTES: dict[By, float] = {"user": 1.0, "admin": 2.0, "curator": 3.0}
"""A curator sees the texts and has the time."""
MOST_FOR_RANK = 5.0
"""Results in an answer; also the clipping that bounds the variance of inverse propensities."""
MOST_FOR_VERSE = 3.0
"""Votes of one user for or against one verse, over all queries."""
LEAST_WEIGHT = 0.05
"""Below it a pair says nothing."""

_FOR = frozenset({"accepted", "corrected", "rated_up"})
_AGAINST = frozenset({"rejected", "rated_down"})


@dataclass(frozen=True, slots=True)
class Pair:
    """A query and a verse that it is about (weight above 0) or is not about (below)."""

    query: str
    verse: int
    weight: float


@dataclass(frozen=True, slots=True)
class _Vote:
    author: str
    capped: bool
    value: float
    rank_factor: float


def pairs_of(records: Iterable[Record]) -> list[Pair]:
    """Weighs all votes; pairs in the order in which they first came up.

    A later vote of the same person on the same pair replaces the earlier one. Users without a name count as one
    person, since they may be.
    """
    votes: dict[tuple[str, int], dict[str, _Vote]] = defaultdict(dict)
    spelt: dict[str, str] = {}
    for record in records:
        key = " ".join(split_words(record.query))
        if record.verse is None or not key or (vote := _vote(record)) is None:
            continue
        spelt.setdefault(key, record.query)
        votes[key, record.verse][vote.author] = vote

    spent: dict[tuple[str, int], float] = defaultdict(float)
    for (_, verse), of_pair in votes.items():
        for vote in of_pair.values():
            spent[vote.author, verse] += abs(vote.value)

    pairs = []
    for (key, verse), of_pair in votes.items():
        up = down = praise = 0.0
        for vote in of_pair.values():
            share = min(1.0, MOST_FOR_VERSE / spent[vote.author, verse]) if vote.capped else 1.0
            if vote.value > 0:
                up += share * vote.value
                praise += share * vote.value * vote.rank_factor
            else:
                down -= share * vote.value
        weight = (up - down) / (up + down + 1)
        if weight > 0:
            weight *= praise / up
        if abs(weight) >= LEAST_WEIGHT:
            pairs.append(Pair(spelt[key], verse, weight))
    return pairs


def _vote(record: Record) -> _Vote | None:
    """What a record says of its verse; None when it says nothing."""
    value = VOTES[record.by] * record.weight
    if not value:
        return None
    assert record.verse is not None
    rank = record.shown.get(record.verse)
    # Curators and admins are few and known; a shared name must not cap them.
    author, capped = f"{record.by} {record.author or ''}", record.by == "user"
    if record.verdict in _FOR:
        named = record.verdict == "corrected" or rank is None
        return _Vote(author, capped, value, MOST_FOR_RANK if named else min(float(rank or 1), MOST_FOR_RANK))
    if record.verdict in _AGAINST and rank is not None:
        return _Vote(author, capped, -value, 1.0)
    return None
