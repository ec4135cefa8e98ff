"""Brings a database to the schema of this program: `migrations/NNNN_name.sql`, each in one transaction.

Applied numbers are kept in `schema_migrations`. A file that was once released never changes; a new
schema is a new file.
"""

import re
import sqlite3
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from bot.errors import StoreError
from bot.store.ids import now_ms

_NAME = re.compile(r"(\d{4})_(\w+)\.sql")


@dataclass(frozen=True, slots=True)
class Migration:
    """One step; `number` counts from 1 without gaps."""

    number: int
    name: str
    sql: str


@cache
def migrations() -> tuple[Migration, ...]:
    """All steps that this program knows, in order."""
    steps = [
        Migration(int(match[1]), match[2], path.read_text("utf-8"))
        for path in files("bot.store").joinpath("migrations").iterdir()
        if (match := _NAME.fullmatch(path.name))
    ]
    return tuple(sorted(steps, key=lambda step: step.number))


def schema_version(connection: sqlite3.Connection) -> int:
    """Number of the last step applied; 0 for an empty database. Only reads."""
    known = connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'schema_migrations'").fetchone()
    if known is None:
        return 0
    (number,) = connection.execute("SELECT coalesce(max(number), 0) FROM schema_migrations").fetchone()
    return int(number)


def migrate(connection: sqlite3.Connection, *, to: int | None = None) -> int:
    """Applies the steps that are missing; returns how many.

    Args:
        connection: in autocommit mode.
        to: the last step to apply; all without it.

    Raises:
        StoreError: the database is of a newer program, or a step failed and was rolled back.

    """
    steps = migrations()
    if schema_version(connection) > len(steps):
        raise StoreError("The database was written by a newer Verse; update this one, then start it again.")
    applied = 0
    for step in steps[:to]:
        connection.execute("BEGIN IMMEDIATE")
        try:
            # Read again under the lock: another process may have been faster.
            if schema_version(connection) < step.number:
                _apply(connection, step)
                applied += 1
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            connection.execute("ROLLBACK")
            raise StoreError(
                f"Upgrading the database failed at step {step.number:04} ({error}); nothing was changed."
            ) from error
    return applied


def _apply(connection: sqlite3.Connection, step: Migration) -> None:
    for statement in _statements(step.sql):
        connection.execute(statement)
    connection.execute(
        "CREATE TABLE IF NOT EXISTS schema_migrations"
        " (number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL)"
    )
    connection.execute("INSERT INTO schema_migrations VALUES (?, ?, ?)", (step.number, step.name, now_ms()))


def _statements(script: str) -> list[str]:
    # Not `executescript`, which commits the transaction it is in.
    statements, pending = [], ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            statements.append(pending)
            pending = ""
    return statements
