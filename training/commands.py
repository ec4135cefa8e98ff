"""What the commands of `verse train` do, apart from reading their options."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

from encoder.checkpoint import CONFIG, TOKENIZER, default_model_dir, fingerprint, save_model
from encoder.config import EncoderConfig
from encoder.model_store import current_model_dir
from index.bible import load_bible
from training.article_split import TRANSLATIONS, prepare_article
from training.card import write_card
from training.corpus import modern_queries, training_bible
from training.distill import Distilling, Teacher, check_one_vocabulary
from training.distributed import process_count
from training.errors import RunError
from training.examples import usual_examples
from training.finetune import FinetuneConfig, Finetuning
from training.learned import VECTORS_FILE, load_learned, save_learned
from training.loop import LoopConfig, train
from training.prepare import prepare
from training.presets import preset_named
from training.run import Run
from training.schedule import Budget
from training.setting_up import describe, device_for, fresh_encoder, sentence, tokenizer_at
from training.settings import TrainingSettings
from training.verse_table import VerseTable

LANGUAGE = FinetuneConfig(embedding_learning_rate=1e-3)
"""From a language model: embeddings that know something move a third as fast."""
CONTINUED = FinetuneConfig(embedding_learning_rate=1e-3, table_learning_rate=5e-4)
"""From a verse finder: vectors that know something move half as fast, too."""
MEASURED_WIDTH = 384
"""The hidden size that the layers' rate was measured with."""
SCRATCH = "scratch"
CURRENT = "current"


def prepare_dataset(
    settings: TrainingSettings,
    out: Path | None,
    tokenizer_path: Path | None,
    max_tokens: int,
    split: str,
    console: Console,
) -> None:
    """`verse train prepare`: write the dataset, print its card."""
    out = out or settings.data_dir / "dataset"
    tokenizer = tokenizer_at(tokenizer_path)
    if split == "article":
        dataset = prepare_article(load_bible(TRANSLATIONS), tokenizer, max_tokens=max_tokens)
    else:
        dataset = prepare(training_bible(settings), tokenizer, max_tokens=max_tokens)
    dataset.save(out)
    card = Table(title=f"Dataset {out}", show_header=False)
    for name, value in dataset.manifest.items():
        card.add_row(name.replace("_", " "), f"{value:,}" if isinstance(value, int) else str(value))
    console.print(card)


def run_finetuning(
    settings: TrainingSettings,
    *,
    run: str | None,
    preset: str,
    minutes: float | None,
    steps: int | None,
    tokenizer_path: Path | None,
    start: str | None,
    topics_path: Path | None,
    wordnet: Path | None,
    teacher: Path | None,
    seed: int,
    console: Console,
) -> None:
    """`verse train finetune`: learn to find verses, then the model directory with its verse vectors."""
    if process_count() > 1:
        raise RunError("Fine-tuning is work for one process; only pretraining runs under torchrun.")
    device = device_for(settings)
    if (minutes is None) == (steps is None):
        raise RunError("Say how long to train: --minutes or --steps.")
    loop = LoopConfig(budget=Budget(minutes=minutes, steps=steps), seed=seed)
    start_dir = starting_model(settings, start)
    shape = preset_named(preset).encoder
    config = _config(start_dir, shape)
    name = run or f"finetune-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    description = describe(preset, loop, config, start_dir)
    tokenizer_path = tokenizer_path or (start_dir or default_model_dir()) / TOKENIZER
    if teacher:
        check_one_vocabulary(tokenizer_path, teacher)
        description["teacher"] = fingerprint(teacher)
    directory = Run(settings.runs / name, description)
    tokenizer = tokenizer_at(tokenizer_path)
    bible = training_bible(settings)
    sampler, validation = usual_examples(bible, tokenizer, topics_path, wordnet, seed)
    encoder = fresh_encoder(shape, tokenizer, start_dir, seed)
    table = VerseTable(len(bible.verse_ids), encoder.config.hidden_size)
    if start_dir:
        load_learned(start_dir, table, bible.verse_ids)
    learner = (
        partial(Distilling, teacher=Teacher(teacher, bible.verse_ids, device)) if teacher else Finetuning
    )
    task = learner(encoder, table, tokenizer, sampler, validation, config, device=device)
    train(task, directory, dataclasses.replace(loop, checkpoint_every_s=settings.checkpoint_every_s))
    measures = dict(task.evaluate())
    save_model(directory.model_dir, encoder.cpu(), tokenizer, write_card(directory.directory, measures))
    learned = table.vectors.detach().float().cpu().numpy()
    save_learned(directory.model_dir, learned, bible.verse_ids, modern_queries().by_verse)
    console.print(f"{directory.model_dir}: {sentence(measures)}", soft_wrap=True)


def _config(start: Path | None, shape: EncoderConfig) -> FinetuneConfig:
    """Rates for what the starting model knows; wide layers learn more slowly (muP, arXiv:2203.03466, table 3)."""
    config = FinetuneConfig()
    if start and (start / VECTORS_FILE).exists():
        config = CONTINUED
    elif start and EncoderConfig.load(start / CONFIG).layers:
        config = LANGUAGE
    rate = config.layer_learning_rate * min(1.0, MEASURED_WIDTH / shape.hidden_size)
    return dataclasses.replace(config, layer_learning_rate=rate)


def starting_model(settings: TrainingSettings, start: str | None) -> Path | None:
    """The model to start from; None for random weights."""
    if start == SCRATCH:
        return None
    return Path(start) if start and start != CURRENT else current_model_dir(settings.data_dir / "models")
