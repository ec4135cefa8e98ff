"""What keepers and managers did."""

from dataclasses import dataclass

from bot.store.database import Database
from bot.store.ids import now_ms


@dataclass(frozen=True, slots=True)
class Action:
    """One entry; `at` in milliseconds since 1970, `who` a keyed hash."""

    at: int
    who: str
    action: str
    details: str


class Audit:
    """Table `audit`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def note(self, who: str, action: str, details: str = "") -> None:
        """Adds an entry; returns when it is saved."""
        await self._database.write(
            [
                (
                    "INSERT INTO audit (at, who, action, details) VALUES (?, ?, ?, ?)",
                    [(now_ms(), who, action, details)],
                )
            ]
        )

    async def latest(self, count: int) -> list[Action]:
        """The last entries, newest first."""
        rows = await self._database.rows(
            "SELECT at, who, action, details FROM audit ORDER BY id DESC LIMIT ?", (count,)
        )
        return [Action(*row) for row in rows]
