"""What curators decided about questions; each curator's decisions are kept apart."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from bot.store.database import Database

Verdict = Literal["accepted", "corrected", "rejected", "not_in_the_bible"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)

_COLUMNS = "query, curator, verdict, verse_id, shown, who, consent, build_id, fingerprint, decided_at"
_PUT = f"INSERT OR REPLACE INTO decisions ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_REWORD = "UPDATE queries SET text = ?, normalised = ? WHERE id = ?"
_REMOVE = "DELETE FROM decisions WHERE query = ? AND curator = ?"


@dataclass(frozen=True, slots=True)
class Decision:
    """One curator's verdict on one question.

    Attributes:
        query: normalised, without personal data.
        curator: the name that a keeper gave.
        verse_id: the right verse; of a rejected answer the first one shown; None when no verse is right.
        shown: (verse id, rank) of what people saw.
        who: keyed hash of the person who asked; "" when that is not known.
        consent: whether that person allows training.
        build_id, fingerprint: the index and model that answered.
        decided_at: milliseconds since 1970.

    """

    query: str
    curator: str
    verdict: Verdict
    verse_id: int | None
    shown: tuple[tuple[int, int], ...]
    who: str
    consent: bool
    build_id: str
    fingerprint: str
    decided_at: int

    @property
    def right_verse(self) -> int | None:
        """The verse that was meant, if the curator knew it."""
        return self.verse_id if self.verdict in ("accepted", "corrected") else None

    @property
    def opinion(self) -> tuple[str, int | None]:
        """What two curators agree on: the verse when one is right, whichever way it was found."""
        right = self.right_verse
        return ("right", right) if right is not None else (self.verdict, None)


@dataclass(frozen=True, slots=True)
class Agreement:
    """How often two curators agree on the questions that both decided; `kappa` takes chance into account."""

    curators: tuple[str, str]
    both: int
    agreed: int
    kappa: float | None


class Decisions:
    """Table `decisions`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, decisions: Iterable[Decision]) -> None:
        """Keeps all of them or none, each in place of its curator's earlier one on that question."""
        await self._database.write([(_PUT, [_row(decision) for decision in decisions])])

    async def remove(self, query: str, curator: str) -> None:
        """Takes a decision back."""
        await self._database.write([(_REMOVE, [(query, curator)])])

    async def get(self, query: str, curator: str) -> Decision | None:
        """What that curator decided about that question."""
        row = await self._database.row(
            f"SELECT {_COLUMNS} FROM decisions WHERE query = ? AND curator = ?", (query, curator)
        )
        return None if row is None else _decision(row)

    async def on(self, query: str) -> list[Decision]:
        """What every curator decided about that question, by name."""
        rows = await self._database.rows(
            f"SELECT {_COLUMNS} FROM decisions WHERE query = ? ORDER BY curator", (query,)
        )
        return [_decision(row) for row in rows]

    async def all(self, curator: str | None = None) -> list[Decision]:
        """Every decision, of one curator or of all, by question and curator."""
        rows = await self._database.rows(
            f"SELECT {_COLUMNS} FROM decisions WHERE ? IS NULL OR curator = ? ORDER BY query, curator",
            (curator, curator),
        )
        return [_decision(row) for row in rows]

    async def reword(self, old: str, new: str) -> list[tuple[str, str, int]]:
        """Puts other words in place of a question's, in the log and in every curator's decision on it.

        Args:
            old, new: the normalised question before, and what it shall be.

        Returns:
            (text, normalised, query id) of each row as it was, for `put_back`.

        """
        before = await self._database.rows(
            "SELECT text, normalised, id FROM queries WHERE normalised = ?", (old,)
        )
        await self._database.write(
            [
                (_REWORD, [(new, new, query_id) for _, _, query_id in before]),
                ("UPDATE OR REPLACE decisions SET query = ? WHERE query = ?", [(new, old)]),
            ]
        )
        return [(text, words, query_id) for text, words, query_id in before]

    async def put_back(self, before: Sequence[tuple[str, str, int]], new: str) -> None:
        """Takes back what `reword` did."""
        renamed = [(words, new) for words in {words for _, words, _ in before}]
        await self._database.write(
            [(_REWORD, before), ("UPDATE OR REPLACE decisions SET query = ? WHERE query = ?", renamed)]
        )


def by_query(decisions: Iterable[Decision]) -> dict[str, list[Decision]]:
    """{question: every curator's decision on it}."""
    found: dict[str, list[Decision]] = defaultdict(list)
    for decision in decisions:
        found[decision.query].append(decision)
    return dict(found)


def agreements(decisions: Sequence[Decision]) -> list[Agreement]:
    """Every two curators who decided the same questions, by name."""
    opinions: dict[str, dict[str, tuple[str, int | None]]] = defaultdict(dict)
    for decision in decisions:
        opinions[decision.curator][decision.query] = decision.opinion
    names = sorted(opinions)
    found = []
    for position, first in enumerate(names):
        for second in names[position + 1 :]:
            both = sorted(opinions[first].keys() & opinions[second].keys())
            if both:
                found.append(
                    _agreement(first, second, [(opinions[first][q], opinions[second][q]) for q in both])
                )
    return found


def _agreement(
    first: str, second: str, pairs: Sequence[tuple[tuple[str, int | None], tuple[str, int | None]]]
) -> Agreement:
    """Cohen's kappa over what was decided, verse by verse: 1 is always, 0 no more than by chance."""
    agreed = sum(mine == theirs for mine, theirs in pairs)
    mine, theirs = [a for a, _ in pairs], [b for _, b in pairs]
    chance = sum(mine.count(one) * theirs.count(one) for one in set(mine)) / len(pairs) ** 2
    kappa = None if chance == 1 else (agreed / len(pairs) - chance) / (1 - chance)
    return Agreement((first, second), len(pairs), agreed, kappa)


def _row(decision: Decision) -> tuple[object, ...]:
    return (
        decision.query,
        decision.curator,
        decision.verdict,
        decision.verse_id,
        json.dumps(decision.shown),
        decision.who,
        decision.consent,
        decision.build_id,
        decision.fingerprint,
        decision.decided_at,
    )


def _decision(row: Sequence[object]) -> Decision:
    query, curator, verdict, verse_id, shown, who, consent, build_id, fingerprint, decided_at = row
    return Decision(
        str(query),
        str(curator),
        next(known for known in VERDICTS if known == verdict),
        verse_id if isinstance(verse_id, int) else None,
        tuple((verse, rank) for verse, rank in json.loads(str(shown))),
        str(who),
        bool(consent),
        str(build_id),
        str(fingerprint),
        int(str(decided_at)),
    )
