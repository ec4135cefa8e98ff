"""What a run says of itself is true: gradients, work, memory, and what a kill made untrue is not read."""

import dataclasses
import json
import math
import mmap
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from encoder.model import Encoder, MaskedLanguageHead
from encoder.tokenizer import Tokenizer
from index.bible import Bible
from training.flops import encoder_flops, head_flops, peak_flops
from training.loop import LoopConfig, train
from training.memory import memory_mb
from training.metrics import Record, read_metrics
from training.prepare import prepare
from training.presets import PRESETS
from training.pretrain import PretrainConfig, Pretraining
from training.run import Run
from training.schedule import Budget

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def records(bible: Bible, tokenizer: Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> list[Record]:
    """The lines of a run of six steps, two a line."""
    torch.manual_seed(0)
    dataset = prepare(bible, tokenizer, max_tokens=24)
    dataset = dataclasses.replace(dataset, held_out=np.arange(len(dataset)) % 4 == 0)
    shape = dataclasses.replace(
        PRESETS["small"].encoder,
        vocab_size=tokenizer.vocab_size,
        hidden_size=32,
        heads=2,
        feed_forward_size=48,
    )
    task = Pretraining(Encoder(shape), dataset, PretrainConfig(), seed=0)
    run = Run(tmp_path_factory.mktemp("run"), {})
    train(
        task,
        run,
        LoopConfig(budget=Budget(steps=6), log_every=1, clip_norm=1e-3, evaluate_every=1.0),
        quiet=True,
    )
    return read_metrics(run.directory / "metrics.jsonl")


def test_a_line_tells_everything_that_the_report_draws(records: list[Record]) -> None:
    start, *lines, end = records
    assert str(start["peak_source"]).startswith("measured")
    assert len(lines) == 6
    for line in lines:
        assert line["clipped_share"] == 1.0
        assert 0 < line["mfu"] < 1
        assert 0 < line["memory_mb"] < line["peak_memory_mb"] + 8  # the kernel counts the two in batches
        assert line["bits_per_byte"] < line["loss"]
    assert end["held_out_bits_per_byte"] < end["held_out_loss"]


def test_the_layers_norms_add_up_to_the_whole(records: list[Record]) -> None:
    for line in records[1:-1]:
        layers = line["layers"]
        assert isinstance(layers, dict)
        assert {"embedding", "block 0", "block 1", "block 2", "head"} == set(layers)
        assert math.hypot(*layers.values()) == pytest.approx(line["grad_norm"], rel=1e-4)


@pytest.mark.parametrize("preset", ["article", "small"])
def test_the_counted_work_is_what_torch_counts(preset: str) -> None:
    config = dataclasses.replace(
        PRESETS[preset].encoder, vocab_size=200, hidden_size=48, heads=2, feed_forward_size=64
    )
    encoder, head = Encoder(config), MaskedLanguageHead(config)
    token_ids = torch.ones((3, 17), dtype=torch.int64)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        vectors = encoder(token_ids, torch.ones_like(token_ids, dtype=torch.bool))
        head(vectors[:, 0], encoder.embedding.weight)
    counted = encoder_flops(config, np.full(3, 17)) + head_flops(config, 3)
    assert counted == counter.get_total_flops()


def test_the_peak_is_above_what_a_product_reaches_again() -> None:
    peak = peak_flops(CPU)
    assert peak.flops > 1e9
    assert "1024 x 1024" in peak.source


def test_memory_that_is_taken_is_seen_at_once() -> None:
    before = memory_mb(CPU)["memory_mb"]
    # Mapped by hand: what malloc does with freed memory is training.allocator's affair.
    with mmap.mmap(-1, 64 * 2**20) as taken:
        taken.write(b"1" * len(taken))
        assert memory_mb(CPU)["memory_mb"] > before + 50


def test_lines_that_a_kill_made_untrue_are_not_read(tmp_path: Path) -> None:
    lines = [
        {"resumed_at": 0},
        {"step": 2, "loss": 5.0},
        {"step": 4, "loss": 4.0},
        {"step": 6, "loss": 3.0},
        {"resumed_at": 4},
        {"step": 6, "loss": 2.5},
    ]
    path = tmp_path / "metrics.jsonl"
    path.write_text("\n".join(map(json.dumps, lines[:4])) + '\n{"step": 8, "lo\n', encoding="utf-8")
    with path.open("a", encoding="utf-8") as file:
        file.write("\n".join(map(json.dumps, lines[4:])) + "\n")
    assert [(r["step"], r["loss"]) for r in read_metrics(path) if "loss" in r] == [
        (2, 5.0),
        (4, 4.0),
        (6, 2.5),
    ]


def test_a_line_cut_short_does_not_swallow_the_next(run_dir: Path) -> None:
    Run(run_dir, {}).log({"step": 1})
    with (run_dir / "metrics.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"step": 2, "lo')
    Run(run_dir, {}).log({"step": 3})
    assert [record["step"] for record in read_metrics(run_dir / "metrics.jsonl")] == [1, 3]
