"""Experiments on real traffic: what was compared, and which side people preferred."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.store.database import Database
from bot.store.ids import now_ms
from index.interleave import Preference, Team

_TEAMS = """
INSERT OR IGNORE INTO teams (query_id, verse_id, team, experiment_id)
SELECT id, ?, ?, ? FROM queries WHERE id = ?
"""
# A rating or a correction says twice as much as an opening.
_WINS = """
WITH said AS (
    SELECT query_id, verse_id, 2 * value AS credit FROM ratings
    UNION ALL SELECT query_id, verse_id, 2 FROM corrections
    UNION ALL SELECT query_id, verse_id, 1 FROM openings
)
SELECT coalesce(sum(a > b), 0), coalesce(sum(b > a), 0), coalesce(sum(a = b), 0) FROM (
    SELECT sum(iif(t.team = 'A', s.credit, 0)) AS a, sum(iif(t.team = 'B', s.credit, 0)) AS b
    FROM teams t JOIN said s ON s.query_id = t.query_id AND s.verse_id = t.verse_id
    WHERE t.experiment_id = ? GROUP BY t.query_id
)
"""


@dataclass(frozen=True, slots=True)
class Experiment:
    """One comparison; `challenger` says what team B is, see the migration."""

    id: int
    challenger: dict[str, Any]
    build_id: str
    started_at: int
    ended_at: int | None
    outcome: str | None


class Experiments:
    """Tables `experiments` and `teams`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, challenger: dict[str, Any], build_id: str) -> None:
        """Puts an experiment on record as running."""
        row = (json.dumps(challenger), build_id, now_ms())
        await self._database.write(
            [("INSERT INTO experiments (challenger, build_id, started_at) VALUES (?, ?, ?)", [row])]
        )

    async def end(self, experiment_id: int, outcome: str) -> None:
        """Ends it, unless it has ended."""
        await self._database.write(
            [
                (
                    "UPDATE experiments SET ended_at = ?, outcome = ? WHERE id = ? AND ended_at IS NULL",
                    [(now_ms(), outcome, experiment_id)],
                )
            ]
        )

    async def latest(self) -> Experiment | None:
        """The one that runs, or ran last."""
        row = await self._database.row(
            "SELECT id, challenger, build_id, started_at, ended_at, outcome FROM experiments"
            " ORDER BY id DESC LIMIT 1"
        )
        if row is None:
            return None
        number, challenger, *rest = row
        return Experiment(number, json.loads(challenger), *rest)

    async def draft(self, experiment_id: int, query_id: int, teams: Sequence[tuple[int, Team]]) -> None:
        """Notes which side put each verse into an answer."""
        await self._database.submit([(_TEAMS, [(v, team, experiment_id, query_id) for v, team in teams])])

    async def took_part(self, query_id: int) -> bool:
        """Whether an answer was made of two rankings."""
        return await self._database.row("SELECT 1 FROM teams WHERE query_id = ?", (query_id,)) is not None

    async def questions(self, experiment_id: int) -> int:
        """Answers that were made of two rankings."""
        row = await self._database.row(
            "SELECT count(DISTINCT query_id) FROM teams WHERE experiment_id = ?", (experiment_id,)
        )
        return 0 if row is None else int(row[0])

    async def preference(self, experiment_id: int) -> Preference:
        """Which side people preferred, question by question."""
        row = await self._database.row(_WINS, (experiment_id,))
        return Preference(0, 0) if row is None else Preference(*row)
