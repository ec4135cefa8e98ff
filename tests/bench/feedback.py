"""Ten million questions in the log: how large it is, how fast figures come, and whether writing slows searching.

    python -m tests.bench.feedback                       # needs an index (`make run`), 8 GB of disk, some minutes
    python -m tests.bench.feedback --rows 100000 --seconds 5

The rows are made by SQLite itself, without triggers and indexes, which are put back afterwards: what is measured
is the database that ten million calls of `QueryLog.log` would have left, not how long they take.
"""

import asyncio
import os
import random
import resource
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from bot.service import Person, VerseService
from bot.settings import BotSettings
from bot.store.database import prepare
from bot.store.ids import id_at, new_query_id, now_ms
from bot.store.queries import Asked
from index.settings import IndexSettings
from tests.bench.load import queries

_YEAR_MS = 365 * 86_400_000
_PEOPLE, _SERVERS, _WORDINGS = 200_000, 500, 4_000_000
_PERSON = "printf('%032x', (n * 2654435761) % :people)"
_VERSE = "1000000 + (1 + ({n} * 7 + {rank}) % 50) * 1000 + 1 + {n} % 16"  # of Genesis, 800 of them
_ROWS = f"""
WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < :rows)
INSERT INTO queries SELECT
    :first_id + (n * :step_ms << 21) + n % 2097152, :first_ms + n * :step_ms, {_PERSON},
    iif(n % 10, printf('%032x', (n * 40503) % :servers), NULL), 'discord',
    printf('What was it that he said about %d', (n * 2654435761) % :wordings), 'WEB', NULL, NULL,
    0.5 + n % 50 / 100.0, n % 3 > 0, NULL, 3.5, '{{"encode": 2.512, "words": 0.497, "meaning": 0.301}}',
    1, n / 7 % 5 = 0, printf('what was it that he said about %d', (n * 2654435761) % :wordings), 5
FROM numbers
"""
_RESULTS = f"""
WITH ranks (rank) AS (VALUES (1), (2), (3), (4), (5))
INSERT INTO results SELECT q.id, rank, {_VERSE.format(n="q.id", rank="rank")}, 1.0 / rank, 3
FROM queries q CROSS JOIN ranks
"""
# Every twentieth is rated, every hundredth corrected, every thirtieth leads to another verse.
_RATINGS = (
    "INSERT INTO ratings SELECT id, verse_id, who, iif(asked_at / 11 % 4, 1, -1), 'button', asked_at + 9000,"
    " asked_at / 11 % 5 = 0 FROM queries q JOIN results r ON r.query_id = q.id AND r.rank = 1 WHERE q.id % 20 = 0"
)
_CORRECTIONS = (
    "INSERT INTO corrections SELECT id, who, 1001001 + id % 16, asked_at + 20000, consent"
    " FROM queries WHERE id % 100 = 0"
)
_OPENINGS = (
    "INSERT INTO openings SELECT id, verse_id, who, asked_at + 5000, consent"
    " FROM queries q JOIN results r ON r.query_id = q.id AND r.rank = 2 WHERE q.id % 30 = 0"
)
_DAYS = """
INSERT INTO days (day, place, queries, up, down)
SELECT q.asked_at / 86400000, coalesce(q.place, ''), count(*), sum(r.value IS 1), sum(r.value IS -1)
FROM queries q LEFT JOIN ratings r ON r.query_id = q.id GROUP BY 1, 2
"""
_ASKERS = "INSERT INTO askers SELECT who, count(*) FROM queries GROUP BY who"


def fill(path: Path, rows: int) -> None:
    """Makes the database."""
    prepare(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -400000;"
            "PRAGMA foreign_keys = OFF; INSERT INTO versions VALUES (1, 'b1', 'f1', '0.1');"
        )
        with without_helpers(connection):
            first_ms = now_ms() - _YEAR_MS
            named = {
                "rows": rows,
                "first_id": id_at(first_ms),
                "first_ms": first_ms,
                "step_ms": _YEAR_MS // rows,
                "people": _PEOPLE,
                "servers": _SERVERS,
                "wordings": _WORDINGS,
            }
            connection.execute(_ROWS, named)
            for statement in (_RESULTS, _RATINGS, _CORRECTIONS, _OPENINGS, _DAYS, _ASKERS):
                connection.execute(statement)
        connection.execute("PRAGMA journal_mode = WAL")


@contextmanager
def without_helpers(connection: sqlite3.Connection) -> Iterator[None]:
    """Leaves triggers and indexes out while rows are put in."""
    helpers = connection.execute(
        "SELECT type, name, sql FROM sqlite_schema WHERE type IN ('trigger', 'index') AND sql IS NOT NULL"
    ).fetchall()
    for kind, name, _ in helpers:
        connection.execute(f"DROP {kind} {name}")
    yield
    for _, _, sql in helpers:
        connection.execute(sql)


