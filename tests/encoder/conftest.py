from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import torch
from aiohttp import web

from encoder.client import EncoderClient
from encoder.embedder import Embedder
from encoder.settings import EncoderSettings
from encoder.worker import Worker
from tests.encoder.tiny import make_model


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def model_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="session")
def other_model_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("models") / "other", seed=1)


@pytest.fixture(scope="session")
def embedder(model_dir: Path) -> Embedder:
    return Embedder.load(model_dir, device="cpu", precision="float32")


class RunningWorker:
    """A worker in this process, on a real port."""

    def __init__(self, worker: Worker, url: str, secret: str | None) -> None:
        self.worker = worker
        self.url = url
        self.secret = secret

    def client(self, timeout_s: float = 10.0) -> EncoderClient:
        return EncoderClient(self.url, secret=self.secret, timeout_s=timeout_s)

    def metric(self, name: str, **labels: str) -> float:
        return self.worker.service.metrics.registry.get_sample_value(f"verse_encoder_{name}", labels) or 0.0


StartWorker = Callable[..., Awaitable[RunningWorker]]


@pytest.fixture
async def start_worker(model_dir: Path, tmp_path: Path) -> AsyncIterator[StartWorker]:
    """Starts workers with the given settings, loaded unless told otherwise, and stops them after the test."""
    async with AsyncExitStack() as stack:

        async def start(*, loaded: bool = True, **options: object) -> RunningWorker:
            given = {
                "data_dir": tmp_path,
                "model_dir": model_dir,
                "device": "cpu",
                "precision": "float32",
            } | options
            settings = EncoderSettings(_env_file=None, **given)  # type: ignore[arg-type]
            worker = Worker(settings)
            runner = web.AppRunner(worker.app, access_log=None, handler_cancellation=True, shutdown_timeout=1)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            if loaded:
                await worker.service.reload()
            secret = settings.encoder_secret.get_secret_value() if settings.encoder_secret else None
            return RunningWorker(worker, f"http://127.0.0.1:{runner.addresses[0][1]}", secret)

        yield start
