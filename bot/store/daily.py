"""Which channels get a verse a day."""

from dataclasses import astuple, dataclass

from bot.store.database import Database

_COLUMNS = "channel_id, place, at_minute, zone, translation, theme, last_day"


@dataclass(frozen=True, slots=True)
class DailyPlan:
    """One channel's verse of the day.

    Attributes:
        channel_id: Discord's id of the channel or thread.
        place: keyed hash of its server.
        at_minute: minute of the local day, 0 to 1439.
        zone: "Europe/Berlin".
        translation, theme: what to post; None leaves it to the server and to chance.
        last_day: local date, ISO, of the last post, or of the day it was switched on.

    """

    channel_id: int
    place: str
    at_minute: int
    zone: str
    translation: str | None
    theme: str | None
    last_day: str


class Daily:
    """Table `daily`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, plan: DailyPlan) -> None:
        """Keeps a channel's plan in place of an earlier one."""
        await self._database.write(
            [(f"INSERT OR REPLACE INTO daily ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)", [astuple(plan)])]
        )

    async def remove(self, channel_id: int) -> None:
        """Ends a channel's plan."""
        await self._database.write([("DELETE FROM daily WHERE channel_id = ?", [(channel_id,)])])

    async def get(self, channel_id: int) -> DailyPlan | None:
        """A channel's plan, if it has one."""
        row = await self._database.row(f"SELECT {_COLUMNS} FROM daily WHERE channel_id = ?", (channel_id,))
        return None if row is None else DailyPlan(*row)

    async def all(self) -> list[DailyPlan]:
        """Every plan."""
        return [DailyPlan(*row) for row in await self._database.rows(f"SELECT {_COLUMNS} FROM daily")]

    async def posted(self, channel_id: int, day: str) -> None:
        """Notes that a day's verse has been posted."""
        await self._database.write(
            [("UPDATE daily SET last_day = ? WHERE channel_id = ?", [(day, channel_id)])]
        )