async def time_stats(data_dir: Path) -> str:
    """What `verse feedback stats` takes, its start included: by the clock, and of a processor."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "feedback", "stats"),
        env=os.environ | {"VERSE_DATA_DIR": str(data_dir)},
        stdout=asyncio.subprocess.DEVNULL,
    )
    assert await process.wait() == 0
    seconds = time.perf_counter() - begun
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return f"{seconds:.2f} s ({cpu_s:.2f} s of a processor)"


def forget(path: Path) -> None:
    """Lets the system drop what it remembers of the file, as after a restart of the machine."""
    descriptor = os.open(path, os.O_RDONLY)
    os.fsync(descriptor)
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(descriptor)


async def search_latencies(service: VerseService, seconds: float, per_s: float) -> list[float]:
    """Milliseconds of searches that come at even intervals, whatever the one before took."""
    person = Person("bench", "console")
    texts = iter(random.Random(0).choices(queries(), k=int(seconds * per_s) + 1))
    begun = time.perf_counter()
    taken: list[float] = []

    async def one(text: str, due: float) -> None:
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        await service.find(text, person, keep=False)
        taken.append(1000 * (time.perf_counter() - due))

    async with asyncio.TaskGroup() as group:
        for number in range(int(seconds * per_s)):
            group.create_task(one(next(texts), begun + number / per_s))
    return taken


async def write_at(service: VerseService, per_s: int, stop: asyncio.Event) -> tuple[float, int]:
    """Logs real answers at that rate until told to stop; (writes a second, most that ever waited)."""
    person = Person("bench", "console")
    answer = await service.find("number my days", person, keep=False)
    begun, written, longest = time.perf_counter(), 0, 0
    while not stop.is_set():
        due = int((time.perf_counter() - begun) * per_s)
        for number in range(written, due):
            asked = Asked(
                new_query_id(), f"{number % 5_000:032x}", None, "console", f"number my days {number}", "WEB",
                None, None, False,
            )  # fmt: skip
            await service.store.queries.log(asked, answer.result)
        written = max(written, due)
        longest = max(longest, service.store.database.waiting)
        await asyncio.sleep(0.01)
    await service.store.database.write([])  # until the last of them is committed
    return written / (time.perf_counter() - begun), longest


async def bench(data_dir: Path, rows: int, seconds: float, searches_per_s: float) -> None:
    """Makes the database and prints what was measured."""
    console = Console()
    path = data_dir / "verse.sqlite3"
    begun = time.perf_counter()
    await asyncio.to_thread(fill, path, rows)
    size = path.stat().st_size
    console.print(
        f"{rows:,} questions: {size / 1e9:.2f} GB, {size / rows:,.0f} bytes each with five results,"
        f" made in {time.perf_counter() - begun:,.0f} s"
    )
    forget(path)
    cold = await time_stats(data_dir)
    warm = await time_stats(data_dir)
    console.print(f"verse feedback stats: {cold} with nothing of the file in memory, {warm} again")
    table = Table("", "p50 ms", "p95 ms", "p99 ms", "writes/s", "most waiting")
    async with VerseService.opened(BotSettings(_env_file=None, data_dir=data_dir)) as service:
        assert await service.encoder.ready(60), await service.encoder.status()
        await search_latencies(service, seconds, searches_per_s)  # until everything is in memory
        for name, rate in (("searching alone", 0), ("and 1,000 writes/s", 1_000), ("alone again", 0)):
            stop = asyncio.Event()
            writing = asyncio.create_task(write_at(service, rate, stop)) if rate else None
            taken = await search_latencies(service, seconds, searches_per_s)
            stop.set()
            quantiles = [f"{ms:.1f}" for ms in np.percentile(taken, (50, 95, 99))]
            written = await writing if writing else None
            table.add_row(
                name, *quantiles, *((f"{written[0]:,.0f}", f"{written[1]:,}") if written else ("", ""))
            )
    console.print(table)


def main(
    rows: Annotated[int, typer.Option(help="Questions in the log.")] = 10_000_000,
    seconds: Annotated[float, typer.Option(help="Of each part of the writing.")] = 60.0,
    searches_per_s: Annotated[float, typer.Option(help="Searches beside it.")] = 20.0,
    directory: Annotated[Path | None, typer.Option(help="Where the database may lie for so long.")] = None,
) -> None:
    """Print the figures; uses the index that serves, and a log of its own."""
    index = IndexSettings().index_dir
    with TemporaryDirectory(dir=directory) as temporary:
        (Path(temporary) / "index").symlink_to(index.resolve())
        asyncio.run(bench(Path(temporary), rows, seconds, searches_per_s))


if __name__ == "__main__":
    typer.run(main)
