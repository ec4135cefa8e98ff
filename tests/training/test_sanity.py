"""The checklist is green for what we ship, and finds out every broken thing that is handed to it."""

from typing import Any

import pytest
import torch
from torch import Tensor
from typer.testing import CliRunner

from encoder.config import EncoderConfig
from encoder.model import Encoder
from encoder.tokenizer import MASK_ID
from training import sanity
from training.cli import app
from training.masking import Masked, mask_tokens


class Leaky(Encoder):
    """Attention sees padding."""

    def forward(self, token_ids: Tensor, attention_mask: Tensor) -> Tensor:
        return super().forward(token_ids, torch.ones_like(attention_mask))


class Orderless(Encoder):
    """Without positions, one layer cannot know which token is hidden where."""

    @property
    def adds_positions(self) -> bool:
        return False


class Loud(Encoder):
    """So sure of nothing that the first loss is far from a guess."""

    def reset_parameters(self) -> None:
        super().reset_parameters()
        torch.nn.init.normal_(self.embedding.weight, std=1.0)


class Asleep(Encoder):
    """Its last feed-forward part learns nothing."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__(config)
        last = self.get_submodule(f"blocks.{config.layers - 1}.feed_forward")
        last.register_forward_hook(lambda _module, _input, output: output.detach())


class Forgetful(Encoder):
    """Something that changes what it computes is in no checkpoint."""

    calls = 0

    def forward(self, token_ids: Tensor, attention_mask: Tensor) -> Tensor:
        self.calls += 1
        return super().forward(token_ids, attention_mask) * (1 + 0.1 * self.calls)


def twice_as_many(*args: Any, rate: float, **kwargs: Any) -> Masked:
    return mask_tokens(*args, rate=2 * rate, **kwargs)


def padding_too(token_ids: Tensor, attention_mask: Tensor, **kwargs: Any) -> Masked:
    return mask_tokens(token_ids, torch.ones_like(attention_mask), **kwargs)


def nothing_left_as_it_is(*args: Any, **kwargs: Any) -> Masked:
    masked = mask_tokens(*args, **kwargs)
    return masked._replace(token_ids=masked.token_ids.masked_fill(masked.positions, MASK_ID))


def test_the_checklist_is_green() -> None:
    result = CliRunner().invoke(app, ["train", "sanity"])
    assert result.exit_code == 0, result.output
    assert result.output.count("ok ") == len(result.output.splitlines()) - 1


@pytest.mark.parametrize("preset", ["article", "small"])
def test_a_leak_through_attention_is_found(preset: str) -> None:
    assert not sanity.padding_changes_nothing(Leaky, preset).passed


def test_missing_positions_are_found() -> None:
    assert not sanity.memorises(Orderless).passed


def test_a_first_loss_that_is_no_guess_is_found() -> None:
    assert not sanity.first_loss(Loud).passed


def test_parameters_without_gradient_are_found_and_named() -> None:
    check = sanity.gradients_reach_everything(Asleep, "small")
    assert not check.passed
    assert "blocks.1.feed_forward.up.weight" in check.detail


def test_state_outside_the_checkpoint_is_found() -> None:
    assert not sanity.resumes_bit_for_bit(Forgetful).passed


@pytest.mark.parametrize("mask", [twice_as_many, padding_too, nothing_left_as_it_is])
def test_wrong_masks_are_found(mask: sanity.MakeMasks) -> None:
    assert not sanity.masks(mask).passed


def test_one_failure_is_exit_code_1(monkeypatch: pytest.MonkeyPatch) -> None:
    sighted = Encoder.forward
    monkeypatch.setattr(Encoder, "forward", lambda self, ids, mask: sighted(self, ids, torch.ones_like(mask)))
    result = CliRunner().invoke(app, ["train", "sanity"])
    assert result.exit_code == 1
    assert "FAILED" in result.output
