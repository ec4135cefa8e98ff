"""Faults for real: kill -9, hangs, orphans, signals, against worker processes."""

import asyncio
import json
import os
import signal
import socket
import sys
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from encoder.cli import app
from encoder.client import EncoderClient
from encoder.embedder import Embedder
from encoder.errors import EncoderUnavailable
from encoder.settings import EncoderSettings
from encoder.supervisor import WorkerProcess
from tests.encoder.tiny import VERSES
from tests.encoder.waiting import eventually

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals")


@pytest.fixture(autouse=True)
def _few_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


@pytest.fixture
def settings(tmp_path: Path, model_dir: Path) -> EncoderSettings:
    return EncoderSettings(
        _env_file=None,
        data_dir=tmp_path,
        model_dir=model_dir,
        device="cpu",
        precision="float32",
        worker_cache_texts=0,
    )


@pytest.fixture
async def worker(settings: EncoderSettings) -> AsyncIterator[WorkerProcess]:
    worker = WorkerProcess(settings, health_every_s=0.1, health_timeout_s=1.0)
    await worker.start()
    yield worker
    await worker.stop()


def listens(url: str) -> bool:
    """Whether a process accepts connections there."""
    try:
        socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=1).close()
    except OSError:
        return False
    return True


async def test_killed_under_load_and_hung_it_comes_back_at_the_same_place(
    worker: WorkerProcess, embedder: Embedder
) -> None:
    expected = dict(zip(VERSES, embedder.embed(VERSES), strict=True))
    outcomes: Counter[str] = Counter()
    done = asyncio.Event()

    async with worker.client(timeout_s=2.0) as client:

        async def caller(text: str) -> None:
            while not done.is_set():
                try:
                    vectors = await client.embed([text], model=embedder.fingerprint)
                except EncoderUnavailable:
                    outcomes["unavailable"] += 1
                    await asyncio.sleep(0.01)  # what the bot does meanwhile: answer by words
                else:
                    np.testing.assert_allclose(vectors[0], expected[text], atol=1e-5)
                    outcomes["answered"] += 1

        async with asyncio.TaskGroup() as callers:
            for text in VERSES:
                callers.create_task(caller(text))
            for deaths, signal_ in ((1, signal.SIGKILL), (2, signal.SIGSTOP)):
                answered = outcomes["answered"]
                await eventually(lambda: outcomes["answered"] > answered + 100)  # noqa: B023
                first, url = worker.pid, worker.url
                assert first is not None
                os.kill(first, signal_)
                await eventually(lambda: worker.restarts == deaths and worker.pid not in (None, first))  # noqa: B023
                answered = outcomes["answered"]
                await eventually(lambda: outcomes["answered"] > answered + 100)  # noqa: B023
                assert worker.url == url
            done.set()
    assert outcomes["unavailable"] > 0
    await worker.stop()
    assert worker.pid is None
    assert not listens(worker.url)


async def test_a_model_that_cannot_be_loaded_is_one_sentence(
    settings: EncoderSettings, tmp_path: Path
) -> None:
    worker = WorkerProcess(settings.model_copy(update={"model_dir": tmp_path / "nothing"}))
    with pytest.raises(EncoderUnavailable, match=r"nothing.*cannot be read"):
        await worker.start()
    assert worker.pid is None


PARENT = """
import asyncio, sys
from encoder.settings import EncoderSettings
from encoder.supervisor import WorkerProcess

async def main():
    worker = WorkerProcess(EncoderSettings())
    await worker.start()
    print(worker.url, worker.pid, flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


@pytest.mark.parametrize("worker_is_stuck", [False, True])
async def test_no_orphan_when_the_parent_is_killed(
    settings: EncoderSettings, monkeypatch: pytest.MonkeyPatch, worker_is_stuck: bool
) -> None:
    if worker_is_stuck and sys.platform != "linux":
        pytest.skip("only Linux kills a stuck child with its parent")
    monkeypatch.setenv("VERSE_MODEL_DIR", str(settings.model_dir))
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PARENT, stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    async with asyncio.timeout(60):
        url, pid = (await parent.stdout.readline()).decode().split()
    assert listens(url)
    if worker_is_stuck:
        os.kill(int(pid), signal.SIGSTOP)
    parent.kill()
    await parent.wait()
    await eventually(lambda: not listens(url))


async def start_alone(**variables: str) -> tuple[asyncio.subprocess.Process, dict[str, str]]:
    """A worker as a supervisor would start it, without one; what it says when ready."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "encoder", "worker", "--supervised", "--port", "0"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | variables,
    )
    assert process.stdout is not None
    async with asyncio.timeout(60):
        return process, json.loads(await process.stdout.readline())


async def test_signals_and_the_lifeline(tmp_path: Path, model_dir: Path, other_model_dir: Path) -> None:
    """SIGHUP reloads; SIGTERM lets the answers in progress finish; the pipe's end ends the worker by itself."""
    models = tmp_path / "models"
    models.mkdir()
    for name, target in (("first", model_dir), ("second", other_model_dir)):
        (models / name).symlink_to(target)
    (models / "CURRENT").write_text("first")
    variables = {"VERSE_DATA_DIR": str(tmp_path), "VERSE_WORKER_CACHE_TEXTS": "0", "VERSE_DEVICE": "cpu"}
    (process, event), (lone, lone_event) = await asyncio.gather(
        start_alone(**variables), start_alone(**variables)
    )

    assert lone.stdin is not None
    lone.stdin.close()
    assert await asyncio.wait_for(lone.wait(), 20) == 0
    assert not listens(lone_event["url"])

    async with EncoderClient(event["url"], timeout_s=20) as client:
        (models / "CURRENT").write_text("second")
        process.send_signal(signal.SIGHUP)
        async with asyncio.timeout(20):
            while (await client.health()).fingerprint == event["fingerprint"]:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        asking = asyncio.create_task(client.embed([" ".join(VERSES)] * 256, kind="document"))
        async with asyncio.timeout(20):
            while not await forward_passes(client):  # noqa: ASYNC110
                await asyncio.sleep(0.005)
        process.terminate()
        assert len(await asking) == 256
    assert await asyncio.wait_for(process.wait(), 20) == 0


async def forward_passes(client: EncoderClient) -> bool:
    """Whether the worker waits for or computes something."""
    body = await client.metrics()
    return any(
        line.startswith(("verse_encoder_queue_tokens ", "verse_encoder_batch_requests_count "))
        and float(line.split()[1]) > 0
        for line in body.decode().splitlines()
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--host", "0.0.0.0"], "set VERSE_ENCODER_SECRET"),
        (["--port", "70000"], "less than or equal to 65535"),
        (["--device", "abacus"], "'auto', 'cpu' or 'cuda'"),
    ],
)
def test_a_wrong_option_is_one_sentence(arguments: list[str], sentence: str) -> None:
    run = CliRunner().invoke(app, ["worker", *arguments])
    assert run.exit_code == 1
    assert sentence in " ".join(run.stderr.split())


def test_a_taken_port_is_one_sentence(monkeypatch: pytest.MonkeyPatch, model_dir: Path) -> None:
    monkeypatch.setenv("VERSE_MODEL_DIR", str(model_dir))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        run = CliRunner().invoke(app, ["worker", "--port", port])
    assert run.exit_code == 1
    assert f"cannot listen on 127.0.0.1:{port}" in " ".join(run.stderr.split())
