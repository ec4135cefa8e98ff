"""What every kind of run needs before it can start: a tokenizer, a device, an encoder, a description of itself."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import torch

from encoder.checkpoint import TOKENIZER, default_model_dir, fingerprint, load_model
from encoder.config import EncoderConfig
from encoder.model import Encoder
from encoder.tokenizer import Tokenizer
from training.allocator import keep_freed_memory
from training.finetune import start_from
from training.loop import LoopConfig
from training.settings import TrainingSettings


def tokenizer_at(path: Path | None) -> Tokenizer:
    """The one at `path`, or the one that ships."""
    return Tokenizer.load(path or default_model_dir() / TOKENIZER)


def device_for(settings: TrainingSettings) -> torch.device:
    """A GPU if there is one; else the CPU, with as many threads as the settings say."""
    if settings.threads:
        torch.set_num_threads(settings.threads)
    if torch.cuda.is_available():
        return torch.device("cuda")
    keep_freed_memory()
    return torch.device("cpu")


def fresh_encoder(shape: EncoderConfig, tokenizer: Tokenizer, start: Path | None, seed: int) -> Encoder:
    """An encoder of this shape for this vocabulary, with what the model at `start` can lend it."""
    torch.manual_seed(seed)
    encoder = Encoder(dataclasses.replace(shape, vocab_size=tokenizer.vocab_size))
    if start:
        start_from(encoder, load_model(start)[0])
    return encoder.train()


def describe(preset: str, loop: LoopConfig, config: object, start: Path | None) -> dict[str, object]:
    """What a run directory is known by: a resume with anything else is refused."""
    assert dataclasses.is_dataclass(config)
    assert not isinstance(config, type)
    return {
        "preset": preset,
        "loop": dataclasses.asdict(loop),
        "task": dataclasses.asdict(config),
        "from": fingerprint(start) if start else None,
    }


def sentence(measures: Mapping[str, float]) -> str:
    """Measures for people."""
    return ", ".join(f"{name.replace('_', ' ')} {value:.3f}" for name, value in measures.items())
