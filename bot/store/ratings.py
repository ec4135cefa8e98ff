"""Ratings of answers, and which answer each message shows."""

from dataclasses import dataclass
from typing import Literal

from bot.errors import FeedbackRefused
from bot.store.database import Database
from bot.store.ids import now_ms

Value = Literal[-1, 1]
Via = Literal["button", "reaction", "console"]

_PUT = """
INSERT INTO ratings (query_id, verse_id, who, value, via, rated_at, consent) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET value = excluded.value, via = excluded.via, rated_at = excluded.rated_at,
                          consent = excluded.consent
"""
_SHOW = """
INSERT INTO messages (message_id, query_id, verse_id) SELECT ?, id, ? FROM queries WHERE id = ?
ON CONFLICT DO UPDATE SET verse_id = excluded.verse_id
"""


@dataclass(frozen=True, slots=True)
class Shown:
    """The answer that a message shows."""

    query_id: int
    verse_id: int


class Ratings:
    """Tables `ratings` and `messages`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, shown: Shown, *, who: str, value: Value, via: Via, consent: bool) -> None:
        """Keeps a person's rating of a result, in place of an earlier one; returns when it is saved.

        Raises:
            FeedbackRefused: that result was not among the answers, or the query is not kept any more.

        """
        found = await self._database.row(
            "SELECT 1 FROM results WHERE query_id = ? AND verse_id = ?", (shown.query_id, shown.verse_id)
        )
        if found is None:
            raise FeedbackRefused("This answer is not kept any more, so it cannot be rated; ask again.")
        row = (shown.query_id, shown.verse_id, who, value, via, now_ms(), consent)
        await self._database.write([(_PUT, [row])])

    async def remove(self, shown: Shown, *, who: str) -> None:
        """Takes a person's rating of a result back."""
        await self._database.write(
            [
                (
                    "DELETE FROM ratings WHERE query_id = ? AND verse_id = ? AND who = ?",
                    [(shown.query_id, shown.verse_id, who)],
                )
            ]
        )

    async def remove_reaction(self, query_id: int, *, who: str, value: Value) -> None:
        """Takes back what a person's reaction stood for, whichever result was on show when they gave it.

        A rating that has been changed since, by a button or the other reaction, stays.
        """
        await self._database.write(
            [
                (
                    "DELETE FROM ratings WHERE query_id = ? AND who = ? AND value = ? AND via = 'reaction'",
                    [(query_id, who, value)],
                )
            ]
        )

    async def show(self, message_id: int, shown: Shown) -> None:
        """Notes which answer a message shows now."""
        await self._database.submit([(_SHOW, [(message_id, shown.verse_id, shown.query_id)])])

    async def shown_by(self, message_id: int) -> Shown | None:
        """The answer that a message shows, or None when it shows none that is kept."""
        row = await self._database.row(
            "SELECT query_id, verse_id FROM messages WHERE message_id = ?", (message_id,)
        )
        return None if row is None else Shown(row["query_id"], row["verse_id"])
