"""Figures over what was asked and rated."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from bot.store.database import Database
from bot.store.ids import id_at, now_ms

_DAY_MS = 86_400_000
_VERSES = 10
_MISSED = 10


@dataclass(frozen=True, slots=True)
class Day:
    """One day, in UTC."""

    day: date
    queries: int
    up: int
    down: int


@dataclass(frozen=True, slots=True)
class Totals:
    """All that is kept."""

    queries: int
    people: int
    up: int
    down: int
    corrections: int
    may_train: int


@dataclass(frozen=True, slots=True)
class Missed:
    """A query whose answers people did not want."""

    text: str
    asked: int
    down: int
    meant: int | None


class Stats:
    """Reads `queries`, `results`, `ratings` and `corrections`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def totals(self) -> Totals:
        """Counts over everything."""
        row = await self._database.row(
            "SELECT (SELECT count(*) FROM queries), (SELECT count(DISTINCT who) FROM queries),"
            " (SELECT count(*) FROM ratings WHERE value > 0), (SELECT count(*) FROM ratings WHERE value < 0),"
            " (SELECT count(*) FROM corrections),"
            " (SELECT count(*) FROM ratings r JOIN queries q ON q.id = r.query_id WHERE r.consent AND q.consent)"
        )
        assert row is not None
        return Totals(*row)

    async def days(self, count: int, place: str | None = None) -> list[Day]:
        """The last days, today last; of one server or of all."""
        today = datetime.now(UTC).date()
        first = today - timedelta(days=count - 1)
        since = id_at(int(datetime(first.year, first.month, first.day, tzinfo=UTC).timestamp() * 1000))
        where = (since, place, place)
        asked = await self._database.rows(
            f"SELECT asked_at / {_DAY_MS}, count(*) FROM queries"
            " WHERE id >= ? AND (? IS NULL OR place = ?) GROUP BY 1",
            where,
        )
        rated = await self._database.rows(
            f"SELECT q.asked_at / {_DAY_MS}, sum(r.value > 0), sum(r.value < 0)"
            " FROM ratings r JOIN queries q ON q.id = r.query_id"
            " WHERE q.id >= ? AND (? IS NULL OR q.place = ?) GROUP BY 1",
            where,
        )
        queries = {row[0]: row[1] for row in asked}
        thumbs = {number: (up, down) for number, up, down in rated}
        days = []
        for offset in range(count):
            day = first + timedelta(days=offset)
            number = day.toordinal() - date(1970, 1, 1).toordinal()
            days.append(Day(day, queries.get(number, 0), *thumbs.get(number, (0, 0))))
        return days

    async def popular_verses(self, days: int) -> list[tuple[int, int]]:
        """(verse id, how often it was the first answer), most often first."""
        rows = await self._database.rows(
            "SELECT verse_id, count(*) FROM results WHERE query_id >= ? AND rank = 1"
            " GROUP BY verse_id ORDER BY 2 DESC, 1 LIMIT ?",
            (id_at(now_ms() - days * _DAY_MS), _VERSES),
        )
        return [(verse, count) for verse, count in rows]

    async def most_missed(self) -> list[Missed]:
        """Queries with most thumbs down and corrections, worst first."""
        rows = await self._database.rows(
            "SELECT min(q.text), count(DISTINCT q.id), coalesce(sum(r.value < 0), 0), max(c.verse_id)"
            " FROM queries q LEFT JOIN ratings r ON r.query_id = q.id"
            " LEFT JOIN corrections c ON c.query_id = q.id"
            " WHERE q.id IN (SELECT query_id FROM ratings WHERE value < 0 UNION SELECT query_id FROM corrections)"
            " GROUP BY lower(trim(q.text)) ORDER BY 3 DESC, 2 DESC LIMIT ?",
            (_MISSED,),
        )
        return [Missed(*row) for row in rows]
