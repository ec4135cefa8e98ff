"""Named shapes, each with the rates that suit it.

`article` is the engineer's encoder as he wrote it; the others change what measured better (training/LOG.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from encoder.config import EncoderConfig

VOCAB_SIZE = 12_288
"""Tokens of the shipped vocabulary: whole words for all but rare names, at 4.7 MB of int8 embeddings."""

PRESETS: Mapping[str, EncoderConfig] = MappingProxyType(
    {
        "bag": EncoderConfig(
            vocab_size=VOCAB_SIZE, hidden_size=384, layers=0, heads=6, feed_forward_size=0, dropout=0.0
        ),
        "tiny": EncoderConfig(
            vocab_size=VOCAB_SIZE, hidden_size=64, layers=1, heads=2, feed_forward_size=128, dropout=0.0
        ),
        "small": EncoderConfig(
            vocab_size=VOCAB_SIZE,
            hidden_size=384,
            layers=3,
            heads=6,
            feed_forward_size=1024,
            positions="rotary",
            gated=True,
            biases=False,
            dropout=0.0,
        ),
        "article": EncoderConfig(
            vocab_size=VOCAB_SIZE,
            hidden_size=768,
            layers=11,
            heads=12,
            feed_forward_size=3072,
            max_tokens=104,
            positions="sinusoidal",
            gated=False,
            biases=True,
            dropout=0.143,
        ),
    }
)
