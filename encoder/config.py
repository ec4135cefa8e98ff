"""The shape of an encoder: every field of `config.json`, with its reason and source."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, Self

from encoder.errors import ModelDirectoryError

Positions = Literal["sinusoidal", "rotary"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderConfig:
    """A BERT-like encoder: pre-norm transformer, mean pooling, unit-length output.

    Sources: Vaswani et al. 2017 (arXiv:1706.03762) for the block and the sinusoids; Devlin et al. 2018
    (arXiv:1810.04805) for masked language modelling; Su et al. 2021 (arXiv:2104.09864) for rotary positions;
    Shazeer 2020 (arXiv:2002.05202) for the gated feed-forward.
    """

    vocab_size: int
    hidden_size: int
    layers: int
    """0 is the bag of embeddings: the baseline that every table compares with."""
    heads: int
    feed_forward_size: int
    max_tokens: int = 104
    """The article's limit; 99.9 % of verses are shorter, longer inputs are windowed by their caller."""
    positions: Positions = "sinusoidal"
    gated: bool = False
    """GeGLU instead of GELU: two thirds of the width for the same parameters."""
    biases: bool = True
    dropout: float = 0.143
    """The article's tuned value; 0 measured better for short CPU runs (training/LOG.md)."""

    def __post_init__(self) -> None:
        if self.layers and self.hidden_size % self.heads:
            raise ValueError(f"hidden_size {self.hidden_size} is not a multiple of heads {self.heads}")
        if self.layers and (self.hidden_size // self.heads) % 2:
            raise ValueError("the size of a head must be even")
        if self.hidden_size % 2:
            raise ValueError("hidden_size must be even: a sinusoid is a pair of sine and cosine")

    def save(self, path: Path) -> None:
        """Write as JSON with sorted keys, so that equal configurations are equal files."""
        path.write_text(json.dumps(asdict(self), indent=2, sort_keys=True) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read `config.json`; raises ModelDirectoryError when it is missing or not a configuration."""
        try:
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, TypeError, ValueError) as error:
            raise ModelDirectoryError(f"{path} is not an encoder configuration: {error}") from error
