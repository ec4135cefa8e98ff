"""A real index over five whole books, a real worker with a small model, and a service over both."""

import json
import math
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from bot.service import Person, VerseService
from bot.settings import BotSettings
from encoder.checkpoint import save_model
from encoder.config import EncoderConfig
from encoder.embedder import Embedder
from encoder.model import Encoder
from encoder.tokenizer import Tokenizer
from index.bible import Bible, load_bible
from index.build import Sources, build_index

_BOOKS = {18, 19, 40, 43, 45}  # Job, Psalms, Matthew, John, Romans


def _make_model(model_dir: Path, texts: Sequence[str]) -> Path:
    """A transformer that is still the bag of embeddings it starts from, rare words longer: texts that share words
    are near, which is all the meaning that these tests need."""
    torch.manual_seed(0)
    tokenizer = Tokenizer.train(texts, vocab_size=4_000, min_frequency=1)
    config = EncoderConfig(
        vocab_size=tokenizer.vocab_size,
        hidden_size=64,
        layers=1,
        heads=2,
        feed_forward_size=64,
        positions="rotary",
    )
    counts = Counter(token for row in tokenizer.encode(list(texts)) for token in set(row))
    rarity = [math.log(len(texts) / (1 + counts[token])) for token in range(config.vocab_size)]
    encoder = Encoder(config)
    with torch.no_grad():
        encoder.embedding.weight *= torch.tensor(rarity)[:, None]
    save_model(model_dir, encoder, tokenizer, "A model for tests.\n")
    return model_dir


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with a model and an index of it; copy it rather than write to it."""
    data_dir = tmp_path_factory.mktemp("installed")
    whole = load_bible(("WEB", "KJV"))
    some = {
        code: replace(t, verses={v: text for v, text in t.verses.items() if v // 1_000_000 in _BOOKS})
        for code, t in whole.translations.items()
    }
    models = data_dir / "models"
    embedder = Embedder.load(_make_model(models / "small", list(some["WEB"].verses.values())), device="cpu")
    (models / "CURRENT").write_text("small\n", encoding="utf-8")
    build_index(data_dir / "index", Sources(Bible(some), {}, embedder))
    return data_dir


@pytest.fixture(scope="session")
def worker_url(installed: Path) -> Iterator[str]:
    """A worker in a process of its own that holds that model."""
    command = [sys.executable, "-m", "encoder", "worker", "--port", "0", "--supervised"]
    command += ["--model", str(installed / "models" / "small"), "--device", "cpu"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["url"]
        process.terminate()


@pytest.fixture
def data_dir(installed: Path, tmp_path: Path) -> Path:
    """A data directory of the test's own."""
    return Path(shutil.copytree(installed, tmp_path / "data"))


@pytest.fixture
def settings(data_dir: Path, worker_url: str) -> BotSettings:
    """Settings over that directory and the shared worker, whatever the environment says."""
    return BotSettings(_env_file=None, data_dir=data_dir, encoder_url=worker_url)


@pytest.fixture
async def service(settings: BotSettings) -> AsyncIterator[VerseService]:
    """An opened service whose encoder answers."""
    async with VerseService.opened(settings) as opened:
        assert await opened.encoder.ready(60)
        yield opened


@pytest.fixture
def ann(service: VerseService) -> Person:
    return Person(service.store.identity.person(1), "discord")


@pytest.fixture
def ben(service: VerseService) -> Person:
    return Person(service.store.identity.person(2), "discord")
