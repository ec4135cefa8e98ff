"""What the commands of `verse train` do, apart from reading their options."""

from __future__ import annotations

import dataclasses
import zlib
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from encoder.checkpoint import TOKENIZER, default_model_dir, fingerprint, load_model, save_model
from encoder.model import Encoder
from encoder.model_store import current_model_dir
from encoder.tokenizer import Tokenizer
from training.allocator import keep_freed_memory
from training.card import write_card
from training.corpus import modern_queries, training_bible
from training.dataset import Dataset
from training.distributed import joined
from training.errors import RunError
from training.finetune import FinetuneConfig, Finetuning, Validation, start_from
from training.learned import load_learned, save_learned
from training.loop import LoopConfig, train
from training.prepare import prepare
from training.presets import PRESETS
from training.pretrain import PretrainConfig, Pretraining
from training.run import Run
from training.sampler import Sampler, Source
from training.schedule import Budget
from training.settings import TrainingSettings
from training.topics import load_topics
from training.verse_table import VerseTable
from training.wordnet import load_synonyms

SHARES = {Source.TRANSLATION: 0.5, Source.MODERN: 0.35, Source.TOPIC: 0.15}
CONTINUED = FinetuneConfig(embedding_learning_rate=1e-3, table_learning_rate=5e-4, layer_learning_rate=5e-4)
"""Embeddings and vectors that know something move a third as fast."""
SCRATCH = "scratch"
VALIDATION_SHARE = 50
"""One modern query in so many of a verse that has others is kept for validation."""


def prepare_dataset(
    settings: TrainingSettings,
    out: Path | None,
    tokenizer_path: Path | None,
    max_tokens: int,
    console: Console,
) -> None:
    """`verse train prepare`: write the dataset, print its card."""
    out = out or settings.data_dir / "dataset"
    dataset = prepare(training_bible(settings), _tokenizer(tokenizer_path), max_tokens=max_tokens)
    dataset.save(out)
    card = Table(title=f"Dataset {out}", show_header=False)
    for name, value in dataset.manifest.items():
        card.add_row(name.replace("_", " "), f"{value:,}" if isinstance(value, int) else str(value))
    console.print(card)


def run_pretraining(
    settings: TrainingSettings,
    *,
    run: str,
    preset: str,
    minutes: float | None,
    steps: int | None,
    dataset_dir: Path | None,
    tokenizer_path: Path | None,
    start: Path | None,
    learning_rate: float,
    mask_rate: float,
    seed: int,
    console: Console,
) -> None:
    """`verse train pretrain`: masked language modelling, then the model directory."""
    with joined(_device(settings)) as ranks:
        loop = _loop(minutes, steps, seed)
        config = PretrainConfig(learning_rate=learning_rate, mask_rate=mask_rate)
        with ranks.in_turn():
            directory = Run(settings.runs / run, _describe(preset, loop, config, start))
        dataset = Dataset.open(dataset_dir or settings.data_dir / "dataset")
        tokenizer = _tokenizer(tokenizer_path)
        if dataset.manifest["vocab_size"] != tokenizer.vocab_size:
            raise RunError("The dataset was made with another tokenizer; run `verse train prepare` again.")
        encoder = _encoder(preset, tokenizer, start, seed)
        task = Pretraining(encoder, dataset, config, seed=seed, ranks=ranks)
        train(task, directory, loop, ranks=ranks)
        if ranks.first:
            measures = dict(task.evaluate())
            card = write_card(directory.directory, measures)
            save_model(directory.model_dir, encoder.cpu(), tokenizer, card)
            console.print(f"{directory.model_dir}: {_sentence(measures)}")


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
    seed: int,
    console: Console,
) -> None:
    """`verse train finetune`: learn to find verses, then the model directory with its verse vectors."""
    device = _device(settings)
    loop = _loop(minutes, steps, seed)
    start_dir = _start_dir(settings, start)
    config = FinetuneConfig() if start_dir is None else CONTINUED
    name = run or f"finetune-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    directory = Run(settings.runs / name, _describe(preset, loop, config, start_dir))
    tokenizer = _tokenizer(tokenizer_path or (start_dir / TOKENIZER if start_dir else None))
    bible = training_bible(settings)
    training_queries, validation = _split(modern_queries().by_verse, bible.verse_ids)
    sampler = Sampler(
        bible,
        training_queries,
        [topic for topic in load_topics(topics_path) if not topic.held_out] if topics_path else [],
        tokenizer,
        SHARES,
        synonyms=load_synonyms(wordnet) if wordnet else {},
        rng=np.random.default_rng(seed),
    )
    encoder = _encoder(preset, tokenizer, start_dir, seed)
    table = VerseTable(len(bible.verse_ids), encoder.config.hidden_size)
    if start_dir:
        load_learned(start_dir, table, bible.verse_ids)
    task = Finetuning(encoder, table, tokenizer, sampler, validation, config, device=device)
    train(task, directory, loop)
    measures = dict(task.evaluate())
    save_model(directory.model_dir, encoder.cpu(), tokenizer, write_card(directory.directory, measures))
    save_learned(directory.model_dir, table, bible.verse_ids, modern_queries().by_verse)
    console.print(f"{directory.model_dir}: {_sentence(measures)}")


