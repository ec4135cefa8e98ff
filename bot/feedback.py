"""`verse feedback …`: what people asked and how they rated it, for the keeper of an installation."""

import sys
from pathlib import Path
from typing import IO

from bot.errors import StoreError
from bot.settings import BotSettings
from bot.store.database import Database
from bot.store.export import export_lines


async def export_to(settings: BotSettings, out: Path | None, *, consented_only: bool) -> int:
    """Writes every rating as a line of JSON to a file or the terminal; returns how many.

    Raises:
        StoreError: there is no database, or the file cannot be written.

    """
    if not settings.database.exists():
        raise StoreError(f"There is no database {settings.database} yet; it begins with the first query.")
    async with await Database.open(settings.database) as database:
        if out is None:
            return await _write(database, sys.stdout, consented_only=consented_only)
        part = out.with_name(out.name + ".part")
        try:
            with part.open("w", encoding="utf-8") as file:
                count = await _write(database, file, consented_only=consented_only)
            part.replace(out)
        except OSError as error:
            raise StoreError(f"{out} cannot be written ({error.strerror}).") from error
        return count


async def _write(database: Database, file: IO[str], *, consented_only: bool) -> int:
    count = 0
    async for line in export_lines(database, consented_only=consented_only):
        file.write(line + "\n")
        count += 1
    return count
