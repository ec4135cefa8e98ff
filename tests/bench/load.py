"""Load for benchmarks: real queries, callers that ask again as soon as they are answered, and what it took them."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

import numpy as np

QUERIES = Path(__file__).parents[2] / "training" / "data" / "modern_queries_01.tsv"
HEADINGS = "texts/s", "p50 ms", "p95 ms", "p99 ms", "CPU ms a text"


@dataclass(frozen=True, slots=True)
class Measured:
    """Calls of `texts` texts each, made within `seconds`."""

    texts: int
    seconds: float
    latencies_ms: Sequence[float]
    cpu_s: float
    """Processor time of whoever computed: unlike the clock, it does not mind what else the machine does."""

    @property
    def texts_per_s(self) -> float:
        return self.texts * len(self.latencies_ms) / self.seconds

    @property
    def cpu_ms_per_text(self) -> float:
        return 1000 * self.cpu_s / (self.texts * len(self.latencies_ms))

    def quantile_ms(self, q: float) -> float:
        return float(np.quantile(self.latencies_ms, q))

    def cells(self) -> list[str]:
        """For a table with HEADINGS."""
        quantiles = (f"{self.quantile_ms(q):.2f}" for q in (0.5, 0.95, 0.99))
        return [f"{self.texts_per_s:,.0f}", *quantiles, f"{self.cpu_ms_per_text:.3f}"]


def queries(count: int = 2000) -> list[str]:
    """Queries as people type them."""
    lines = QUERIES.read_text(encoding="utf-8").splitlines()
    return [line.partition("\t")[2] for line in islice(lines, count)]


def groups(size: int) -> Iterator[list[str]]:
    """Queries in groups of `size`, without end."""
    texts = cycle(queries())
    while True:
        yield list(islice(texts, size))


def one_caller(call: Callable[[list[str]], object], size: int, seconds: float) -> Measured:
    """A plain function, called again and again."""
    latencies: list[float] = []
    for group in islice(source := groups(size), 5):
        call(group)
    began, cpu = time.perf_counter(), time.process_time()
    for group in source:
        start = time.perf_counter()
        call(group)
        end = time.perf_counter()
        latencies.append(1000 * (end - start))
        if end - began > seconds:
            return Measured(size, end - began, latencies, time.process_time() - cpu)
    raise AssertionError("groups never end")


async def many_callers(
    call: Callable[[list[str]], Awaitable[object]], callers: int, size: int, seconds: float, pid: int
) -> Measured:
    """A coroutine function, answered by process `pid`, called by `callers` at once after a warm-up."""
    latencies: list[float] = []
    source = groups(size)

    async def caller(end: float) -> None:
        while (start := time.perf_counter()) < end:
            await call(next(source))
            latencies.append(1000 * (time.perf_counter() - start))

    for duration in (seconds / 5, seconds):
        latencies.clear()
        began, cpu = time.perf_counter(), cpu_s(pid)
        await asyncio.gather(*(caller(began + duration) for _ in range(callers)))
    return Measured(size, time.perf_counter() - began, latencies, cpu_s(pid) - cpu)


def cpu_s(pid: int) -> float:
    """Processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def pin(pid: int, cores: Sequence[int]) -> None:
    """Keep a process and its threads on these cores, where the system can."""
    if hasattr(os, "sched_setaffinity"):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            os.sched_setaffinity(int(thread.name), cores)