def _start_dir(settings: TrainingSettings, start: str | None) -> Path | None:
    """The model to start from; None for random weights."""
    if start == SCRATCH:
        return None
    return Path(start) if start else current_model_dir(settings.data_dir / "models")


def _split(
    queries: dict[int, tuple[str, ...]], verse_ids: np.ndarray[tuple[int], np.dtype[np.int32]]
) -> tuple[dict[int, list[str]], Validation]:
    """Training queries by verse, and validation queries of verses that keep others.

    By the query's hash, so that a query stays on its side when others are added and runs follow one another.
    """
    row_of = {int(verse): row for row, verse in enumerate(verse_ids)}
    training: dict[int, list[str]] = {}
    texts, rows = [], []
    for verse, of_verse in queries.items():
        if verse not in row_of:
            continue
        training[verse] = []
        for query in of_verse:
            if len(of_verse) > 1 and zlib.crc32(query.encode()) % VALIDATION_SHARE == 0:
                texts.append(query)
                rows.append(row_of[verse])
            else:
                training[verse].append(query)
    return training, Validation(texts, np.array(rows, dtype=np.int64))


def _encoder(preset: str, tokenizer: Tokenizer, start: Path | None, seed: int) -> Encoder:
    if preset not in PRESETS:
        raise RunError(f"There is no preset {preset}; there are {', '.join(PRESETS)}.")
    torch.manual_seed(seed)
    encoder = Encoder(dataclasses.replace(PRESETS[preset], vocab_size=tokenizer.vocab_size))
    if start:
        start_from(encoder, load_model(start)[0])
    return encoder.train()


def _tokenizer(path: Path | None) -> Tokenizer:
    return Tokenizer.load(path or default_model_dir() / TOKENIZER)


def _device(settings: TrainingSettings) -> torch.device:
    keep_freed_memory()
    if settings.threads:
        torch.set_num_threads(settings.threads)
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def _loop(minutes: float | None, steps: int | None, seed: int) -> LoopConfig:
    if (minutes is None) == (steps is None):
        raise RunError("Say how long to train: --minutes or --steps.")
    return LoopConfig(budget=Budget(minutes=minutes, steps=steps), seed=seed)


def _describe(preset: str, loop: LoopConfig, config: object, start: Path | None) -> dict[str, object]:
    assert dataclasses.is_dataclass(config)
    assert not isinstance(config, type)
    return {
        "preset": preset,
        "loop": dataclasses.asdict(loop),
        "task": dataclasses.asdict(config),
        "from": fingerprint(start) if start else None,
    }


def _sentence(measures: dict[str, float]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {value:.3f}" for name, value in measures.items())
