"""Is anything lost when a replica under Ray Serve is killed while queries run?

    pip install -e '.[ray]'
    python -m tests.bench.ray_serve --model DIR

Two CPU replicas, callers that check every vector, and a kill -9 of one replica's process in the middle.
"""

import asyncio
import os
import signal
import sys
from collections import Counter
from pathlib import Path
from typing import Annotated

import numpy as np
import ray
import typer
from ray import serve
from rich.console import Console

from encoder.client import EncoderClient
from encoder.embedder import Embedder
from encoder.errors import EncoderError
from tests.bench.load import queries

CALLERS = 16
console = Console()


def replicas() -> list[int]:
    """Process ids of the replicas that run; Ray writes what a process is into its command line."""
    commands = {path.parent.name: path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline")}
    return [int(pid) for pid, command in commands.items() if command.startswith(b"ray::ServeReplica")]


async def load(url: str, embedder: Embedder, seconds: float) -> Counter[str]:
    """What callers got while a replica was killed half-way."""
    texts = queries(200)
    expected = dict(zip(texts, embedder.embed(texts), strict=True))
    outcomes: Counter[str] = Counter()
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds

    async with EncoderClient(url, timeout_s=30) as client:

        async def caller(number: int) -> None:
            while loop.time() < end:
                text = texts[(number + sum(outcomes.values())) % len(texts)]
                try:
                    vectors = await client.embed([text], model=embedder.fingerprint)
                except EncoderError as error:
                    outcomes[str(error)] += 1
                else:
                    right = np.allclose(vectors[0], expected[text], atol=1e-4)
                    outcomes["right" if right else "wrong"] += 1

        async def killer() -> None:
            await asyncio.sleep(seconds / 3)
            victim = (await asyncio.to_thread(replicas))[0]
            os.kill(victim, signal.SIGKILL)
            console.print(f"Killed replica {victim} after {outcomes['right']:,} answers.")

        await asyncio.gather(killer(), *(caller(number) for number in range(CALLERS)))
    return outcomes


def main(
    model: Annotated[
        Path | None, typer.Option(help="Model directory, by default the one that ships.")
    ] = None,
    seconds: Annotated[float, typer.Option(help="Of load.")] = 30.0,
) -> None:
    """Exit with 1 when an answer was lost or wrong."""
    os.environ |= {"VERSE_RAY_REPLICAS": "2", "VERSE_RAY_MAX_REPLICAS": "2", "OMP_NUM_THREADS": "1"}
    if model is not None:
        os.environ["VERSE_MODEL_DIR"] = str(model.resolve())
    ray.init(
        num_cpus=4,
        include_dashboard=False,
        runtime_env={"env_vars": {k: v for k, v in os.environ.items() if k.startswith(("VERSE_", "OMP_"))}},
    )
    from deploy.ray_serve import app

    serve.run(app)
    try:
        outcomes = asyncio.run(load("http://127.0.0.1:8000", Embedder.load(model), seconds))
        console.print(dict(outcomes))
        console.print(f"Replicas alive at the end: {len(replicas())}.")
    finally:
        serve.shutdown()
        ray.shutdown()
    sys.exit(outcomes.keys() != {"right"})


if __name__ == "__main__":
    typer.run(main)
