"""What is hidden, and behind what, by statistics over many tokens."""

import pytest
import torch

from encoder.tokenizer import MASK_ID
from training.masking import mask_tokens

VOCAB = 1000
TOLERANCE = 0.01


@pytest.mark.parametrize("rate", [0.15, 0.22, 0.40])
def test_the_share_of_hidden_tokens_and_their_fates(rate: float) -> None:
    token_ids = torch.full((2000, 100), 7)
    everywhere = torch.ones_like(token_ids, dtype=torch.bool)
    masked = mask_tokens(
        token_ids, everywhere, rate=rate, vocab_size=VOCAB, generator=torch.Generator().manual_seed(1)
    )
    hidden = masked.token_ids[masked.positions]
    assert masked.positions.float().mean().item() == pytest.approx(rate, abs=TOLERANCE)
    assert (hidden == MASK_ID).float().mean().item() == pytest.approx(0.8, abs=TOLERANCE)
    assert (hidden == 7).float().mean().item() == pytest.approx(0.1, abs=TOLERANCE)
    assert (masked.token_ids[~masked.positions] == 7).all()
    assert (masked.labels == 7).all()


def test_padding_is_never_hidden_and_every_row_has_a_lesson() -> None:
    token_ids = torch.arange(3, 63).repeat(500, 1)
    attention_mask = torch.arange(60) < torch.randint(1, 4, (500, 1))
    masked = mask_tokens(
        token_ids, attention_mask, rate=0.15, vocab_size=VOCAB, generator=torch.Generator().manual_seed(2)
    )
    assert not (masked.positions & ~attention_mask).any()
    assert masked.positions.any(dim=1).all()


def test_masks_are_fresh_each_time() -> None:
    token_ids = torch.full((50, 50), 7)
    everywhere = torch.ones_like(token_ids, dtype=torch.bool)
    generator = torch.Generator().manual_seed(3)
    first, second = (
        mask_tokens(token_ids, everywhere, rate=0.2, vocab_size=VOCAB, generator=generator) for _ in range(2)
    )
    assert not torch.equal(first.positions, second.positions)
