"""One SQLite file: one writer that commits in groups, one reader beside it.

A write is a few statements that belong together. `submit` hands it over and returns at once; `write`
waits until it is committed. The writer takes whatever is waiting into one transaction, so a flood costs
few commits and a single write waits for nobody. WAL with synchronous=NORMAL: a crash of the process
loses nothing that was committed, a power cut at most the last moment.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import aiosqlite

from bot.errors import StoreError
from bot.store.migrations import migrate

log = logging.getLogger(__name__)

_BUSY_TIMEOUT_S = 5.0
_LONGEST_QUEUE = 50_000  # writes; about 50 MB of the longest queries
_INCREMENTAL = 2  # what SQLite calls that way of vacuuming; a database from before has none
_PAGES_AT_A_TIME = 1_000  # 4 MB, while which the writer waits
_LARGEST_GROUP = 1_000  # writes in one transaction, so that a reader of the WAL is not held up

Statement = tuple[str, Sequence[Sequence[Any]]]
"""SQL and the rows to execute it with."""


@dataclass(slots=True)
class _Write:
    statements: Sequence[Statement]
    done: asyncio.Future[None] | None = field(default=None)


class Database:
    """An open database; `open` and `close` it, or use it as a context manager."""

    def __init__(self, path: Path, writer: aiosqlite.Connection, reader: aiosqlite.Connection) -> None:
        self.path = path
        self._writer = writer
        self._reader = reader
        self._queue: asyncio.Queue[_Write | None] = asyncio.Queue(_LONGEST_QUEUE)
        self._closing = False
        self._task = asyncio.create_task(self._write_forever(), name="store-writer")

    @classmethod
    async def open(cls, path: Path) -> Self:
        """Opens the file, making or upgrading it.

        Raises:
            StoreError: it cannot be opened, is no database, or is of a newer program.

        """
        await asyncio.to_thread(prepare, path)
        writer = await aiosqlite.connect(path, isolation_level=None, timeout=_BUSY_TIMEOUT_S)
        reader = await aiosqlite.connect(path, isolation_level=None, timeout=_BUSY_TIMEOUT_S)
        for connection in (writer, reader):
            await connection.execute("PRAGMA foreign_keys = ON")
            await connection.execute("PRAGMA synchronous = NORMAL")
        await reader.execute("PRAGMA query_only = ON")
        reader.row_factory = sqlite3.Row
        return cls(path, writer, reader)

    async def close(self) -> None:
        """Commits every write handed over so far, then closes."""
        if self._closing:
            return
        self._closing = True
        await self._queue.put(None)
        await self._task
        await self._reader.close()
        await self._writer.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def waiting(self) -> int:
        """Writes that are not yet committed."""
        return self._queue.qsize()

    async def submit(self, statements: Sequence[Statement]) -> None:
        """Hands over a write; waits only while the queue is full."""
        await self._put(_Write(statements))

    async def write(self, statements: Sequence[Statement]) -> None:
        """Waits until the write is committed; raises `StoreError` when it cannot be."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        await self._put(_Write(statements, done))
        await done

    async def rows(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> list[sqlite3.Row]:
        """Reads, after every write handed over before has been committed."""
        await self.write([])
        return list(await self._reader.execute_fetchall(sql, parameters))

    async def row(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> sqlite3.Row | None:
        """The first of `rows`."""
        found = await self.rows(sql, parameters)
        return found[0] if found else None

    async def _put(self, write: _Write) -> None:
        if self._closing:
            raise StoreError("The database is closed; start Verse again.")
        await self._queue.put(write)

    async def _write_forever(self) -> None:
        closing = False
        while not closing:
            group = [await self._queue.get()]
            while len(group) < _LARGEST_GROUP and not self._queue.empty():
                group.append(self._queue.get_nowait())
            closing = None in group
            await self._commit([write for write in group if write is not None])

    async def _commit(self, group: list[_Write]) -> None:
        """Commits all in one transaction, or, if one of them is at fault, each in its own."""
        error = await self._transaction(group)
        if isinstance(error, sqlite3.Error) and error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
            error = await self._transaction(group)
        elif error is not None and len(group) > 1:
            for write in group:
                await self._commit([write])
            return
        for write in group:
            if error is not None:
                log.error("a write was lost: %s", error)
            if write.done is None or write.done.done():
                continue
            if error is None:
                write.done.set_result(None)
            else:
                write.done.set_exception(StoreError(f"The database refused to save this ({error})."))

    async def _transaction(self, group: list[_Write]) -> Exception | None:
        if not any(write.statements for write in group):
            return None
        try:
            await self._writer.execute("BEGIN IMMEDIATE")
            for write in group:
                for sql, rows in write.statements:
                    await self._writer.executemany(sql, rows)
            await self._writer.execute("COMMIT")
        except (sqlite3.Error, ValueError, OverflowError) as error:  # the latter two: what SQLite cannot hold
            if self._writer.in_transaction:
                await self._writer.execute("ROLLBACK")
            return error
        return None


def prepare(path: Path) -> int:
    """Makes or upgrades the file; returns the number of steps applied. Blocks."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path, isolation_level=None, timeout=_BUSY_TIMEOUT_S)
        try:
            path.chmod(0o600)
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # heeded by a database that is new
            connection.execute("PRAGMA journal_mode = WAL")
            return migrate(connection)
        finally:
            connection.close()
    except sqlite3.DatabaseError as error:
        raise StoreError(
            f"The database {path} cannot be opened ({error}); restore a backup with `verse restore FILE`,"
            " or move the file away to start afresh."
        ) from error
    except OSError as error:
        raise StoreError(
            f"The database {path} cannot be written ({error.strerror}); check its owner."
        ) from error


def tidy(path: Path) -> None:
    """Gives the room of deleted rows back to the system, but for a tenth of the file, in small steps. Blocks."""
    with closing(sqlite3.connect(path, isolation_level=None, timeout=_BUSY_TIMEOUT_S)) as connection:
        (mode,) = connection.execute("PRAGMA auto_vacuum").fetchone()
        while mode == _INCREMENTAL:
            (pages,) = connection.execute("PRAGMA page_count").fetchone()
            (free,) = connection.execute("PRAGMA freelist_count").fetchone()
            if free <= pages // 10:
                break
            connection.execute(f"PRAGMA incremental_vacuum({_PAGES_AT_A_TIME})").fetchall()
