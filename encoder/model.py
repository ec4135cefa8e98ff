"""The encoder: token ids to token vectors to one unit vector a text.

Residual outputs start at zero, so a fresh transformer equals the bag of embeddings that it starts from
(design decision 4): training can only move away from the baseline where that lowers the loss.

Dimensions: B batch, T tokens, C hidden size, V vocabulary, N masked tokens.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from encoder.config import EncoderConfig
from encoder.layers import Block, sinusoids

TINY = 1e-12
"""Keeps the length of a zero embedding from dividing by zero."""
EMBEDDING_STD = 0.02
"""BERT's initial standard deviation of an embedding's entry."""


class Encoder(nn.Module):
    """A transformer encoder whose `forward` gives token vectors and whose `pool` gives text vectors."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.vocab_size, config.hidden_size)
        self.register_buffer("positions", sinusoids(config.max_tokens, config.hidden_size), persistent=False)
        # A learned gain (Geiping & Goldstein 2022, arXiv:2212.14034); who starts from a bag starts it at 0.
        self.position_gain = nn.Parameter(torch.ones(()), requires_grad=self.adds_positions)
        self.dropout = nn.Dropout(config.dropout)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.reset_parameters()

    @property
    def adds_positions(self) -> bool:
        """Whether sinusoids are added to the embeddings; a bag has no order, rotary turns heads instead."""
        return self.config.layers > 0 and self.config.positions == "sinusoidal"

    def reset_parameters(self) -> None:
        """Embeddings and inner projections normal with standard deviation 0.02, residual outputs zero."""
        for name, parameter in self.named_parameters():
            if name.endswith(("out.weight", "bias")):
                nn.init.zeros_(parameter)
            elif parameter.dim() == 2:
                nn.init.normal_(parameter, std=EMBEDDING_STD)

    def forward(self, token_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Token vectors.

        Args:
            token_ids: (B, T) int64; what stands on padding does not matter.
            attention_mask: (B, T) bool, true on real tokens; every row has at least one.

        Returns:
            (B, T, C); rows of padding are undefined, `pool` ignores them.
        """
        T = token_ids.shape[1]  # noqa: N806 - the dimension's letter
        x = self.embedding(token_ids)  # (B, T, C)
        # An embedding's length says how much its token matters to the text ("the" little), its direction what
        # it means. The blocks work on directions of one scale, or their output for "the" would drown the rest;
        # the length comes back at the end as the token's weight in the pool.
        importance = x.pow(2).mean(dim=-1, keepdim=True).add(TINY).sqrt()  # (B, T, 1)
        x = x / importance
        if self.adds_positions:
            x = x + self.position_gain * self.positions[:T]  # type: ignore[index]
        x = self.dropout(x)
        # A GPU is not asked whether anything is padded: the answer would have to be waited for.
        padded = attention_mask.is_cuda or not bool(attention_mask.all())
        mask = attention_mask[:, None, None, :] if padded else None  # (B, 1, 1, T)
        for block in self.blocks:
            x = block(x, mask)
        weighted: Tensor = x * importance
        return weighted

    @staticmethod
    def pool(token_vectors: Tensor, attention_mask: Tensor) -> Tensor:
        """Mean of the real tokens' vectors, to unit length: (B, T, C), (B, T) -> (B, C) float32."""
        weights = attention_mask.to(token_vectors.dtype)[:, :, None]  # (B, T, 1)
        # No division by the count: normalisation undoes any positive factor.
        return F.normalize((token_vectors * weights).sum(dim=1).float(), dim=-1)

    def embed(self, token_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """(B, T), (B, T) -> (B, C) unit vectors."""
        return self.pool(self(token_ids, attention_mask), attention_mask)


class MaskedLanguageHead(nn.Module):
    """Predicts masked tokens: projection, GELU, LayerNorm, transposed embeddings (BERT's tied head)."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.transform = nn.Linear(config.hidden_size, config.hidden_size)
        self.norm = nn.LayerNorm(config.hidden_size)
        self.bias = nn.Parameter(torch.zeros(config.vocab_size))
        nn.init.normal_(self.transform.weight, std=EMBEDDING_STD)
        nn.init.zeros_(self.transform.bias)

    def forward(self, token_vectors: Tensor, embedding: Tensor) -> Tensor:
        """Masked positions' vectors (N, C), the embedding table (V, C) -> logits (N, V)."""
        # Directions alone: a token's length is its weight in the pool, and nothing to predict it by.
        x = F.rms_norm(token_vectors, (token_vectors.shape[-1],), eps=TINY)
        x = self.norm(F.gelu(self.transform(x)))
        return F.linear(x, embedding, self.bias)
