"""What people and servers chose: person over server over the installation's default."""

import json
from dataclasses import asdict, dataclass
from typing import Any, Literal

from bot.store.database import Database

Style = Literal["embed", "quote", "plain"]


@dataclass(frozen=True, slots=True)
class PersonSettings:
    """One person's choices; None leaves it to the server and the default."""

    translation: str | None = None
    private: bool | None = None
    style: Style | None = None
    numbers: bool | None = None


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """One server's choices; `channels` empty means everywhere, `admin_role` None nobody besides managers."""

    translation: str | None = None
    channels: tuple[int, ...] = ()
    admin_role: int | None = None
    reactions: bool = True


@dataclass(frozen=True, slots=True)
class Looks:
    """How an answer looks in the end."""

    translation: str
    private: bool
    style: Style
    numbers: bool
    reactions: bool


class Preferences:
    """Tables `person_settings` and `server_settings`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._people: dict[str, PersonSettings] = {}  # of those who were asked about: a reply reads nothing
        self._servers: dict[str, ServerSettings] = {}

    async def of_person(self, who: str) -> PersonSettings:
        """What a person chose."""
        if who not in self._people:
            row = await self._database.row(
                "SELECT translation, private, style, numbers FROM person_settings WHERE who = ?", (who,)
            )
            found = PersonSettings()
            if row is not None:
                found = PersonSettings(
                    row["translation"], _bool(row["private"]), row["style"], _bool(row["numbers"])
                )
            _remember(self._people, who, found)
        return self._people[who]

    async def of_server(self, place: str | None) -> ServerSettings:
        """What a server chose; the defaults outside of servers."""
        if place is None:
            return ServerSettings()
        if place not in self._servers:
            row = await self._database.row(
                "SELECT translation, channels, admin_role, reactions FROM server_settings WHERE place = ?",
                (place,),
            )
            found = ServerSettings()
            if row is not None:
                channels = tuple(json.loads(row["channels"]))
                found = ServerSettings(
                    row["translation"], channels, row["admin_role"], bool(row["reactions"])
                )
            _remember(self._servers, place, found)
        return self._servers[place]

    async def set_person(self, who: str, settings: PersonSettings) -> None:
        """Keeps a person's choices in place of earlier ones."""
        await self._replace("person_settings", {"who": who, **asdict(settings)})
        self._people[who] = settings

    async def set_server(self, place: str, settings: ServerSettings) -> None:
        """Keeps a server's choices in place of earlier ones."""
        row = {"place": place, **asdict(settings), "channels": json.dumps(settings.channels)}
        await self._replace("server_settings", row)
        self._servers[place] = settings

    def forget(self, who: str) -> None:
        """Drops what is remembered of a person whose rows were deleted."""
        self._people.pop(who, None)

    async def _replace(self, table: str, row: dict[str, Any]) -> None:
        marks = ", ".join("?" * len(row))
        sql = f"INSERT OR REPLACE INTO {table} ({', '.join(row)}) VALUES ({marks})"
        await self._database.write([(sql, [tuple(row.values())])])


_MOST_REMEMBERED = 10_000


def _remember(known: dict[str, Any], key: str, value: Any) -> None:
    if len(known) >= _MOST_REMEMBERED:
        known.clear()
    known[key] = value


def _bool(value: int | None) -> bool | None:
    return None if value is None else bool(value)
