"""How fast the worker is, and how much of the bare model's speed its callers get.

    python -m tests.bench.worker [--peer]

One process holds the model; this one is the load, on a core of its own when there are two. Queries are real ones,
and no vector is remembered. `--peer` (extra `peers`) measures all-MiniLM-L6-v2 through sentence-transformers too,
bare and behind the same shell. On a machine that does other things read the last column: a worker is as good as its
model when a text costs it as much processor time as it costs the bare model.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import torch
import typer
from rich.console import Console
from rich.table import Table

from encoder.client import EncoderClient
from encoder.embedder import Embedder
from encoder.settings import EncoderSettings
from encoder.supervisor import WorkerProcess
from tests.bench.load import HEADINGS, Measured, many_callers, one_caller, pin

CONCURRENCIES = 1, 4, 16, 64, 256
console = Console()


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure."""

    model: Path | None
    seconds: float
    size: int
    """Texts in a request."""
    threads: int
    cores: list[int] = field(default_factory=lambda: sorted(os.sched_getaffinity(0)))

    @property
    def for_load(self) -> list[int]:
        """Cores of this process while it is the load."""
        return self.cores[:1]

    @property
    def for_model(self) -> list[int]:
        """Cores of whoever holds the model."""
        return self.cores[1 : 1 + self.threads] or self.cores

    def environment(self, *, batching: bool) -> EncoderSettings:
        """Settings of a worker that remembers nothing and refuses nobody."""
        return EncoderSettings(
            model_dir=self.model,
            threads=self.threads,
            worker_cache_texts=0,
            worker_max_queue_tokens=10**7,
            worker_max_batch_tokens=None if batching else 1,
        )


def measure_bare(plan: Plan, size: int, *, peer: bool) -> Measured:
    """The model in this process, on the cores that the worker will have."""
    pin(os.getpid(), plan.for_model)
    torch.set_num_threads(plan.threads)
    if peer:
        from tests.bench.peer_worker import Peer

        return one_caller(Peer().embed, size, plan.seconds)
    return one_caller(Embedder.load(plan.model).embed, size, plan.seconds)


@asynccontextmanager
async def our_worker(plan: Plan, *, batching: bool) -> AsyncIterator[tuple[EncoderClient, int]]:
    """A client of a worker that runs, and its process id."""
    worker = WorkerProcess(plan.environment(batching=batching))
    await worker.start()
    try:
        assert worker.pid is not None
        async with worker.client(timeout_s=60) as client:
            yield client, worker.pid
    finally:
        await worker.stop()


@asynccontextmanager
async def peer_worker(plan: Plan, *, batching: bool) -> AsyncIterator[tuple[EncoderClient, int]]:
    """The same for the peer."""
    values = plan.environment(batching=batching).model_dump(exclude_none=True) | {"worker_port": 0}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.peer_worker"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | {f"VERSE_{name.upper()}": str(value) for name, value in values.items()},
    )
    assert process.stdout is not None
    try:
        url = (await process.stdout.readline()).decode().strip()
        async with EncoderClient(url, timeout_s=60) as client:
            yield client, process.pid
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def measure_served(plan: Plan, callers: int, *, batching: bool, peer: bool) -> Measured:
    """A worker under `callers` callers; without batching every text is a forward pass of its own."""
    async with (peer_worker if peer else our_worker)(plan, batching=batching) as (client, pid):
        pin(os.getpid(), plan.for_load)
        pin(pid, plan.for_model)
        return await many_callers(client.embed, callers, plan.size, plan.seconds, pid)


def main(
    model: Annotated[
        Path | None, typer.Option(help="Model directory, by default the one that ships.")
    ] = None,
    seconds: Annotated[float, typer.Option(help="For each row.")] = 5.0,
    size: Annotated[int, typer.Option(help="Texts in a request.")] = 1,
    threads: Annotated[int, typer.Option(help="Of the model, each on a core of its own.")] = 1,
    callers: Annotated[list[int] | None, typer.Option(help="How many at once; repeatable.")] = None,
    unbatched: Annotated[bool, typer.Option(help="Measure also without batching.")] = True,
    peer: Annotated[bool, typer.Option("--peer", help="Measure sentence-transformers too.")] = False,
) -> None:
    """Print the table."""
    plan = Plan(model, seconds, size, threads)
    table = Table("", "callers", "batching", *HEADINGS)
    table.title = f"{size} texts a request; {threads} of {len(plan.cores)} cores for the model"
    for name, is_peer in (("ours", False), ("MiniLM", True)) if peer else (("ours", False),):
        for group in sorted({size, 64 * size}):
            table.add_row(
                f"{name}, bare, {group} texts", "1", "", *measure_bare(plan, group, peer=is_peer).cells()
            )
        for count in callers or CONCURRENCIES:
            for batching in (True, False) if unbatched else (True,):
                measured = asyncio.run(measure_served(plan, count, batching=batching, peer=is_peer))
                table.add_row(f"{name}, served", str(count), "on" if batching else "off", *measured.cells())
    console.print(table)


if __name__ == "__main__":
    typer.run(main)
