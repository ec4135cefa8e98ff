"""A sweep: every combination once, the best first, failures told, and on where it was left."""

import dataclasses
from pathlib import Path

import pytest
from matplotlib.image import imread
from rich.console import Console

from encoder.tokenizer import Tokenizer
from index.bible import Bible
from training.errors import RunError
from training.prepare import prepare
from training.pretrain_run import Length, Request
from training.settings import TrainingSettings
from training.sweep import RESULT, Trial, combinations, name_of, sweep
from training.sweep_report import draw_sweep, ranked

VALUES: dict[str, list[float]] = {"learning_rate": [1e-3, 1e-2, 1e30], "layers": [1, 2], "dropout": []}


@pytest.fixture
def shared(bible: Bible, tokenizer: Tokenizer, tmp_path: Path) -> Request:
    tokenizer.save(tmp_path / "tokenizer.json")
    dataset = prepare(bible, tokenizer, max_tokens=24)
    held_out = dataset.verse_ids == 19_090_014
    dataclasses.replace(dataset, held_out=held_out).save(tmp_path / "dataset")
    return Request(
        directory=tmp_path / "runs" / "sweep",
        preset="tiny",
        length=Length(steps=6),
        tokenizer_path=tmp_path / "tokenizer.json",
        dataset_dir=tmp_path / "dataset",
    )


def test_combinations_are_all_or_a_random_part() -> None:
    every = combinations(VALUES, None, seed=0)
    assert len(every) == len({name_of(combination) for combination in every}) == 6
    part = combinations(VALUES, 3, seed=0)
    assert len(part) == 3
    assert all(combination in every for combination in part)
    assert part == combinations(VALUES, 3, seed=0) != combinations(VALUES, 3, seed=1)


def test_trials_are_ranked_told_and_never_done_twice(shared: Request, tmp_path: Path) -> None:
    settings = TrainingSettings(data_dir=tmp_path)
    told: list[Trial] = []
    few = combinations({"learning_rate": [1e-3, 1e-2], "heads": [2, 7]}, None, seed=0)
    results = sweep(settings, shared, few, lambda _done, _count, trial: told.append(trial))
    assert len(told) == len(results) == 4
    good, failed = results[:2], results[2:]
    assert good[0].measures["held_out_loss"] <= good[1].measures["held_out_loss"]
    assert all("not a multiple of heads" in (trial.failure or "") for trial in failed)

    first = shared.directory / name_of(few[0])
    written = (first / RESULT).stat().st_mtime_ns
    more = combinations({"learning_rate": [1e-3, 2e-3], "heads": [2]}, None, seed=0)
    again = sweep(settings, shared, more, lambda *_: None)
    assert len(again) == 5, "what was measured before is ranked with what is new"
    assert (first / RESULT).stat().st_mtime_ns == written

    console = Console(width=200, record=True)
    console.print(ranked(again))
    table = console.export_text()
    assert table.index(f"{good[0].measures['held_out_loss']:.4f}") < table.index("not a multiple of heads")
    assert imread(draw_sweep(again, shared.directory)).shape[1] > 900


def test_a_trial_that_diverges_does_not_end_the_sweep(shared: Request, tmp_path: Path) -> None:
    wild = combinations({"learning_rate": [1e30, 1e-3]}, None, seed=0)
    best, worst = sweep(TrainingSettings(data_dir=tmp_path), shared, wild, lambda *_: None)
    assert best.settings == {"learning_rate": 1e-3}
    assert "lower the learning rate" in (worst.failure or "")


def test_a_sweep_of_another_length_needs_another_name(shared: Request, tmp_path: Path) -> None:
    settings = TrainingSettings(data_dir=tmp_path)
    sweep(settings, shared, [], lambda *_: None)
    with pytest.raises(RunError, match="--run"):
        sweep(settings, dataclasses.replace(shared, length=Length(steps=7)), [], lambda *_: None)
