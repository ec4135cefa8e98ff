"""Fine-tuning: from a language model, or from a bag of embeddings, to a verse finder.

The encoder reads queries only; the documents are a table of one trainable vector a verse (`verse_table`). That is
a third of the tokens of encoding both sides, every verse is a negative, and what is learned of a verse from all
its translations and queries stands in its vector. Measured against encoding both sides: see training/LOG.md.

Dimensions: B queries, T tokens, C hidden size, V verses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from encoder.model import Encoder
from encoder.tokenizer import Tokenizer, pad
from training.flops import FORWARD_AND_BACKWARD, encoder_flops
from training.loop import Lesson, ParameterGroup
from training.sampler import Sampler
from training.verse_table import VerseTable

Texts = Sequence[Sequence[int]]
"""Token ids of some texts, of about one length."""

LENGTH_GROUPS = {"cpu": 8, "cuda": 2}
"""A batch is read in so many groups of rows of about one length: little padding, the same gradient. A GPU waits for
its next order rather than for padding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FinetuneConfig:
    """What the verse finder is taught with; values measured in training/LOG.md."""

    batch_size: int = 1024
    temperature: float = 0.05
    """SimCSE's (arXiv:2104.08821)."""
    embedding_learning_rate: float = 3e-3
    layer_learning_rate: float = 5e-4
    table_learning_rate: float = 1e-3
    weight_decay: float = 0.01


@dataclass(frozen=True, slots=True)
class Validation:
    """Queries that are kept out of training, and the table rows of their verses."""

    queries: Sequence[str]
    verse_rows: NDArray[np.int64]


class Finetuning:
    """The task of `training.loop.train` that teaches finding verses."""

    stage = "finetune"

    def __init__(
        self,
        encoder: Encoder,
        table: VerseTable,
        tokenizer: Tokenizer,
        sampler: Sampler,
        validation: Validation,
        config: FinetuneConfig,
        *,
        device: torch.device,
    ) -> None:
        self.encoder = encoder.to(device)
        self.table = table.to(device)
        self._tokenizer = tokenizer
        self._sampler = sampler
        self._validation = validation
        self._config = config
        self._device = device

    def modules(self) -> Mapping[str, nn.Module]:
        """The encoder and the verses' vectors."""
        return {"encoder": self.encoder, "table": self.table}

    def parameter_groups(self) -> Sequence[ParameterGroup]:
        """Embeddings, layers and table learn at their own rates; only the layers' matrices decay."""
        config = self._config
        named = [(name, p) for name, p in self.encoder.named_parameters() if p.requires_grad]
        embeddings = [p for name, p in named if name.startswith("embedding")]
        layers = [p for name, p in named if not name.startswith("embedding")]
        groups = [
            ParameterGroup(embeddings, config.embedding_learning_rate),
            ParameterGroup([self.table.vectors], config.table_learning_rate),
            ParameterGroup(
                [p for p in layers if p.dim() == 2], config.layer_learning_rate, config.weight_decay
            ),
            ParameterGroup([p for p in layers if p.dim() != 2], config.layer_learning_rate),
        ]
        return [group for group in groups if group.parameters]

    def lesson(self, rng: np.random.Generator) -> Lesson:
        """The loss of a batch of queries against all verses."""
        self.encoder.train()
        batch = self._sampler.draw(self._config.batch_size, rng)
        limit = self.encoder.config.max_tokens
        order = np.argsort([len(row) for row in batch.token_ids], kind="stable")
        texts = [
            [batch.token_ids[i][:limit].tolist() for i in group]
            for group in np.array_split(order, LENGTH_GROUPS[self._device.type])
            if len(group)
        ]
        queries = torch.cat([self._embed(group) for group in texts])  # (B, C)
        rows = torch.from_numpy(batch.verse_rows[order]).to(self._device)
        loss = self._loss(queries, rows, texts)
        lengths = np.array([min(len(row), limit) for row in batch.token_ids], dtype=np.int64)
        table = 2.0 * len(rows) * self.table.vectors.numel()
        flops = FORWARD_AND_BACKWARD * (encoder_flops(self.encoder.config, lengths) + table)
        return Lesson(loss, int(lengths.sum()), flops)

    def _loss(self, queries: Tensor, verse_rows: Tensor, texts: Sequence[Texts]) -> Tensor:
        """Of the queries (B, C), whose token ids stand in groups in `texts`, about these verses (B,)."""
        return self.table.loss(queries, verse_rows, self._config.temperature)

    def after_step(self) -> None:
        """Bring the verses' vectors back to unit length."""
        self.table.normalize_()

    @torch.no_grad()
    def evaluate(self) -> Mapping[str, float]:
        """How often the right verse is first, or among ten, for validation queries by meaning alone."""
        if not self._validation.queries:
            return {}
        self.encoder.eval()
        limit = self.encoder.config.max_tokens
        ranks = []
        for start in range(0, len(self._validation.queries), 256):
            rows = [
                ids[:limit] for ids in self._tokenizer.encode(self._validation.queries[start : start + 256])
            ]
            scores = self._embed(rows) @ self.table.vectors.T  # (B, V)
            gold = torch.from_numpy(self._validation.verse_rows[start : start + 256]).to(self._device)
            ranks.append((scores > scores.gather(1, gold[:, None])).sum(dim=1))
        rank = torch.cat(ranks)
        return {
            "validation_success_at_1": float((rank < 1).float().mean()),
            "validation_success_at_10": float((rank < 10).float().mean()),
            "validation_mrr": float((1.0 / (rank + 1)).mean()),
        }

    def score(self, measures: Mapping[str, float]) -> float | None:
        """The mean reciprocal rank: it counts every query, where success counts those that cross a line."""
        return measures.get("validation_mrr")

    def _embed(self, rows: Sequence[Sequence[int]]) -> Tensor:
        token_ids, attention_mask = (torch.from_numpy(array).to(self._device) for array in pad(rows))
        with torch.autocast(self._device.type, torch.bfloat16):
            return self.encoder.embed(token_ids, attention_mask)


def start_from(encoder: Encoder, pretrained: Encoder) -> None:
    """Take over every weight of the same name and shape; layers that are new change nothing at first.

    A bag of embeddings lends its embeddings: the new layers' outputs are zero and the positions' gain is set to
    zero, so that the transformer starts as exactly the bag (design decision 4).
    """
    known = pretrained.state_dict()
    own = encoder.state_dict()
    encoder.load_state_dict(own | {k: t for k, t in known.items() if k in own and own[k].shape == t.shape})
    if pretrained.config.layers == 0 and encoder.config.layers > 0:
        nn.init.zeros_(encoder.position_gain)
