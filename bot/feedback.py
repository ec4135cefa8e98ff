"""`verse feedback …`: what people asked and how they rated it, for the keeper of an installation."""

import sys
from pathlib import Path
from typing import IO

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bot.errors import StoreError
from bot.settings import BotSettings
from bot.store.database import Database
from bot.store.export import export_lines
from bot.store.stats import Stats
from index.books import display

_DAYS = 7


async def export_to(settings: BotSettings, out: Path | None, *, consented_only: bool) -> int:
    """Writes every rating as a line of JSON to a file or the terminal; returns how many.

    Raises:
        StoreError: there is no database, or the file cannot be written.

    """
    async with await _opened(settings) as database:
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


async def show_stats(settings: BotSettings, console: Console) -> None:
    """Prints counts, the last days, and the queries that were missed most; raises `StoreError`."""
    async with await _opened(settings) as database:
        stats = Stats(database)
        totals = await stats.totals()
        days = await stats.days(_DAYS)
        missed = await stats.most_missed()
    console.print(
        f"{totals.queries:,} questions by {totals.people:,} people, {totals.corrections:,} corrections."
    )
    console.print(
        f"{totals.up:,} 👍, {totals.down:,} 👎; {totals.may_train:,} ratings may be used for training."
    )
    table = Table("day", "questions", "👍", "👎", box=None)
    for day in days:
        table.add_row(day.day.isoformat(), f"{day.queries:,}", f"{day.up:,}", f"{day.down:,}")
    console.print(table)
    if missed:
        table = Table("missed most", "asked", "👎", "meant was", box=None)
        for one in missed:
            table.add_row(
                escape(one.text), str(one.asked), str(one.down), display(one.meant) if one.meant else ""
            )
        console.print(table)


async def _opened(settings: BotSettings) -> Database:
    if not settings.database.exists():
        raise StoreError(f"There is no database {settings.database} yet; it begins with the first query.")
    return await Database.open(settings.database)
