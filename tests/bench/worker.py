"""How fast the worker is, and how much of the bare model's speed its callers get.

    python -m tests.bench.worker --model DIR

One process holds the model; this one is the load. Queries are real ones, and no vector is remembered.
"""

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import torch
import typer
from rich.console import Console
from rich.table import Table

from encoder.embedder import Embedder
from encoder.settings import EncoderSettings
from encoder.supervisor import WorkerProcess
from tests.bench.load import HEADINGS, Measured, many_callers, one_caller, pin

CONCURRENCIES = 1, 4, 16, 64, 256
console = Console()


@dataclass(frozen=True, slots=True)
class Plan:
    model: Path | None
    seconds: float
    size: int
    """Texts in a request."""
    cores: tuple[list[int], list[int]] | None
    """Of the load and of the worker; none to share all."""
    threads: int


def measure_bare(plan: Plan, size: int) -> Measured:
    """The model in this process, on the cores that the worker will have."""
    every_core = os.sched_getaffinity(0)
    if plan.cores:
        pin(os.getpid(), plan.cores[1])
    torch.set_num_threads(plan.threads)
    embedder = Embedder.load(plan.model)
    measured = one_caller(embedder.embed, size, plan.seconds)
    if plan.cores:
        pin(os.getpid(), list(every_core))
    return measured


async def measure_worker(plan: Plan, callers: int, *, batching: bool) -> Measured:
    """The worker under `callers` callers; without batching every text is a forward pass of its own."""
    settings = EncoderSettings(
        model_dir=plan.model,
        threads=plan.threads,
        worker_cache_texts=0,
        worker_max_queue_tokens=10**7,
        worker_max_batch_tokens=None if batching else 1,
    )
    worker = WorkerProcess(settings)
    await worker.start()
    try:
        assert worker.pid is not None
        if plan.cores:
            pin(os.getpid(), plan.cores[0])
            pin(worker.pid, plan.cores[1])
        async with worker.client(timeout_s=60) as client:
            return await many_callers(client.embed, callers, plan.size, plan.seconds, worker.pid)
    finally:
        await worker.stop()


def main(
    model: Annotated[
        Path | None, typer.Option(help="Model directory, by default the one that ships.")
    ] = None,
    seconds: Annotated[float, typer.Option(help="For each row.")] = 5.0,
    size: Annotated[int, typer.Option(help="Texts in a request.")] = 1,
    pinned: Annotated[bool, typer.Option(help="Give load and worker a core each.")] = True,
    threads: Annotated[int, typer.Option(help="Of the model.")] = 1,
    callers: Annotated[list[int] | None, typer.Option(help="How many at once; repeatable.")] = None,
    unbatched: Annotated[bool, typer.Option(help="Measure also without batching.")] = True,
) -> None:
    """Print the table."""
    cores = sorted(os.sched_getaffinity(0))
    split = (cores[:1], cores[1:2]) if pinned and len(cores) > 1 else None
    plan = Plan(model, seconds, size, split, threads)
    table = Table("", "callers", "batching", *HEADINGS, title=f"{size} texts a request, {len(cores)} cores")
    for group in sorted({size, 64 * size}):
        table.add_row(f"bare, {group} texts", "1", "", *measure_bare(plan, group).cells())
    for count in callers or CONCURRENCIES:
        for batching in (True, False) if unbatched else (True,):
            measured = asyncio.run(measure_worker(plan, count, batching=batching))
            table.add_row("worker", str(count), "on" if batching else "off", *measured.cells())
    console.print(table)


if __name__ == "__main__":
    typer.run(main)
