"""Does the worker stay the same over 100,000 requests, a fifth of which hang up half-way?

    python -m tests.bench.soak

Exits with 1 when its memory grows, when anything is left in its queue, or when an answer is wrong.
"""

import asyncio
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from prometheus_client.parser import text_string_to_metric_families
from rich.console import Console
from rich.progress import track
from rich.table import Table

from encoder.client import EncoderClient
from encoder.embedder import Embedder
from encoder.errors import EncoderBusy
from encoder.settings import EncoderSettings
from encoder.supervisor import WorkerProcess
from tests.bench.load import queries

CALLERS = 32
HANGS_UP = 0.2
MOST_GROWTH = 0.01
"""Of resident memory, from the middle on: 250 bytes lost by each of 100,000 requests would be as much."""
MARKS = 10
console = Console()


async def figures(client: EncoderClient) -> dict[str, float]:
    """The worker's gauges and counters without labels."""
    text = (await client.metrics()).decode()
    return {s.name: s.value for f in text_string_to_metric_families(text) for s in f.samples if not s.labels}


class Soak:
    """Callers that ask, check what they get, and sometimes hang up."""

    def __init__(self, client: EncoderClient, embedder: Embedder, seed: int) -> None:
        self._client = client
        self._texts = queries(500)
        self._expected = dict(zip(self._texts, embedder.embed(self._texts), strict=True))
        self._random = random.Random(seed)
        self.answered = self.hung_up = self.refused = self.wrong = 0

    async def ask(self, requests: int) -> None:
        """So many requests, from CALLERS callers."""
        left = iter(range(requests))
        await asyncio.gather(*(self._caller(left) for _ in range(CALLERS)))

    async def _caller(self, left: Iterator[int]) -> None:
        for _ in left:
            texts = self._random.sample(self._texts, self._random.choice((1, 1, 1, 4, 32)))
            patience = self._random.random() * 0.02 if self._random.random() < HANGS_UP else None
            try:
                async with asyncio.timeout(patience):
                    vectors = await self._client.embed(texts)
            except TimeoutError:
                self.hung_up += 1
            except EncoderBusy:
                self.refused += 1
            else:
                self.answered += 1
                self.wrong += not np.allclose(vectors, [self._expected[text] for text in texts], atol=1e-4)


async def run(model: Path | None, requests: int, seed: int) -> bool:
    """Whether all is well."""
    worker = WorkerProcess(EncoderSettings(model_dir=model, worker_cache_texts=100))
    await worker.start()
    table = Table("requests", "answered", "hung up", "refused", "wrong", "memory MB", "open files", "seconds")
    memory = []
    began = time.monotonic()
    try:
        async with worker.client(timeout_s=60) as client:
            soak = Soak(client, Embedder.load(model), seed)
            for mark in track(range(1, MARKS + 1), console=Console(stderr=True), description="Soaking"):
                await soak.ask(requests // MARKS)
                seen = await figures(client)
                memory.append(seen["process_resident_memory_bytes"])
                table.add_row(
                    *(
                        f"{n:,}"
                        for n in (mark * requests // MARKS, soak.answered, soak.hung_up, soak.refused)
                    ),
                    str(soak.wrong),
                    f"{memory[-1] / 1e6:.1f}",
                    f"{seen['process_open_fds']:.0f}",
                    f"{time.monotonic() - began:.0f}",
                )
            idle = await figures(client)
    finally:
        await worker.stop()
    console.print(table)
    # Means of three, because trimming makes it go up and down. Until every shape of batch has met every other,
    # malloc's arenas still grow: 609 MB after a tenth, 759 after half, 759 at the end.
    growth = np.mean(memory[-3:]) / np.mean(memory[4:7]) - 1
    waiting = idle["verse_encoder_queue_tokens"]
    console.print(f"In the second half memory grew by {growth:.1%}; {waiting:.0f} tokens are left waiting.")
    return bool(growth < MOST_GROWTH) and not soak.wrong and not waiting


def main(
    model: Annotated[
        Path | None, typer.Option(help="Model directory, by default the one that ships.")
    ] = None,
    requests: Annotated[int, typer.Option(help="How many in all.")] = 100_000,
    seed: int = 0,
) -> None:
    """Soak and judge."""
    sys.exit(not asyncio.run(run(model, requests, seed)))


if __name__ == "__main__":
    typer.run(main)
