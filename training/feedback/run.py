"""`verse train finetune --feedback`: from a file of feedback to a model directory, in minutes on a CPU."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from encoder.checkpoint import fingerprint, load_model, save_model
from index.vectors import load_vectors, save_vectors
from training.card import write_card
from training.commands import starting_model
from training.corpus import training_bible
from training.errors import FeedbackError, RunError
from training.examples import usual_examples
from training.feedback.evidence import Pair, pairs_of
from training.feedback.records import read_feedback
from training.feedback.task import GENTLE, FeedbackFinetuning
from training.finetune import Validation
from training.learned import VECTORS_FILE, load_learned
from training.loop import LoopConfig, train
from training.run import Run
from training.sampler import Sampler
from training.schedule import Budget
from training.setting_up import describe, device_for, sentence
from training.settings import TrainingSettings
from training.verse_table import VerseTable

MINUTES = 3.0
"""When nobody says how long; measured in docs/learning.md."""


@dataclass(frozen=True)
class Lessons:
    """What is learned from: the feedback, and the usual examples beside it."""

    pairs: Sequence[Pair]
    sampler: Sampler
    validation: Validation


def run_feedback(
    settings: TrainingSettings,
    feedback: Path,
    *,
    run: str | None,
    minutes: float | None,
    steps: int | None,
    start: str | None,
    topics_path: Path | None,
    wordnet: Path | None,
    seed: int,
    console: Console,
) -> None:
    """Reads the feedback, learns from it, and writes the model with the vectors of the one it came from."""
    if minutes is not None and steps is not None:
        raise RunError("Say how long to train: --minutes or --steps, not both.")
    origin = starting_model(settings, start)
    if origin is None:
        raise RunError("Feedback teaches a model that finds verses; it cannot start from scratch.")
    found = read_feedback(feedback)
    pairs = pairs_of(found.records)
    right = sum(pair.weight > 0 for pair in pairs)
    console.print(
        f"{len(found.records):,} votes may be used ({found.withheld:,} may not): {right:,} queries with a verse"
        f" that is right, {len(pairs) - right:,} with one that is wrong.",
        soft_wrap=True,
    )
    if not pairs:
        raise FeedbackError(
            f"There is nothing to learn in {feedback}; docs/learning.md says what is learned without consent."
        )
    device_for(settings)
    budget = Budget(steps=steps) if steps is not None else Budget(minutes=minutes or MINUTES)
    loop = LoopConfig(budget=budget, warmup_steps=20, seed=seed)
    # Not the file: a job that is resumed exports anew, and goes on with what was said since.
    description = describe("feedback", loop, GENTLE, origin)
    directory = Run(settings.runs / (run or f"feedback-{datetime.now(UTC):%Y%m%d-%H%M%S}"), description)
    sampler, validation = usual_examples(
        training_bible(settings), load_model(origin)[1], topics_path, wordnet, seed
    )
    loop = dataclasses.replace(loop, checkpoint_every_s=settings.checkpoint_every_s)
    measures = learn(settings, origin, Lessons(pairs, sampler, validation), directory, loop)
    console.print(f"{directory.model_dir}: {sentence(measures)}", soft_wrap=True)


def learn(
    settings: TrainingSettings, origin: Path, lessons: Lessons, directory: Run, loop: LoopConfig
) -> dict[str, float]:
    """Trains the model at `origin` further and exports it into the run; its measures on the validation queries.

    Raises:
        RunError: the model has no verse vectors, which stand still here.
    """
    learned = (
        load_vectors(origin / VECTORS_FILE, fingerprint(origin)) if (origin / VECTORS_FILE).exists() else {}
    )
    if not learned:
        raise RunError(f"{origin} has no verse vectors; `verse train finetune` makes a model that has.")
    encoder, tokenizer = load_model(origin)
    verse_ids = lessons.sampler.verse_ids
    table = VerseTable(len(verse_ids), encoder.config.hidden_size)
    load_learned(origin, table, verse_ids)
    task = FeedbackFinetuning(
        encoder.train(),
        table,
        tokenizer,
        lessons.sampler,
        lessons.validation,
        GENTLE,
        device=device_for(settings),
        pairs=lessons.pairs,
    )
    # Nothing to go back to: what people say may cost usual queries a little, and the gate weighs the two.
    train(task, directory, dataclasses.replace(loop, evaluate_every=1.0))
    measures = dict(task.evaluate())
    save_model(directory.model_dir, task.encoder.cpu(), tokenizer, write_card(directory.directory, measures))
    save_vectors(directory.model_dir / VECTORS_FILE, learned, fingerprint(directory.model_dir))
    return measures
