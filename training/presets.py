"""Named shapes, each with the pretraining that suits it.

`article` is the engineer's encoder as he wrote it; the others change what measured better (training/LOG.md) or,
where only a GPU could tell, what the field agrees on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from encoder.config import EncoderConfig
from training.errors import RunError
from training.loop import LoopConfig
from training.pretrain import PretrainConfig
from training.schedule import Budget

VOCAB_SIZE = 12_288
"""Tokens of the shipped vocabulary: whole words for all but rare names, at 4.7 MB of int8 embeddings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A shape, and how it learns the language. Fine-tuning uses the shape alone."""

    encoder: EncoderConfig
    pretrain: PretrainConfig = field(default_factory=lambda: PretrainConfig(learning_rate=2e-3))
    """A small model takes twelve times the article's rate (measured; training/LOG.md)."""
    warmup_steps: int = 100
    betas: tuple[float, float] = (0.9, 0.98)
    """RoBERTa's and NomicBERT's second beta; with BERT's 0.999 a loss spike is remembered ten times as long."""
    epochs: float | None = None
    """How long pretraining takes unless told otherwise."""

    def loop(self, budget: Budget, seed: int) -> LoopConfig:
        """The loop of pretraining."""
        return LoopConfig(budget=budget, warmup_steps=self.warmup_steps, betas=self.betas, seed=seed)


BAG = Preset(
    encoder=EncoderConfig(
        vocab_size=VOCAB_SIZE, hidden_size=384, layers=0, heads=6, feed_forward_size=0, dropout=0.0
    )
)
"""No layers at all: the baseline of every table."""

TINY = Preset(
    encoder=EncoderConfig(
        vocab_size=VOCAB_SIZE, hidden_size=64, layers=1, heads=2, feed_forward_size=128, dropout=0.0
    )
)
"""For trying things out."""

SMALL = Preset(
    encoder=EncoderConfig(
        vocab_size=VOCAB_SIZE,
        hidden_size=384,
        layers=3,
        heads=6,
        feed_forward_size=1024,
        positions="rotary",
        gated=True,
        biases=False,
        dropout=0.0,
    )
)
"""The one that ships: a query takes a few milliseconds of a laptop's CPU."""

BASE = Preset(
    encoder=EncoderConfig(
        vocab_size=VOCAB_SIZE,
        hidden_size=768,
        layers=11,
        heads=12,
        feed_forward_size=2048,  # gated: as many weights as 3,072 without
        positions="rotary",
        gated=True,
        biases=False,
        dropout=0.0,  # Cramming (arXiv:2212.14034): none while the data is not repeated for long
    ),
    # NomicBERT's rate for this size, and the masking rate of ModernBERT, MosaicBERT and NomicBERT.
    pretrain=PretrainConfig(learning_rate=5e-4, mask_rate=0.30, tokens_per_batch=65_536),
    warmup_steps=200,
)
"""The article's size with what small shapes and the field found better; needs a GPU."""

ARTICLE = Preset(
    encoder=EncoderConfig(
        vocab_size=30_522,  # of bert-base-uncased; ours has as many tokens of its own
        hidden_size=768,
        layers=11,
        heads=12,
        feed_forward_size=3072,
        max_tokens=104,  # 90 words of a window, and what WordPiece splits
        positions="sinusoidal",
        gated=False,  # GELU
        biases=True,
        dropout=0.143,  # his search's best
    ),
    pretrain=PretrainConfig(
        mask_rate=0.22,  # his code's; his text and BERT say 15 %
        learning_rate=1.7e-4,  # his search's best
        weight_decay=0.0,  # Adam; his code gives it AdamW's 0.01
        texts_per_batch=64,  # windows: what his GPU held
    ),
    warmup_steps=12_420,
    betas=(0.9, 0.999),  # Adam's own
    epochs=280,
)
"""The article's encoder: https://github.com/toranb/encoder-search, lib/example/encoder.ex. Clipping at 1.0 and bf16
are every preset's; masks are drawn afresh where he drew them once. With `verse train prepare --split article`."""

PRESETS: Mapping[str, Preset] = MappingProxyType(
    {"bag": BAG, "tiny": TINY, "small": SMALL, "base": BASE, "article": ARTICLE}
)


def preset_named(name: str) -> Preset:
    """One of PRESETS; raises RunError."""
    if name not in PRESETS:
        raise RunError(f"There is no preset {name}; there are {', '.join(PRESETS)}.")
    return PRESETS[name]
