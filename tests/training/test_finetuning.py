"""Fine-tuning: from half-remembered queries to the right verse, and on after any interruption."""

import dataclasses
import os
import signal
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from encoder.config import EncoderConfig
from encoder.model import Encoder
from encoder.tokenizer import Tokenizer, pad
from index.bible import Bible
from training.errors import Diverged, RunError, Stopped
from training.examples import split_validation
from training.finetune import FinetuneConfig, Finetuning, Validation, start_from
from training.loop import Lesson, LoopConfig, train
from training.run import Run
from training.sampler import Sampler, Source
from training.schedule import Budget
from training.topics import Topic
from training.verse_table import VerseTable

MODERN = {19_090_012: ["make every day count"], 43_011_035: ["jesus cried at a funeral"]}
TOPICS = [Topic("love", ((43_003_016, 43_003_016, 9), (45_008_038, 45_008_038, 3)))]
SHARES = {Source.TRANSLATION: 0.5, Source.MODERN: 0.3, Source.TOPIC: 0.2}


def sampler(bible: Bible, tokenizer: Tokenizer) -> Sampler:
    return Sampler(
        bible, MODERN, TOPICS, tokenizer, SHARES, synonyms={"wept": ["cried"]}, rng=np.random.default_rng(0)
    )


def encoder(vocab_size: int, layers: int) -> Encoder:
    torch.manual_seed(1)
    return Encoder(
        EncoderConfig(
            vocab_size=vocab_size, hidden_size=32, layers=layers, heads=2, feed_forward_size=64, dropout=0.0
        )
    )


class StoppedError(Exception):
    """Stands for whatever ends a process between two steps."""


class Learner(Finetuning):
    """The real task, on eight verses, that may end before a step."""

    def __init__(
        self, bible: Bible, tokenizer: Tokenizer, *, layers: int = 1, stop_at: int | None = None
    ) -> None:
        rows = {int(verse): row for row, verse in enumerate(bible.verse_ids)}
        torch.manual_seed(2)
        super().__init__(
            encoder(tokenizer.vocab_size, layers),
            VerseTable(len(bible.verse_ids), 32),
            tokenizer,
            sampler(bible, tokenizer),
            Validation(["number our days", "god so loved"], np.array([rows[19_090_012], rows[43_003_016]])),
            FinetuneConfig(batch_size=32, embedding_learning_rate=3e-2, table_learning_rate=1e-2),
            device=torch.device("cpu"),
        )
        self._steps_left = stop_at

    def lesson(self, rng: np.random.Generator) -> Lesson:
        if self._steps_left is not None:
            if self._steps_left == 0:
                raise StoppedError
            self._steps_left -= 1
        return super().lesson(rng)


def config(steps: int, **changes: Any) -> LoopConfig:
    fast = LoopConfig(budget=Budget(steps=steps), warmup_steps=2, log_every=5)
    return dataclasses.replace(fast, **changes)


@pytest.mark.parametrize("layers", [0, 1])
def test_learns_to_find_verses(bible: Bible, tokenizer: Tokenizer, run_dir: Path, layers: int) -> None:
    learner = Learner(bible, tokenizer, layers=layers)
    train(learner, Run(run_dir, {}), config(80))
    assert learner.evaluate()["validation_success_at_1"] == 1.0


def test_a_transformer_starts_as_the_bag_it_is_made_from(tokenizer: Tokenizer) -> None:
    bag, transformer = encoder(tokenizer.vocab_size, 0), encoder(tokenizer.vocab_size, 2)
    start_from(transformer, bag)
    token_ids, attention_mask = map(
        torch.from_numpy, pad(tokenizer.encode(["jesus wept", "number our days"]))
    )
    with torch.no_grad():
        assert torch.allclose(
            transformer.embed(token_ids, attention_mask), bag.embed(token_ids, attention_mask), atol=1e-6
        )


def test_examples_are_about_their_verses(bible: Bible, tokenizer: Tokenizer) -> None:
    batch = sampler(bible, tokenizer).draw(400, np.random.default_rng(0))
    assert len(batch.token_ids) == len(batch.verse_rows) == 400
    words_of = {
        row: set(
            tokenizer.encode(
                [" ".join([*bible.texts(int(verse)).values(), *MODERN.get(int(verse), ()), "love"])]
            )[0]
        )
        for row, verse in enumerate(bible.verse_ids)
    }
    shared = [
        len(set(ids.tolist()) & words_of[row]) / len(set(ids.tolist()))
        for ids, row in zip(batch.token_ids, batch.verse_rows.tolist(), strict=True)
    ]
    # Misspelt and exchanged words are in no verse; the rest must be.
    assert np.mean(shared) > 0.85


