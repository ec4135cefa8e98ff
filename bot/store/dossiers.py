"""Everything that is kept about one person, for that person."""

from datetime import UTC, datetime
from typing import Any

from bot.store.database import Database
from index.books import to_usfm

# What it is -> rows of one person. `?` is the person.
_SELECTS = {
    "questions": (
        "SELECT q.asked_at AS at, q.text AS question, q.translation, q.book, q.testament, q.source, q.consent,"
        " (SELECT group_concat(verse_id) FROM"
        "  (SELECT verse_id FROM results r WHERE r.query_id = q.id ORDER BY rank)) AS verses"
        " FROM queries q WHERE q.who = ? ORDER BY q.id"
    ),
    "ratings": (
        "SELECT r.rated_at AS at, r.verse_id AS verses, r.value AS rating, r.via, r.consent FROM ratings r"
        " WHERE r.who = ? ORDER BY r.rated_at"
    ),
    "corrections": (
        "SELECT c.corrected_at AS at, c.verse_id AS verses, c.consent FROM corrections c WHERE c.who = ?"
        " ORDER BY c.corrected_at"
    ),
    "results opened": (
        "SELECT o.opened_at AS at, o.verse_id AS verses, o.consent FROM openings o WHERE o.who = ?"
        " ORDER BY o.opened_at"
    ),
    "decided by keepers about your questions": (
        "SELECT d.decided_at AS at, d.query AS question, d.verdict, d.verse_id AS verses, d.consent"
        " FROM decisions d WHERE d.who = ? ORDER BY d.query"
    ),
    "settings": "SELECT translation, private, style, numbers FROM person_settings WHERE who = ?",
    "decisions": "SELECT changed_at AS at, consent, opted_out FROM people WHERE who = ?",
    "jobs started": "SELECT started_at AS at, kind, state FROM jobs WHERE who = ? ORDER BY id",
    "administrative actions": "SELECT at, action, details FROM audit WHERE who = ? ORDER BY id",
}


class Dossiers:
    """Reads every table that has rows of people."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def counts(self, who: str) -> dict[str, int]:
        """{what: how many rows}."""
        counts = {}
        for what, select in _SELECTS.items():
            row = await self._database.row(f"SELECT count(*) FROM ({select})", (who,))
            counts[what] = 0 if row is None else int(row[0])
        return counts

    async def everything(self, who: str) -> dict[str, list[dict[str, Any]]]:
        """{what: rows as people read them}."""
        found: dict[str, list[dict[str, Any]]] = {}
        for what, select in _SELECTS.items():
            found[what] = [_readable(dict(row)) for row in await self._database.rows(select, (who,))]
        return found


def _readable(row: dict[str, Any]) -> dict[str, Any]:
    if "at" in row:
        row["at"] = datetime.fromtimestamp(row["at"] / 1000, UTC).isoformat(timespec="seconds")
    if row.get("verses") is not None:
        row["verses"] = [to_usfm(int(verse)) for verse in str(row["verses"]).split(",")]
    return row
