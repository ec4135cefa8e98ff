"""Which questions a curator should look at, most useful first, and all that is known about one.

A question is every query of the same normalised words. It is looked at when people

    corrected     said which verse they meant
    rated         gave a thumb down, or up
    abandoned     neither rated nor opened anything, and asked something else within three minutes or were not
                  sure to have been answered
    repeated      asked it more than once

Look-ups of references teach nothing and are left out. So that ten million queries do not make a curator wait,
the last `_JUDGED` that were judged and the last `_RECENT` of all are considered.
"""

import math
from dataclasses import dataclass

from bot.store.database import Database
from bot.store.queries import MATCHED_BY

_JUDGED = 20_000
_RECENT = 20_000
_ASKED_AGAIN_MS = 180_000
_ENOUGH = 3  # of a kind; more of it makes a question no more useful, and gives nobody the first place

_QUEUE = f"""
WITH judged AS (
    SELECT query_id FROM (SELECT DISTINCT query_id FROM ratings ORDER BY 1 DESC LIMIT {_JUDGED})
    UNION SELECT query_id FROM (SELECT DISTINCT query_id FROM corrections ORDER BY 1 DESC LIMIT {_JUDGED})
    UNION SELECT id FROM (SELECT id FROM queries ORDER BY id DESC LIMIT {_RECENT})
),
asked AS (
    SELECT q.id, q.normalised, q.consent, q.sure,
           lead(q.asked_at) OVER mine - q.asked_at AS gap_ms, lead(q.normalised) OVER mine AS next,
           (SELECT count(*) FROM ratings r WHERE r.query_id = q.id AND r.value > 0) AS up,
           (SELECT count(*) FROM ratings r WHERE r.query_id = q.id AND r.value < 0) AS down,
           (SELECT count(*) FROM corrections c WHERE c.query_id = q.id) AS corrected,
           (SELECT count(*) FROM openings o WHERE o.query_id = q.id) AS opened,
           (SELECT matched_by FROM results s WHERE s.query_id = q.id AND s.rank = 1) AS best
    FROM judged j JOIN queries q ON q.id = j.query_id
    WINDOW mine AS (PARTITION BY q.who ORDER BY q.id)
)
SELECT normalised, coalesce(max(iif(consent, id, NULL)), max(id)) AS query_id, count(*) AS asked,
       sum(up) AS up, sum(down) AS down, sum(corrected) AS corrected,
       sum(up + down + corrected + opened = 0
           AND (NOT sure OR coalesce(gap_ms < {_ASKED_AGAIN_MS} AND next <> normalised, 0))) AS abandoned,
       min(sure) AS sure
FROM asked WHERE normalised <> '' AND best IS NOT {MATCHED_BY["reference"]} GROUP BY normalised
"""
_QUESTION = """
SELECT q.who, q.consent, q.sure, q.confidence, q.on_show, q.asked_at,
       v.build_id, v.fingerprint
FROM queries q JOIN versions v ON v.id = q.version_id WHERE q.id = ?
"""
_RESULTS = "SELECT rank, verse_id, score, matched_by FROM results WHERE query_id = ? ORDER BY rank"
_VOTES = """
WITH same AS (SELECT id FROM queries WHERE normalised = ?)
SELECT verse_id, sum(up), sum(down), sum(opened), sum(meant) FROM (
    SELECT verse_id, value > 0 AS up, value < 0 AS down, 0 AS opened, 0 AS meant
    FROM ratings WHERE query_id IN same
    UNION ALL SELECT verse_id, 0, 0, 1, 0 FROM openings WHERE query_id IN same
    UNION ALL SELECT verse_id, 0, 0, 0, 1 FROM corrections WHERE query_id IN same
) GROUP BY verse_id
"""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question worth a curator's look; the counts are over all times it was asked."""

    query: str
    query_id: int
    asked: int
    up: int
    down: int
    corrected: int
    abandoned: int
    sure: int

    @property
    def value(self) -> float:
        """How much a decision teaches: what is known to be wrong before what may be, often asked before rare."""
        counts = ((6.0, self.corrected), (4.0, self.down), (2.0, self.abandoned), (1.0, self.up))
        told = sum(weight * min(count, _ENOUGH) for weight, count in counts)
        return told + 1.5 * math.log2(self.asked) + (0.0 if self.sure else 1.0)


@dataclass(frozen=True, slots=True)
class Votes:
    """What people made of one verse as the answer to one question."""

    up: int = 0
    down: int = 0
    opened: int = 0
    meant: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """One result as it was answered; `seen` when people saw it."""

    rank: int
    verse_id: int
    score: float
    matched_by: tuple[str, ...]
    seen: bool


@dataclass(frozen=True, slots=True)
class Question:
    """All that is known about a question, of the query that stands for it."""

    candidate: Candidate
    who: str
    consent: bool
    sure: bool
    confidence: float
    asked_at: int
    build_id: str
    fingerprint: str
    results: tuple[Found, ...]
    votes: dict[int, Votes]


class Candidates:
    """Reads the log for curators."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def queue(self) -> list[Candidate]:
        """The questions worth a look, most useful first."""
        found = [
            Candidate(*row)
            for row in await self._database.rows(_QUEUE)
            if row["corrected"] or row["down"] or row["up"] or row["abandoned"] or row["asked"] > 1
        ]
        return sorted(found, key=lambda candidate: (-candidate.value, -candidate.query_id))

    async def question(self, candidate: Candidate) -> Question | None:
        """All about one of them; None when it has been deleted meanwhile."""
        asked = await self._database.row(_QUESTION, (candidate.query_id,))
        if asked is None:
            return None
        rows = await self._database.rows(_VOTES, (candidate.query,))
        votes = {verse: Votes(*counts) for verse, *counts in rows}
        results = await self._database.rows(_RESULTS, (candidate.query_id,))
        touched = [rank for rank, verse, *_ in results if verse in votes]
        last_seen = max([asked["on_show"], *touched])
        return Question(
            candidate=candidate,
            who=asked["who"],
            consent=bool(asked["consent"]),
            sure=bool(asked["sure"]),
            confidence=asked["confidence"],
            asked_at=asked["asked_at"],
            build_id=asked["build_id"],
            fingerprint=asked["fingerprint"],
            results=tuple(
                Found(rank, verse, score, _named(bits), rank <= last_seen)
                for rank, verse, score, bits in results
            ),
            votes=votes,
        )


def _named(bits: int) -> tuple[str, ...]:
    return tuple(name for name, bit in MATCHED_BY.items() if bits & bit)
