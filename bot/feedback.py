"""`verse feedback …`: what people asked and how they rated it, for the keeper of an installation."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO

from rich.console import Console
from rich.prompt import Confirm

from bot.errors import FeedbackRefused, StoreError
from bot.feedback_tables import print_stats
from bot.regression import write_regression
from bot.settings import BotSettings
from bot.store.abuse import in_words
from bot.store.export import export_lines
from bot.store.imports import merge, read_records
from bot.store.store import Store

_MOST_COMPLAINTS = 50


async def export_to(settings: BotSettings, out: Path | None, *, consented_only: bool) -> int:
    """Writes all feedback as lines of JSON to a file or the terminal; returns how many.

    Raises:
        StoreError: there is no database, or the file cannot be written.

    """
    async with opened(settings) as store:
        if out is None:
            return await _write(store, settings, sys.stdout, consented_only=consented_only)
        part = out.with_name(out.name + ".part")
        try:
            with part.open("w", encoding="utf-8") as file:
                count = await _write(store, settings, file, consented_only=consented_only)
            part.replace(out)
        except OSError as error:
            raise StoreError(f"{out} cannot be written ({error.strerror}).") from error
        return count


async def _write(store: Store, settings: BotSettings, file: IO[str], *, consented_only: bool) -> int:
    count = 0
    admins = admins_of(store, settings)
    async for line in export_lines(store.database, consented_only=consented_only, admins=admins):
        file.write(line + "\n")
        count += 1
    return count


def admins_of(store: Store, settings: BotSettings) -> frozenset[str]:
    """Keyed hashes of whoever uses this machine's console and of VERSE_ADMIN_IDS."""
    named = {store.identity.person(user_id) for user_id in settings.admin_ids}
    return frozenset(named | {store.identity.operator()})


async def import_from(settings: BotSettings, source: Path, console: Console) -> None:
    """Merges decisions made elsewhere, and says what changed; every line that is wrong is named.

    Raises:
        StoreError: the file cannot be read, or the database not be opened.
        FeedbackRefused: a line is wrong; nothing was imported.

    """
    try:
        with source.open("rb") as file:
            reading = read_records(file)
    except OSError as error:
        raise StoreError(f"{source} cannot be read ({error.strerror}).") from error
    for number, what in reading.rejected[:_MOST_COMPLAINTS]:
        console.print(f"line {number}: {what}", style="red", markup=False, highlight=False, soft_wrap=True)
    if (more := len(reading.rejected) - _MOST_COMPLAINTS) > 0:
        numbers = ", ".join(str(number) for number, _ in reading.rejected[_MOST_COMPLAINTS:])
        console.print(f"and {more:,} more lines: {numbers}", style="red", markup=False, soft_wrap=True)
    async with opened(settings, new=True) as store:
        merged = await merge(store.decisions, store.people, reading)
        write_regression(await store.decisions.all(), settings.regression_file)
    console.print(
        f"{merged.new:,} decisions are new, {merged.replaced:,} replace earlier ones,"
        f" {merged.known:,} were known."
    )
    if merged.opted_out:
        console.print(f"{merged.opted_out:,} are about questions of people who opted out; they are left out.")
    if reading.of_users:
        console.print(f"{reading.of_users:,} lines are people's ratings, which stay where they were given.")


async def show_stats(settings: BotSettings, console: Console) -> None:
    """Prints counts, the last days, what was missed most, agreement and alarms; raises `StoreError`."""
    async with opened(settings) as store:
        await print_stats(store, console)


async def undo_all(settings: BotSettings, author: str, console: Console, *, sure: bool) -> None:
    """Deletes one account's feedback once that is confirmed.

    Raises:
        FeedbackRefused: that account gave none.
        StoreError: there is no database.

    """
    async with opened(settings) as store:
        counts = await store.abuse.done_by(author)
        if not any(counts.values()):
            raise FeedbackRefused(f"No feedback is kept of an account {author}.")
        if not sure and not Confirm.ask(f"Delete {in_words(counts)} for good?", console=console):
            console.print("Nothing was deleted.")
            return
        await store.abuse.undo(author)
        await store.audit.note(store.identity.operator(), "undo", f"{author}: {in_words(counts)}")
    console.print(f"Deleted: {in_words(counts)}.")


async def write_regression_set(settings: BotSettings, console: Console) -> None:
    """Writes the regression set, and says how large it is; raises `StoreError`."""
    async with opened(settings) as store:
        count = write_regression(await store.decisions.all(), settings.regression_file)
    console.print(f"{count:,} questions are in {settings.regression_file}.", markup=False, soft_wrap=True)


@asynccontextmanager
async def opened(settings: BotSettings, *, new: bool = False) -> AsyncIterator[Store]:
    """The store; raises `StoreError` when there is none, unless a `new` one may be made."""
    if not new and not settings.database.exists():
        raise StoreError(f"There is no database {settings.database} yet; it begins with the first query.")
    async with await Store.open(settings.database) as store:
        yield store
