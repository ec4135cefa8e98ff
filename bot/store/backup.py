"""Copies of the database, and the way back. Everything here blocks.

    data/backups/20261126T203000Z/verse.sqlite3    a whole copy, made while the bot writes on
    data/backups/20261126T203000Z/identity.key     without it nobody's rows could be found again

A backup keeps what people deleted since; so backups older than `keep_days` are deleted at the next one.
"""

import contextlib
import re
import shutil
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.errors import StoreError
from bot.store.identity import KEY_FILE
from bot.store.migrations import migrations, schema_version

_STAMP = "%Y%m%dT%H%M%SZ"
_NAME = re.compile(r"\d{8}T\d{6}Z")


def back_up(database: Path, backups: Path, *, keep_days: int) -> Path:
    """Makes a backup and deletes those that are too old; returns its directory.

    Raises:
        StoreError: there is no database, or the copy cannot be written.

    """
    if not database.exists():
        raise StoreError(f"There is no database {database} yet; it begins with the first query.")
    now = datetime.now(UTC)
    target = backups / now.strftime(_STAMP)
    part = backups / f".{target.name}"
    try:
        part.mkdir(parents=True, mode=0o700)
        with _opened(database) as source, _opened(part / database.name) as copy:
            source.backup(copy)
        shutil.copy2(database.parent / KEY_FILE, part / KEY_FILE)
        part.rename(target)
        for old in backups.iterdir():
            if _NAME.fullmatch(old.name) and _time_of(old) < now - timedelta(days=keep_days):
                shutil.rmtree(old)
    except (OSError, sqlite3.Error) as error:
        shutil.rmtree(part, ignore_errors=True)
        raise StoreError(f"The backup could not be written to {backups} ({error}).") from error
    return target


def restore(backup: Path, database: Path) -> Path | None:
    """Puts a backup in place of the database; returns where the database that was there is now.

    Raises:
        StoreError: the backup is damaged or of a newer program; nothing has changed.

    """
    source = backup / database.name
    if not source.is_file() or not (backup / KEY_FILE).is_file():
        raise StoreError(f"{backup} is not a backup: {database.name} and {KEY_FILE} should be in it.")
    try:
        with _opened(source) as connection:
            (verdict,) = connection.execute("PRAGMA quick_check").fetchone()
            version = schema_version(connection)
    except sqlite3.Error as error:
        raise StoreError(f"The backup {backup} is damaged ({error}); take another.") from error
    if verdict != "ok":
        raise StoreError(f"The backup {backup} is damaged ({verdict}); take another.")
    if version > len(migrations()):
        raise StoreError(f"The backup {backup} was written by a newer Verse; update this one first.")
    aside = None
    if database.exists():
        aside = database.parent / f"before-restore-{datetime.now(UTC).strftime(_STAMP)}"
        aside.mkdir(mode=0o700)
        for name in (database.name, f"{database.name}-wal", f"{database.name}-shm", KEY_FILE):
            with contextlib.suppress(FileNotFoundError):
                (database.parent / name).rename(aside / name)
    database.parent.mkdir(parents=True, exist_ok=True)
    for name in (KEY_FILE, database.name):
        shutil.copy2(backup / name, database.parent / name)
    return aside


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        yield connection


def _time_of(backup: Path) -> datetime:
    return datetime.strptime(backup.name, _STAMP).replace(tzinfo=UTC)
