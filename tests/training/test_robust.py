"""Whatever happens to a run, it loses at most its interval, and says in a sentence what to do."""

import os
import random
import signal
import socket
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch

from encoder.tokenizer import Tokenizer
from index.bible import Bible
from tests.training.processes import Verse, start
from training.metrics import read_metrics
from training.prepare import prepare

STEPS = 45
KILLS = 6


class Place:
    """A data directory with a dataset, and the command line that trains in it."""

    def __init__(self, directory: Path, bible: Bible, tokenizer: Tokenizer) -> None:
        self.directory = directory
        tokenizer.save(directory / "tokenizer.json")
        prepare(bible, tokenizer, max_tokens=24).save(directory / "dataset")

    def pretrain(
        self,
        run: str,
        *,
        steps: int = STEPS,
        largest_file: int | None = None,
        env: Mapping[str, str] | None = None,
    ) -> Verse:
        arguments = f"train pretrain --preset tiny --run {run} --steps {steps} --mask-rate 0.3 --tokenizer"
        return start(
            [*arguments.split(), str(self.directory / "tokenizer.json")],
            self.directory / f"{run}.log",
            env={"VERSE_DATA_DIR": str(self.directory), "VERSE_CHECKPOINT_EVERY_S": "0", **(env or {})},
            largest_file=largest_file,
        )

    def step(self, run: str) -> int:
        """The last step that a checkpoint holds."""
        names = [path.stem for path in (self.directory / "runs" / run).glob("checkpoint-*.pt")]
        return max((int(name.rpartition("-")[2]) for name in names), default=0)

    def weights(self, run: str) -> dict[str, torch.Tensor]:
        """Of the last checkpoint."""
        directory = self.directory / "runs" / run
        path = max(directory.glob("checkpoint-*.pt"))
        modules = torch.load(path, weights_only=True)["modules"]
        return {f"{m}.{name}": tensor for m, state in modules.items() for name, tensor in state.items()}


@pytest.fixture(scope="module")
def place(bible: Bible, tokenizer: Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> Place:
    return Place(tmp_path_factory.mktemp("data"), bible, tokenizer)


@pytest.fixture(scope="module")
def whole(place: Place) -> Place:
    """With a run, `whole`, that nothing happened to."""
    verse = place.pretrain("whole")
    assert verse.ended() == 0, verse.printed
    return place


def test_a_run_that_is_killed_again_and_again_ends_as_one_that_never_was(whole: Place) -> None:
    moments = random.Random(0)
    for kill in range(KILLS):
        before = whole.step("killed")
        assert before >= kill * 2, "a kill lost more than the step in flight"
        verse = whole.pretrain("killed")
        verse.wait_until(lambda before=before: whole.step("killed") >= before + moments.randint(2, 5))  # type: ignore[misc]
        verse.process.kill()
        assert verse.ended() == -signal.SIGKILL
    verse = whole.pretrain("killed")
    assert verse.ended() == 0, verse.printed
    expected = whole.weights("whole")
    for name, tensor in whole.weights("killed").items():
        assert torch.equal(tensor, expected[name]), name
    steps = [r["step"] for r in read_metrics(whole.directory / "runs/killed/metrics.jsonl") if "loss" in r]
    assert steps == sorted(set(steps)), "every step is told once"


def test_sigterm_saves_says_so_and_ends_with_143(place: Place) -> None:
    verse = place.pretrain("stopped", steps=100_000, env={"VERSE_CHECKPOINT_EVERY_S": "3600"})
    metrics = place.directory / "runs/stopped/metrics.jsonl"
    verse.wait_until(lambda: metrics.exists() and '"step": 20' in metrics.read_text(encoding="utf-8"))
    assert place.step("stopped") == 0, "nothing is saved before the interval is over"
    assert verse.process.pid is not None
    os.kill(verse.process.pid, signal.SIGTERM)
    assert verse.ended() == 128 + signal.SIGTERM
    assert f"Stopped at step {place.step('stopped')}, and saved in" in verse.printed
    assert "the same command goes on from there" in verse.printed
    assert place.step("stopped") >= 20


def test_a_full_disk_is_said_and_the_checkpoint_before_it_stands(place: Place) -> None:
    verse = place.pretrain("full", steps=100_000)
    verse.wait_until(lambda: place.step("full") >= 3)
    assert verse.process.pid is not None
    os.kill(verse.process.pid, signal.SIGTERM)
    verse.ended()
    saved, weights = place.step("full"), place.weights("full")

    verse = place.pretrain("full", steps=100_000, largest_file=100_000)
    assert verse.ended() == 1
    assert f"The checkpoint at step {saved + 1} could not be written" in verse.printed
    assert "the one before stands" in verse.printed
    assert "Traceback" not in verse.printed
    assert place.step("full") == saved
    assert all(torch.equal(tensor, weights[name]) for name, tensor in place.weights("full").items())
    left = sorted(path.name for path in (place.directory / "runs/full").iterdir())
    assert not [name for name in left if name.endswith(".writing")]


def test_a_dataset_that_is_missing_or_of_another_vocabulary_is_refused(
    place: Place, bible: Bible, tmp_path: Path
) -> None:
    other = Place(tmp_path, bible, Tokenizer.train(["a few other words"] * 3, 40))
    (tmp_path / "tokenizer.json").write_bytes((place.directory / "tokenizer.json").read_bytes())
    verse = other.pretrain("refused")
    assert verse.ended() == 1
    assert "another tokenizer; run `verse train prepare` again" in verse.printed

    (tmp_path / "dataset" / "manifest.json").unlink()
    verse = other.pretrain("refused-too")
    assert verse.ended() == 1
    assert "is not a prepared dataset" in verse.printed
    assert not (tmp_path / "runs").exists()


def test_two_processes_learn_what_one_does_from_the_same_batches(whole: Place) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    torchrun = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    both = [
        whole.pretrain("two", env={**torchrun, "RANK": str(rank), "LOCAL_RANK": str(rank)})
        for rank in range(2)
    ]
    for verse in both:
        assert verse.ended() == 0, verse.printed
    start_of_two = read_metrics(whole.directory / "runs/two/metrics.jsonl")[0]
    assert start_of_two["processes"] == 2
    one, two = (
        [(r["step"], r["loss"]) for r in read_metrics(path) if "loss" in r]
        for path in (whole.directory / f"runs/{run}/metrics.jsonl" for run in ("whole", "two"))
    )
    assert [step for step, _ in one] == [step for step, _ in two]
    assert [loss for _, loss in one] == pytest.approx([loss for _, loss in two], rel=2e-3)
    for name, tensor in whole.weights("two").items():
        # bf16 products of half the rows are rounded elsewhere.
        assert np.allclose(tensor, whole.weights("whole")[name], atol=2e-3), name
