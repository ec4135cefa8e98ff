"""Questions with the verses that people praised or named for them, for the weights of search."""

from contextlib import aclosing

from bot.store.database import Database
from bot.store.export import judgements
from bot.store.records import Record
from index.books import from_usfm
from index.dev_set import Praised

_MOST_FOR_RANK = 5.0
"""Results in an answer. Praise from rank r counts r times, for one in r looks there (docs/learning.md)."""


async def praised(database: Database, most: int) -> tuple[Praised, ...]:
    """The newest that may be used. Curators' decisions are left to the regression set, which judges models."""
    found: list[Praised] = []
    async with aclosing(judgements(database, consented_only=True)) as records:
        async for record in records:
            if record.verdict in ("rated_up", "corrected") and record.weight:
                found.append(Praised(record.query, from_usfm(str(record.reference)), _weight(record)))
                if len(found) == most:
                    break
    return tuple(found)


def _weight(record: Record) -> float:
    rank = next((shown.rank for shown in record.shown if shown.reference == record.reference), None)
    named = record.verdict == "corrected" or rank is None
    return record.weight * (_MOST_FOR_RANK if named else min(float(rank or 1), _MOST_FOR_RANK))
