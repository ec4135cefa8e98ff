"""Start small: if a model cannot learn a hundred tokens by heart, nothing larger will work."""

import dataclasses
import math

import numpy as np
import pytest
import torch

from encoder.config import EncoderConfig
from encoder.model import Encoder
from encoder.tokenizer import Tokenizer
from index.bible import Bible
from training.dataset import Dataset
from training.prepare import prepare
from training.pretrain import PretrainConfig, Pretraining


def small_encoder(vocab_size: int) -> Encoder:
    torch.manual_seed(0)
    return Encoder(
        EncoderConfig(
            vocab_size=vocab_size, hidden_size=64, layers=1, heads=2, feed_forward_size=128, dropout=0.0
        )
    )


@pytest.fixture(scope="module")
def dataset(bible: Bible, tokenizer: Tokenizer) -> Dataset:
    """Everything to train on: memorising needs no held-out verse."""
    prepared = prepare(bible, tokenizer, max_tokens=24)
    return dataclasses.replace(prepared, held_out=np.zeros_like(prepared.held_out))


def pretraining(dataset: Dataset, vocab_size: int) -> Pretraining:
    config = PretrainConfig(learning_rate=1e-2, tokens_per_batch=200)
    return Pretraining(small_encoder(vocab_size), dataset, config, seed=0)


def test_the_first_loss_is_that_of_a_guess(dataset: Dataset, tokenizer: Tokenizer) -> None:
    task = pretraining(dataset, tokenizer.vocab_size)
    loss = task.lesson(np.random.default_rng(0)).loss.item()
    assert loss == pytest.approx(math.log(tokenizer.vocab_size), abs=0.3)


def test_a_hundred_tokens_are_memorised_in_a_few_dozen_steps(dataset: Dataset, tokenizer: Tokenizer) -> None:
    task = pretraining(dataset, tokenizer.vocab_size)
    groups = task.parameter_groups()
    optimizer = torch.optim.AdamW([p for g in groups for p in g.parameters], lr=groups[0].learning_rate)
    rng = np.random.default_rng(0)
    losses = []
    for _ in range(120):
        lesson = task.lesson(rng)
        lesson.loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        optimizer.zero_grad()
        losses.append(lesson.loss.item())
    assert np.mean(losses[-10:]) < 0.35 * losses[0], losses


def test_an_epoch_reads_every_text_once(dataset: Dataset, tokenizer: Tokenizer) -> None:
    task = pretraining(dataset, tokenizer.vocab_size)
    rng = np.random.default_rng(0)
    tokens = 0
    while task.evaluate()["epoch"] == 0:
        read = task.lesson(rng).tokens
        if task.evaluate()["epoch"] == 0:
            tokens += read
    assert tokens == len(dataset.tokens)
