"""Masked language modelling: which tokens are hidden, and behind what (Devlin et al. 2018, section 3.1).

Masks are drawn afresh every time a text is seen (RoBERTa, arXiv:1907.11692); the article drew them once.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from encoder.tokenizer import MASK_ID, SPECIAL_TOKENS


class Masked(NamedTuple):
    """A batch with hidden tokens.

    Attributes:
        token_ids: (B, T) int64, what the encoder reads.
        positions: (B, T) bool, what it has to predict.
        labels: (N,) int64, the true tokens there, in row-major order.
    """

    token_ids: Tensor
    positions: Tensor
    labels: Tensor


def mask_tokens(
    token_ids: Tensor,
    attention_mask: Tensor,
    *,
    rate: float,
    vocab_size: int,
    generator: torch.Generator,
) -> Masked:
    """Hide a share of the real tokens: 80 % as [MASK], 10 % as a random token, 10 % left as they are.

    Every row hides at least one token, so that no short text is without a lesson.

    Args:
        token_ids: (B, T) int64.
        attention_mask: (B, T) bool, true on real tokens.
        rate: the share, 0 to 1.
        vocab_size: random tokens are drawn from the ordinary part of the vocabulary.
        generator: the source of chance.
    """
    chance = torch.rand(token_ids.shape, generator=generator).masked_fill(~attention_mask, 2.0)
    positions = chance < rate
    rows_without = ~positions.any(dim=1)
    positions[rows_without, chance[rows_without].argmin(dim=1)] = True

    fate = torch.rand(token_ids.shape, generator=generator)
    random_ids = torch.randint(len(SPECIAL_TOKENS), vocab_size, token_ids.shape, generator=generator)
    hidden = token_ids.clone()
    hidden[positions & (fate < 0.8)] = MASK_ID
    swapped = positions & (fate >= 0.9)
    hidden[swapped] = random_ids[swapped]
    return Masked(hidden, positions, token_ids[positions])