def test_a_resumed_run_equals_one_that_was_never_stopped(
    bible: Bible, tokenizer: Tokenizer, tmp_path: Path
) -> None:
    whole, halved = Learner(bible, tokenizer), Learner(bible, tokenizer, stop_at=6)
    train(whole, Run(tmp_path / "whole", {}), config(12))

    with pytest.raises(StoppedError):
        train(halved, Run(tmp_path / "halved", {}), config(12, checkpoint_every_s=0.0))
    resumed = Learner(bible, tokenizer)
    train(resumed, Run(tmp_path / "halved", {}), config(12))
    for name, parameter in whole.encoder.state_dict().items():
        assert torch.equal(parameter, resumed.encoder.state_dict()[name]), name
    assert torch.equal(whole.table.vectors, resumed.table.vectors)


def test_sigterm_saves_and_stops(bible: Bible, tokenizer: Tokenizer, run_dir: Path) -> None:
    run = Run(run_dir, {})
    timer = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGTERM))
    timer.start()
    with pytest.raises(Stopped, match="same command"):
        train(Learner(bible, tokenizer), run, config(1_000_000))
    assert run.load_checkpoint() is not None


def test_divergence_is_said_and_the_checkpoint_stands(
    bible: Bible, tokenizer: Tokenizer, run_dir: Path
) -> None:
    run = Run(run_dir, {})
    broken = Learner(bible, tokenizer)
    train(broken, run, config(3))
    with torch.no_grad():
        broken.encoder.embedding.weight.fill_(float("nan"))
    fresh = Run(run_dir.parent / "fresh", {})
    with pytest.raises(Diverged, match="learning rate"):
        train(broken, fresh, config(6))
    state = run.load_checkpoint()
    assert state is not None
    assert state["step"] == 3


def test_a_damaged_newest_checkpoint_falls_back_to_the_one_before(
    bible: Bible, tokenizer: Tokenizer, run_dir: Path
) -> None:
    run = Run(run_dir, {})
    train(Learner(bible, tokenizer), run, config(4, checkpoint_every_s=0.0))
    newest = run.checkpoints()[-1]
    newest.write_bytes(newest.read_bytes()[:1000])
    state = run.load_checkpoint()
    assert state is not None
    assert state["step"] == 3


def test_another_configuration_does_not_go_on_with_this_run(run_dir: Path) -> None:
    Run(run_dir, {"layers": 1})
    with pytest.raises(RunError, match="--run"):
        Run(run_dir, {"layers": 2})


class Overfitting(Learner):
    """Measures worse at every look but the second."""

    def __init__(self, *args: Any, worse: float, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.worse = worse
        self.looks: list[Tensor] = []

    def evaluate(self) -> dict[str, float]:
        self.looks.append(self.table.vectors.detach().clone())
        return {"validation_mrr": 0.9 if len(self.looks) == 2 else 0.9 - self.worse}


@pytest.mark.parametrize(("worse", "kept"), [(0.1, 1), (0.005, -1)])
def test_weights_that_measured_clearly_better_are_kept(
    bible: Bible, tokenizer: Tokenizer, run_dir: Path, worse: float, kept: int
) -> None:
    task = Overfitting(bible, tokenizer, worse=worse)
    train(task, Run(run_dir, {}), config(5, evaluate_every=0.2))
    assert len(task.looks) == 5, "after each fifth, and not twice at the end"
    assert not torch.equal(task.looks[1], task.looks[-1])
    assert torch.equal(task.table.vectors, task.looks[kept])


def test_a_query_never_changes_sides_when_others_are_added_after_it() -> None:
    verse_ids = np.arange(1_001_001, 1_003_001, dtype=np.int32)
    before = {int(v): tuple(f"{v} {i}" for i in range(int(v) % 3)) for v in verse_ids}
    after = {v: (*queries, f"{v} more", f"{v} most") for v, queries in before.items()}
    old_training, _ = split_validation(before, verse_ids)
    training, validation = split_validation(after, verse_ids)
    assert 50 < len(validation.queries) < 200
    learned = {query for queries in old_training.values() for query in queries}
    assert learned.isdisjoint(validation.queries)
    kept = {query for queries in training.values() for query in queries}
    assert kept.isdisjoint(validation.queries)
    assert len(kept) + len(validation.queries) == sum(map(len, after.values()))
