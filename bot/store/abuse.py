"""Who moves a verse alone: the alarm over the last judgements, and undoing all of one account's."""

from dataclasses import dataclass

from bot.store.database import Database
from bot.store.ids import now_ms
from index.books import display

_DAY_MS = 86_400_000
ALARM_DAYS = 30
FEWEST_BY_ACCOUNT = 5  # judgements of one verse by one account, below which there is no alarm
FEWEST_BY_SERVER = 10
_ACCOUNT_SHARE = 0.5  # of the verse's judgements
_SERVER_SHARE = 0.8
_USUAL_SERVER_SHARE = 0.5  # a server that gives more than this of all judgements moves every verse
_MOST = 10  # alarms
_TABLES = ("ratings", "corrections", "openings")

_RECENT = """
WITH recent AS (
    SELECT query_id, verse_id, who, value FROM ratings WHERE rated_at >= :since
    UNION ALL
    SELECT query_id, verse_id, who, 1 FROM corrections WHERE corrected_at >= :since
)
"""
_ACCOUNTS = (
    _RECENT
    + """
SELECT verse_id, who, mine, up, whole FROM (
    SELECT verse_id, who, count(*) AS mine, sum(value > 0) AS up,
           sum(count(*)) OVER (PARTITION BY verse_id) AS whole
    FROM recent GROUP BY verse_id, who
) WHERE mine >= :fewest AND mine > :share * whole ORDER BY mine DESC, verse_id LIMIT :most
"""
)
_SERVERS = (
    _RECENT
    + """
, placed AS (SELECT r.verse_id, r.value, q.place FROM recent r JOIN queries q ON q.id = r.query_id),
shares AS (SELECT place, count(*) * 1.0 / (SELECT count(*) FROM placed) AS usual FROM placed GROUP BY place)
SELECT verse_id, place, mine, up, whole FROM (
    SELECT verse_id, place, count(*) AS mine, sum(value > 0) AS up,
           sum(count(*)) OVER (PARTITION BY verse_id) AS whole
    FROM placed GROUP BY verse_id, place
) JOIN shares USING (place)
WHERE mine >= :fewest AND mine >= :share * whole AND usual < :usual
ORDER BY mine DESC, verse_id LIMIT :most
"""
)


@dataclass(frozen=True, slots=True)
class Alarm:
    """One account or server gave most of the judgements of a verse.

    Attributes:
        verse_id: bbcccvvv.
        culprit: keyed hash of the account or server.
        is_server: which of the two.
        judgements: ratings and corrections by it.
        up: those of them in favour of the verse.
        whole: by everybody.

    """

    verse_id: int
    culprit: str
    is_server: bool
    judgements: int
    up: int
    whole: int


class Abuse:
    """Reads `ratings` and `corrections`, and deletes from them and `openings`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def alarms(self) -> list[Alarm]:
        """What looks like abuse in the last `ALARM_DAYS`, accounts first, largest first."""
        since = {"since": now_ms() - ALARM_DAYS * _DAY_MS, "most": _MOST}
        accounts = await self._database.rows(
            _ACCOUNTS, since | {"fewest": FEWEST_BY_ACCOUNT, "share": _ACCOUNT_SHARE}
        )
        servers = await self._database.rows(
            _SERVERS,
            since | {"fewest": FEWEST_BY_SERVER, "share": _SERVER_SHARE, "usual": _USUAL_SERVER_SHARE},
        )
        return [
            Alarm(row[0], row[1], is_server, *row[2:])
            for is_server, rows in ((False, accounts), (True, servers))
            for row in rows
        ]

    async def done_by(self, who: str) -> dict[str, int]:
        """{"ratings": how many, …}: the feedback that one account gave."""
        counts = {}
        for table in _TABLES:
            row = await self._database.row(f"SELECT count(*) FROM {table} WHERE who = ?", (who,))
            counts[table] = 0 if row is None else int(row[0])
        return counts

    async def undo(self, who: str) -> dict[str, int]:
        """Deletes all feedback of one account; says how much it was."""
        counts = await self.done_by(who)
        await self._database.write([(f"DELETE FROM {table} WHERE who = ?", [(who,)]) for table in _TABLES])
        return counts


def in_words(counts: dict[str, int]) -> str:
    """ "2 ratings, 1 correction, 0 openings"."""
    return ", ".join(
        f"{count:,} {table if count != 1 else table.removesuffix('s')}" for table, count in counts.items()
    )


def alarm_text(alarm: Alarm) -> str:
    """One alarm in a sentence."""
    kind = "server" if alarm.is_server else "account"
    return (
        f"{alarm.judgements:,} of {alarm.whole:,} judgements of {display(alarm.verse_id)} in {ALARM_DAYS} days"
        f" come from one {kind}, {alarm.culprit} ({alarm.up:,} for it, {alarm.judgements - alarm.up:,} against)."
    )
