"""How many queries a second people get: the bot's own service with its worker, its log and nothing remembered.

    python -m tests.bench.serving

`VerseService.find` is what `/verse` calls. The load comes from the same process, which is the bot's; the encoder
is the process that the bot starts. Every query is asked once. Memory is both processes' at the end.
"""

import asyncio
import random
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from bot.service import Person, VerseService
from bot.settings import BotSettings
from index.settings import IndexSettings
from training.corpus import modern_queries

CALLERS = 1, 8, 64
SOMEBODY = Person(who="bench", source="console")


def resident_mb(pid: str) -> float:
    """Memory of a process (Linux)."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


def children() -> list[str]:
    """Processes that this one started (Linux)."""
    return [pid for path in Path("/proc/self/task").glob("*/children") for pid in path.read_text().split()]


async def measure(service: VerseService, asked: Sequence[str], callers: int) -> tuple[float, list[float]]:
    """Seconds for all the queries, and the milliseconds of each."""
    waiting, milliseconds = iter(asked), list[float]()

    async def caller() -> None:
        for query in waiting:
            begin = perf_counter()
            await service.find(query, SOMEBODY)
            milliseconds.append((perf_counter() - begin) * 1000)

    begin = perf_counter()
    await asyncio.gather(*(caller() for _ in range(callers)))
    return perf_counter() - begin, milliseconds


async def bench(data_dir: Path, count: int, rounds: int) -> None:
    """Prints the table; the medians of some rounds."""
    written = sorted({query for of_verse in modern_queries().by_verse.values() for query in of_verse})
    texts = iter(random.Random(0).sample(written, k=200 + count * rounds * len(CALLERS)))
    table = Table("callers", "queries/s", "p50 ms", "p95 ms", "p99 ms")
    async with VerseService.opened(BotSettings(data_dir=data_dir)) as service:
        assert await service.encoder.ready(60), await service.encoder.status()
        await measure(service, [next(texts) for _ in range(200)], 8)
        for callers in CALLERS:
            rates, quantiles = [], []
            for _ in range(rounds):
                seconds, milliseconds = await measure(service, [next(texts) for _ in range(count)], callers)
                rates.append(count / seconds)
                quantiles.append(np.percentile(milliseconds, (50, 95, 99)))
            p50, p95, p99 = np.median(quantiles, axis=0)
            table.add_row(str(callers), f"{np.median(rates):,.0f}", f"{p50:.1f}", f"{p95:.1f}", f"{p99:.1f}")
        bot, encoder = resident_mb("self"), sum(map(resident_mb, children()))
    console = Console()
    console.print(table)
    console.print(f"memory: bot and index {bot:,.0f} MB, encoder {encoder:,.0f} MB")


def main(
    count: Annotated[int, typer.Option(help="Queries in a round.")] = 500,
    rounds: Annotated[int, typer.Option(help="The medians of so many are printed.")] = 5,
) -> None:
    """Print the table; uses the index that serves, and a log of its own."""
    index = IndexSettings().index_dir
    with TemporaryDirectory() as directory:
        (Path(directory) / "index").symlink_to(index.resolve())
        asyncio.run(bench(Path(directory), count, rounds))


if __name__ == "__main__":
    typer.run(main)
