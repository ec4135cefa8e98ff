"""The log of what was asked and answered."""

import json
from dataclasses import dataclass
from typing import Literal

from bot.store.database import Database, Statement
from bot.store.ids import time_of
from bot.store.wording import normalised
from index.results import SearchResult

Source = Literal["discord", "console"]

MATCHED_BY = {"words": 1, "meaning": 2, "reference": 4}
"""Bits of `results.matched_by`."""

_VERSION = "INSERT OR IGNORE INTO versions (build_id, fingerprint, program) VALUES (?, ?, ?)"
_QUERY = """
INSERT INTO queries (id, asked_at, who, place, source, text, translation, book, testament,
                     confidence, sure, notice, took_ms, timings, consent, normalised, on_show, version_id)
SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, id
FROM versions WHERE build_id = ? AND fingerprint = ? AND program = ?
"""
_RESULT = "INSERT INTO results (query_id, rank, verse_id, score, matched_by) VALUES (?, ?, ?, ?, ?)"


@dataclass(frozen=True, slots=True)
class Asked:
    """One query: by whom, where, for what; `who` and `place` are keyed hashes."""

    query_id: int
    who: str
    place: str | None
    source: Source
    text: str
    translation: str
    book: str | None
    testament: str | None
    consent: bool


class QueryLog:
    """Tables `queries`, `results` and `versions`."""

    def __init__(self, database: Database, program: str) -> None:
        self._database = database
        self._program = program

    async def log(self, asked: Asked, result: SearchResult, *, on_show: int | None = None) -> None:
        """Hands one query and its answer, which shows `on_show` results or all, to the writer."""
        seen = len(result.hits) if on_show is None else min(on_show, len(result.hits))
        await self._database.submit(self._statements(asked, result, seen))

    async def get(self, query_id: int) -> Asked | None:
        """What was asked, or None when the query is not kept."""
        row = await self._database.row(
            "SELECT id, who, place, source, text, translation, book, testament, consent"
            " FROM queries WHERE id = ?",
            (query_id,),
        )
        return None if row is None else Asked(*row)

    def _statements(self, asked: Asked, result: SearchResult, on_show: int) -> list[Statement]:
        version = (result.build_id, result.fingerprint or "", self._program)
        query = (
            asked.query_id,
            time_of(asked.query_id),
            asked.who,
            asked.place,
            asked.source,
            asked.text,
            asked.translation,
            asked.book,
            asked.testament,
            result.confidence,
            result.sure,
            result.notice,
            result.took_ms,
            json.dumps({part: round(ms, 3) for part, ms in result.timings.items()}),
            asked.consent,
            normalised(asked.text),
            on_show,
            *version,
        )
        results = [
            (asked.query_id, rank, hit.verse_id, hit.score, sum(MATCHED_BY[by] for by in hit.matched_by))
            for rank, hit in enumerate(result.hits, start=1)
        ]
        return [(_VERSION, [version]), (_QUERY, [query]), (_RESULT, results)]
