"""Masked language modelling: the encoder learns the language of its texts.

Dimensions: B texts, T tokens, C hidden size, V vocabulary, N masked tokens.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional as F

from encoder.model import Encoder, MaskedLanguageHead
from training.dataset import Dataset
from training.distributed import Ranks
from training.flops import FORWARD_AND_BACKWARD, encoder_flops, head_flops
from training.loop import Lesson, ParameterGroup
from training.masking import mask_tokens

Texts = NDArray[np.int64]
"""(B,) numbers of texts in the dataset."""

EVALUATION_MASK_RATE = 0.15
"""Always 15 %, so that runs with other rates compare (ModernBERT does the same)."""
EVALUATION_TEXTS = 2048
EVALUATION_SEED = 20_260_725


@dataclass(frozen=True, slots=True, kw_only=True)
class PretrainConfig:
    """What the masked language model is taught with."""

    mask_rate: float = 0.22
    """The article's code; 15 % is BERT's."""
    learning_rate: float = 1.7e-4
    """The article's; a small model takes more (2e-3)."""
    weight_decay: float = 0.01
    tokens_per_batch: int = 4096
    """Real tokens; the article's 64 windows of about 100 are 6,400."""
    texts_per_batch: int | None = None
    """Counts texts instead of tokens, as the article does."""


class Cursor(nn.Module):
    """Where in which epoch a run is; a module, so that checkpoints hold it."""

    epoch: torch.Tensor
    batch: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("epoch", torch.zeros((), dtype=torch.int64))
        self.register_buffer("batch", torch.zeros((), dtype=torch.int64))


class MaskedLanguageModel(nn.Module):
    """Encoder and head in one forward pass, as DistributedDataParallel wants them."""

    def __init__(self, encoder: Encoder, head: MaskedLanguageHead) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = head

    def forward(
        self, token_ids: torch.Tensor, attention_mask: torch.Tensor, places: torch.Tensor
    ) -> torch.Tensor:
        """(B, T), (B, T), the masked tokens' places in the flattened batch (N,) -> logits (N, V).

        Only masked positions pass through the head: a fifth of the work (Cramming's sparse prediction).
        """
        vectors = self.encoder(token_ids, attention_mask).flatten(0, 1)  # (B * T, C)
        return self.head(vectors[places], self.encoder.embedding.weight)  # type: ignore[no-any-return]


