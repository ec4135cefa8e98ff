"""Distillation: a small verse finder learns from a large one what else a query might be about.

The teacher's scores of all verses say more than the one right verse does (Hinton et al. 2015, arXiv:1503.02531):
which others come near, and how near. Both read the same tokens; their vectors need not be of one size.

Dimensions: B queries, C hidden size, V verses.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from encoder.checkpoint import TOKENIZER, load_model
from encoder.tokenizer import pad
from training.errors import RunError
from training.finetune import Finetuning, Texts
from training.learned import VECTORS_FILE, load_learned
from training.verse_table import VerseTable

TEACHER_SHARE = 0.5
"""What the teacher's opinion weighs against the right verse."""


class Teacher:
    """A verse finder that has learned: its encoder and its verses' vectors, frozen."""

    def __init__(self, model_dir: Path, verse_ids: NDArray[np.int32], device: torch.device) -> None:
        if not (model_dir / VECTORS_FILE).exists():
            raise RunError(f"{model_dir} has no verse vectors to teach with; fine-tune it first.")
        encoder, _ = load_model(model_dir)
        table = VerseTable(len(verse_ids), encoder.config.hidden_size)
        load_learned(model_dir, table, verse_ids)
        self._encoder = encoder.to(device).requires_grad_(requires_grad=False)
        self._vectors = table.vectors.detach().to(device)
        self._device = device

    @torch.no_grad()
    def scores(self, texts: Sequence[Texts]) -> Tensor:
        """Cosines (B, V) of the queries, in the order of the groups."""
        vectors = []
        for group in texts:
            token_ids, attention_mask = (torch.from_numpy(array).to(self._device) for array in pad(group))
            with torch.autocast(self._device.type, torch.bfloat16):
                vectors.append(self._encoder.embed(token_ids, attention_mask))
        return torch.cat(vectors) @ self._vectors.T


class Distilling(Finetuning):
    """Fine-tuning with a teacher beside the right answers."""

    def __init__(self, *args: Any, teacher: Teacher, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._teacher = teacher

    def _loss(self, queries: Tensor, verse_rows: Tensor, texts: Sequence[Texts]) -> Tensor:
        right = super()._loss(queries, verse_rows, texts)
        temperature = self._config.temperature
        wanted = (self._teacher.scores(texts) / temperature).softmax(dim=-1)  # (B, V)
        own = (queries @ self.table.vectors.T / temperature).log_softmax(dim=-1)  # (B, V)
        opinion = -(wanted * own).sum(dim=-1).mean()
        return (1 - TEACHER_SHARE) * right + TEACHER_SHARE * opinion


def check_one_vocabulary(tokenizer: Path, teacher: Path) -> None:
    """Raises RunError unless the teacher reads the same tokens."""
    if tokenizer.read_bytes() != (teacher / TOKENIZER).read_bytes():
        raise RunError(
            f"{teacher} reads other tokens than {tokenizer} makes; a teacher must read the student's."
        )
