"""Figures over what was asked and rated."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from bot.store.database import Database
from bot.store.ids import id_at, now_ms

_DAY_MS = 86_400_000
_VERSES = 10
_MISSED = 10
_PEOPLE_TO_HIDE_AMONG = 3  # who found a verse, before those who manage a server see it
_LATEST_JUDGED = 10_000  # thumbs down, and corrections, among which the most missed are looked for


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
class ServerUse:
    """What one server asked: by day, by how many people, and (verse id, how often it came first)."""

    days: list[Day]
    people: int
    popular: list[tuple[int, int]]


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
            "SELECT coalesce(sum(queries), 0), (SELECT count(*) FROM askers),"
            " coalesce(sum(up), 0), coalesce(sum(down), 0), (SELECT count(*) FROM corrections),"
            " (SELECT count(*) FROM ratings r"
            "  CROSS JOIN queries q INDEXED BY queries_consenting ON q.id = r.query_id"
            "  WHERE r.consent AND q.consent)"
            " FROM days"
        )
        assert row is not None
        return Totals(*row)

    async def days(self, count: int, place: str | None = None) -> list[Day]:
        """The last days, today last; of one server or of all."""
        today = datetime.now(UTC).date()
        first = today - timedelta(days=count - 1)
        rows = await self._database.rows(
            "SELECT day, sum(queries), sum(up), sum(down) FROM days"
            " WHERE day >= ? AND (? IS NULL OR place = ?) GROUP BY day",
            (_number(first), place, place),
        )
        counts = {number: rest for number, *rest in rows}
        days = (first + timedelta(days=offset) for offset in range(count))
        return [Day(day, *counts.get(_number(day), (0, 0, 0))) for day in days]

    async def popular_verses(self, days: int) -> list[tuple[int, int]]:
        """(verse id, how often it was the first answer), most often first."""
        rows = await self._database.rows(
            "SELECT verse_id, count(*) FROM results WHERE query_id >= ? AND rank = 1"
            " GROUP BY verse_id ORDER BY 2 DESC, 1 LIMIT ?",
            (id_at(now_ms() - days * _DAY_MS), _VERSES),
        )
        return [(verse, count) for verse, count in rows]

    async def of_server(self, days: int, place: str) -> ServerUse:
        """What one server asked in the last days; nothing in it tells what a single person found."""
        first = id_at(now_ms() - days * _DAY_MS)
        row = await self._database.row(
            "SELECT count(DISTINCT who) FROM queries WHERE id >= ? AND place = ?", (first, place)
        )
        popular = await self._database.rows(
            "SELECT r.verse_id, count(*) FROM queries q JOIN results r ON r.query_id = q.id AND r.rank = 1"
            " WHERE q.id >= ? AND q.place = ? GROUP BY r.verse_id HAVING count(DISTINCT q.who) >= ?"
            " ORDER BY 2 DESC, 1 LIMIT ?",
            (first, place, _PEOPLE_TO_HIDE_AMONG, _VERSES),
        )
        found = [(verse, count) for verse, count in popular]
        return ServerUse(await self.days(days, place), row[0] if row else 0, found)

    async def most_missed(self) -> list[Missed]:
        """Queries with most thumbs down and corrections among the last ones judged, worst first."""
        rows = await self._database.rows(
            "SELECT min(q.text), count(*),"
            " sum((SELECT count(*) FROM ratings r WHERE r.query_id = q.id AND r.value < 0)),"
            " max((SELECT max(c.verse_id) FROM corrections c WHERE c.query_id = q.id))"
            " FROM queries q"
            " WHERE q.id IN ("
            "  SELECT * FROM (SELECT DISTINCT query_id FROM ratings WHERE value < 0 ORDER BY 1 DESC LIMIT :latest)"
            "  UNION SELECT * FROM (SELECT DISTINCT query_id FROM corrections ORDER BY 1 DESC LIMIT :latest))"
            " GROUP BY q.normalised ORDER BY 3 DESC, 2 DESC LIMIT :most",
            {"latest": _LATEST_JUDGED, "most": _MISSED},
        )
        return [Missed(*row) for row in rows]


def _number(day: date) -> int:
    """Days since 1970."""
    return day.toordinal() - date(1970, 1, 1).toordinal()
