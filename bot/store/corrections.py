"""Which verse people meant, and which results they opened."""

from bot.errors import FeedbackRefused
from bot.store.database import Database
from bot.store.ids import now_ms
from bot.store.ratings import Shown

_CORRECT = """
INSERT INTO corrections (query_id, who, verse_id, corrected_at, consent) VALUES (?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET verse_id = excluded.verse_id, corrected_at = excluded.corrected_at,
                          consent = excluded.consent
"""
_OPEN = """
INSERT OR IGNORE INTO openings (query_id, verse_id, who, opened_at, consent)
SELECT id, ?, ?, ?, ? FROM queries WHERE id = ?
"""


class Corrections:
    """Tables `corrections` and `openings`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, query_id: int, verse_id: int, *, who: str, consent: bool) -> None:
        """Keeps the verse that a person meant by a query, in place of an earlier one.

        Raises:
            FeedbackRefused: the query is not kept any more.

        """
        if await self._database.row("SELECT 1 FROM queries WHERE id = ?", (query_id,)) is None:
            raise FeedbackRefused("That question is not kept any more, so nothing was noted; ask it again.")
        await self._database.write([(_CORRECT, [(query_id, who, verse_id, now_ms(), consent)])])

    async def opened(self, shown: Shown, *, who: str, consent: bool) -> None:
        """Notes that somebody opened one of the next best results."""
        await self._database.submit([(_OPEN, [(shown.verse_id, who, now_ms(), consent, shown.query_id)])])
