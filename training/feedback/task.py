"""Fine-tuning on feedback: the verses stand still, the reading of queries moves a little.

A batch is half usual examples, lest the model forget what nobody rates, and half pairs of the feedback, drawn by
their weight. A pair that is right has the cross-entropy of the softmax over all verses, one that is wrong the
unlikelihood -log(1 - p) (Welleck 2019, arXiv:1908.04319): the model is moved by it as far as it believes the
wrong verse, and no further.

Dimensions: B queries, C hidden size, V verses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from training.feedback.evidence import Pair
from training.finetune import LENGTH_GROUPS, FinetuneConfig, Finetuning
from training.flops import FORWARD_AND_BACKWARD, encoder_flops
from training.loop import Lesson, ParameterGroup
from training.noise import SHORTEST_MISSPELT, misspell
from training.sampler import MODERN_NOISE
from training.words import split_words

FEEDBACK_SHARE = 0.5
"""Of a batch."""
SMALLEST_RIGHT = 1e-4
"""Least 1 - p in the unlikelihood: bounds a gradient that would grow without end."""

GENTLE = FinetuneConfig(batch_size=256, embedding_learning_rate=5e-4, layer_learning_rate=1.5e-4)
"""The rates that training goes on with: at twice these 120 steps of honest feedback cost more of the rest than the
gate lets pass (training/LOG.md)."""


class FeedbackFinetuning(Finetuning):
    """The task of `training.loop.train` that learns from pairs of queries and verses."""

    stage = "feedback"

    def __init__(self, *args: Any, pairs: Sequence[Pair], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.table.requires_grad_(requires_grad=False)
        row_of = {int(verse): row for row, verse in enumerate(self._sampler.verse_ids)}
        known = [pair for pair in pairs if pair.verse in row_of]
        self._queries = [split_words(pair.query) for pair in known]
        self._rows = np.array([row_of[pair.verse] for pair in known], dtype=np.int64)
        weights = np.array([pair.weight for pair in known])
        self._right = weights > 0
        self._chances = np.abs(weights) / np.abs(weights).sum()

    def modules(self) -> Mapping[str, nn.Module]:
        """The encoder alone changes."""
        return {"encoder": self.encoder}

    def parameter_groups(self) -> Sequence[ParameterGroup]:
        """As in fine-tuning, without the verses' vectors."""
        return [g for g in super().parameter_groups() if g.parameters[0] is not self.table.vectors]

    def lesson(self, rng: np.random.Generator) -> Lesson:
        """The loss of a batch, in which usual examples and feedback have a mean each."""
        self.encoder.train()
        size = self._config.batch_size
        told = round(FEEDBACK_SHARE * size)
        usual = self._sampler.draw(size - told, rng)
        chosen = rng.choice(len(self._rows), told, p=self._chances)
        limit = self.encoder.config.max_tokens
        rows = [ids[:limit].tolist() for ids in usual.token_ids]
        noisy = [" ".join(_noisy(self._queries[i], rng)) for i in chosen]
        rows += [ids[:limit] for ids in self._tokenizer.encode(noisy)]

        vectors = self._embed_in_groups(rows)  # (B, C)
        verses = torch.from_numpy(np.concatenate([usual.verse_rows, self._rows[chosen]])).to(self._device)
        right = torch.ones(size, dtype=torch.bool, device=self._device)
        right[size - told :] = torch.from_numpy(self._right[chosen]).to(self._device)
        with torch.autocast(self._device.type, torch.bfloat16):
            scores = vectors / self._config.temperature @ self.table.vectors.T  # (B, V)
        chance = scores.float().log_softmax(dim=-1).gather(1, verses[:, None])[:, 0]  # (B,)
        losses = torch.where(right, -chance, -(-torch.expm1(chance)).clamp_min(SMALLEST_RIGHT).log())
        loss = (1 - FEEDBACK_SHARE) * losses[: size - told].mean() + FEEDBACK_SHARE * losses[
            size - told :
        ].mean()

        lengths = np.array([len(row) for row in rows], dtype=np.int64)
        flops = FORWARD_AND_BACKWARD * encoder_flops(self.encoder.config, lengths)
        return Lesson(loss, int(lengths.sum()), flops + 4.0 * size * self.table.vectors.numel())

    def after_step(self) -> None:
        """The verses' vectors have not moved."""

    def _embed_in_groups(self, rows: Sequence[Sequence[int]]) -> Tensor:
        """(B, C) in the order of `rows`, read in groups of about one length."""
        order = np.argsort([len(row) for row in rows], kind="stable")
        groups = [group for group in np.array_split(order, LENGTH_GROUPS[self._device.type]) if len(group)]
        vectors = torch.cat([self._embed([rows[i] for i in group]) for group in groups])
        return vectors[torch.from_numpy(np.argsort(order, kind="stable")).to(self._device)]


def _noisy(words: Sequence[str], rng: np.random.Generator) -> list[str]:
    """The query as somebody else might type it; never empty."""
    kept = [word for word in words if rng.random() >= MODERN_NOISE.dropped] or list(words)
    return [
        misspell(word, rng)
        if len(word) >= SHORTEST_MISSPELT and rng.random() < MODERN_NOISE.misspelt
        else word
        for word in kept
    ]