class Pretraining:
    """The task of `training.loop.train` that teaches masked language modelling."""

    stage = "pretrain"

    def __init__(
        self,
        encoder: Encoder,
        dataset: Dataset,
        config: PretrainConfig,
        *,
        seed: int,
        ranks: Ranks | None = None,
    ) -> None:
        self._ranks = ranks or Ranks()
        self._device = device = self._ranks.device
        self.encoder = encoder.to(device)
        self.head = MaskedLanguageHead(encoder.config).to(device)
        self._alone = MaskedLanguageModel(self.encoder, self.head)
        self._together = self._ranks.parallel(self._alone)
        self._dataset = dataset
        self._config = config
        self._seed = seed
        self._cursor = Cursor()
        self._batches: list[Texts] = []

    @property
    def steps_per_epoch(self) -> int:
        """Batches in which every training text is read once."""
        return len(self._batches or self._plan_epoch(0))

    def modules(self) -> Mapping[str, nn.Module]:
        """Encoder, head, and the place in the epoch."""
        return {"encoder": self.encoder, "head": self.head, "cursor": self._cursor}

    def parameter_groups(self) -> Sequence[ParameterGroup]:
        """Matrices decay, vectors and embeddings do not."""
        named = [*self.encoder.named_parameters(), *self.head.named_parameters()]
        trained = [(name, p) for name, p in named if p.requires_grad]
        decayed = [p for name, p in trained if p.dim() == 2 and not name.startswith("embedding")]
        rest = [p for name, p in trained if p.dim() != 2 or name.startswith("embedding")]
        rate = self._config.learning_rate
        return [ParameterGroup(decayed, rate, self._config.weight_decay), ParameterGroup(rest, rate)]

    def lesson(self, rng: np.random.Generator) -> Lesson:
        """The loss on the next batch of the epoch, behind fresh masks."""
        self.encoder.train()
        self.head.train()
        generator = torch.Generator().manual_seed(int(rng.integers(2**63)))
        texts = self._next_batch()
        loss, masked = self._loss(self._together, texts, self._config.mask_rate, generator, self._ranks)
        lengths = self._dataset.offsets[texts + 1] - self._dataset.offsets[texts]
        shape = self.encoder.config
        flops = FORWARD_AND_BACKWARD * (encoder_flops(shape, lengths) + head_flops(shape, masked))
        return Lesson(loss, int(lengths.sum()), flops, int(self._dataset.bytes[texts].sum()))

    def after_step(self) -> None:
        """Nothing to restore."""

    @torch.no_grad()
    def evaluate(self) -> Mapping[str, float]:
        """Loss on held-out verses behind fixed masks, in nats a token and in bits a byte."""
        self.encoder.eval()
        self.head.eval()
        chosen = np.flatnonzero(self._dataset.held_out)[:EVALUATION_TEXTS]
        if not len(chosen):
            return {"epoch": int(self._cursor.epoch)}
        generator = torch.Generator().manual_seed(EVALUATION_SEED)
        nats, masked = 0.0, 0
        for start in range(0, len(chosen), 64):
            texts = chosen[start : start + 64]
            loss, count = self._loss(self._alone, texts, EVALUATION_MASK_RATE, generator, Ranks())
            nats += loss.item() * count
            masked += count
        loss_in_nats = nats / masked
        tokens = int(self._dataset.lengths[chosen].sum())
        bytes_per_token = int(self._dataset.bytes[chosen].sum()) / tokens
        return {
            "held_out_loss": loss_in_nats,
            "held_out_bits_per_byte": loss_in_nats / math.log(2) / bytes_per_token,
            "epoch": int(self._cursor.epoch),
        }

    def score(self, measures: Mapping[str, float]) -> float | None:
        """The held-out loss, negated."""
        loss = measures.get("held_out_loss")
        return None if loss is None else -loss

    def _loss(
        self, model: nn.Module, texts: Texts, mask_rate: float, generator: torch.Generator, ranks: Ranks
    ) -> tuple[torch.Tensor, int]:
        """This process's part of the batch's mean loss, and the number of tokens masked in the whole batch."""
        token_ids, attention_mask = map(torch.from_numpy, self._dataset.padded(texts))
        masked = mask_tokens(
            token_ids,
            attention_mask,
            rate=mask_rate,
            vocab_size=self.encoder.config.vocab_size,
            generator=generator,
        )
        mine = slice(ranks.rank, None, ranks.count)
        positions = masked.positions[mine]
        places = positions.flatten().nonzero().squeeze(1)  # (N,), found here so that a GPU need not be asked
        labels = token_ids[mine][positions]  # (N,)
        device = self._device
        with torch.autocast(device.type, torch.bfloat16):
            logits = model(
                masked.token_ids[mine].to(device), attention_mask[mine].to(device), places.to(device)
            )  # (N, V)
        loss = F.cross_entropy(logits.float(), labels.to(device), reduction="sum")
        # Gradients are averaged over processes: scaled so, their mean is that of the whole batch.
        return loss * (ranks.count / len(masked.labels)), len(masked.labels)

    def _next_batch(self) -> Texts:
        if not self._batches:  # at the start of a run, and of a resumed one
            self._batches = self._plan_epoch(int(self._cursor.epoch))
        if int(self._cursor.batch) >= len(self._batches):
            self._cursor.epoch += 1
            self._cursor.batch.zero_()
            self._batches = self._plan_epoch(int(self._cursor.epoch))
        batch = self._batches[int(self._cursor.batch)]
        self._cursor.batch += 1
        return batch

    def _plan_epoch(self, epoch: int) -> list[Texts]:
        """Every training text once, in batches of texts of about one length, in random order."""
        rng = np.random.default_rng((self._seed, epoch))
        texts = np.flatnonzero(~self._dataset.held_out)
        lengths = self._dataset.lengths[texts]
        # A jitter of a fifth lets a text meet other neighbours each epoch at little padding.
        order = np.argsort(lengths * rng.uniform(0.9, 1.1, len(texts)), kind="stable")
        if per_batch := self._config.texts_per_batch:
            filled = np.arange(len(texts)) // per_batch
        else:
            filled = np.cumsum(lengths[order]) // self._config.tokens_per_batch
        batches = np.split(texts[order], np.flatnonzero(np.diff(filled)) + 1)
        return [batches[i] for i in rng.permutation(len(batches))]
