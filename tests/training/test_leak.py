"""Memory stays flat over many epochs, and the telemetry would show at once if it did not."""

import dataclasses
from pathlib import Path
from statistics import median

import numpy as np
import torch

from encoder.model import Encoder
from encoder.tokenizer import Tokenizer
from index.bible import Bible
from training.flops import peak_flops
from training.loop import Lesson, LoopConfig, train
from training.metrics import read_metrics
from training.prepare import prepare
from training.presets import TINY
from training.pretrain import PretrainConfig, Pretraining
from training.run import Run
from training.schedule import Budget

EPOCHS = 30
GROWTH_MB = 2.0
"""Between two thirds of a run: allocators keep a little more as they go, a leak of a batch does not hide."""


class Leaky(Pretraining):
    """Keeps two megabytes of every step, as who keeps a loss with its graph does."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.kept: list[np.ndarray[tuple[int], np.dtype[np.float64]]] = []

    def lesson(self, rng: np.random.Generator) -> Lesson:
        self.kept.append(np.ones(2**18))
        return super().lesson(rng)


def growth_mb(kind: type[Pretraining], bible: Bible, tokenizer: Tokenizer, directory: Path) -> float:
    """How much more memory the last third of 30 epochs holds than the second."""
    dataset = prepare(bible, tokenizer, max_tokens=24)
    torch.manual_seed(0)
    encoder = Encoder(dataclasses.replace(TINY.encoder, vocab_size=tokenizer.vocab_size))
    task = kind(encoder, dataset, PretrainConfig(tokens_per_batch=80), seed=0)
    steps = EPOCHS * task.steps_per_epoch
    run = Run(directory, {})
    peak_flops(torch.device("cpu"))  # measured once for all runs, and slow without oneDNN
    # oneDNN keeps a compiled product for each of the last 1,024 shapes: it would look like a leak for 40 epochs.
    enabled, *_ = torch.backends.mkldnn.set_flags(False)  # type: ignore[no-untyped-call]
    try:
        train(task, run, LoopConfig(budget=Budget(steps=steps), log_every=1), quiet=True)
    finally:
        torch.backends.mkldnn.set_flags(enabled)  # type: ignore[no-untyped-call]
    records = read_metrics(run.directory / "metrics.jsonl")
    assert records[-1]["epoch"] == EPOCHS - 1
    memory = [record["memory_mb"] for record in records if "memory_mb" in record]
    third = len(memory) // 3
    return float(median(memory[-third:]) - median(memory[third:-third]))


def test_memory_is_flat_over_thirty_epochs(bible: Bible, tokenizer: Tokenizer, run_dir: Path) -> None:
    assert growth_mb(Pretraining, bible, tokenizer, run_dir) < GROWTH_MB


def test_a_leak_is_seen(bible: Bible, tokenizer: Tokenizer, run_dir: Path) -> None:
    assert growth_mb(Leaky, bible, tokenizer, run_dir) > 2 * GROWTH_MB
