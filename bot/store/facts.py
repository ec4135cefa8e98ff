"""Small facts about this installation, by name."""

from bot.store.database import Database


class Facts:
    """Table `facts`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, name: str) -> str | None:
        """The fact of that name, if known."""
        row = await self._database.row("SELECT value FROM facts WHERE name = ?", (name,))
        return None if row is None else str(row["value"])

    async def set(self, name: str, value: str) -> None:
        """Keeps a fact in place of an earlier one."""
        await self._database.write(
            [
                (
                    "INSERT INTO facts (name, value) VALUES (?, ?)"
                    " ON CONFLICT DO UPDATE SET value = excluded.value",
                    [(name, value)],
                )
            ]
        )
