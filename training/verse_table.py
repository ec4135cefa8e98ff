"""The loss of fine-tuning: which of all verses is this query about?

Every verse has a trainable unit vector; a query's loss is the cross-entropy of the softmax over all of them, so
that every verse is a negative for every query, the hardest included, and no verse needs to be encoded. For N
verses this is InfoNCE with N - 1 negatives (van den Oord 2018, arXiv:1807.03748) against proxies (Movshovitz-
Attias 2017, arXiv:1703.07464).

Dimensions: B queries, N verses, C hidden size.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

ROWS_PER_CHUNK = 256
"""Queries whose (rows, N) scores are held at once: 16 MB in bf16 at 31,102 verses, which a CPU's cache can hold;
measured fastest of 64 to 1,024."""


class VerseTable(nn.Module):
    """N unit vectors and the loss of queries against them."""

    def __init__(self, verses: int, hidden_size: int) -> None:
        super().__init__()
        self.vectors = nn.Parameter(F.normalize(torch.randn(verses, hidden_size), dim=-1))

    def loss(self, queries: Tensor, verse_rows: Tensor, temperature: float) -> Tensor:
        """Mean cross-entropy in nats.

        Args:
            queries: (B, C) float32 unit vectors.
            verse_rows: (B,) int64, the row of the verse that each query is about.
            temperature: scores are cosines divided by this.
        """
        loss: Tensor = _TableCrossEntropy.apply(queries, self.vectors, verse_rows, temperature)  # type: ignore[no-untyped-call]
        return loss

    @torch.no_grad()
    def normalize_(self) -> None:
        """Bring the vectors back to unit length after a step: cheaper than a gradient through the norm."""
        self.vectors.div_(self.vectors.norm(dim=1, keepdim=True))


class _TableCrossEntropy(torch.autograd.Function):
    """Softmax cross-entropy whose forward pass computes the gradients too, chunk by chunk, in bf16.

    The (B, N) scores are never held whole and never in float32: about a third of the time of
    `F.cross_entropy(queries @ vectors.T / temperature, rows)`, equal to it within bf16's rounding (tested).
    """

    @staticmethod
    def forward(ctx: Any, queries: Tensor, vectors: Tensor, verse_rows: Tensor, temperature: float) -> Tensor:
        table = vectors.to(torch.bfloat16)  # (N, C)
        scaled = (queries / temperature).to(torch.bfloat16)  # (B, C)
        queries_grad = torch.empty_like(queries)
        vectors_grad = torch.zeros_like(vectors)
        total = torch.zeros((), device=queries.device)
        for start in range(0, len(queries), ROWS_PER_CHUNK):
            chunk = slice(start, start + ROWS_PER_CHUNK)
            rows = verse_rows[chunk, None]  # (R, 1)
            scores = scaled[chunk] @ table.T  # (R, N)
            scores.sub_(scores.amax(dim=1, keepdim=True)).exp_()
            norm = scores.sum(dim=1, keepdim=True, dtype=torch.float32)
            right = scores.gather(1, rows).float().clamp_min(torch.finfo(torch.bfloat16).tiny)
            total += (norm.log() - right.log()).sum()
            # The gradient of cross-entropy: softmax minus one-hot.
            scores.mul_(norm.reciprocal().to(scores.dtype))
            scores.scatter_add_(1, rows, scores.new_full(rows.shape, -1.0))
            queries_grad[chunk] = (scores @ table).float() / temperature
            vectors_grad += scores.T @ scaled[chunk]
        ctx.save_for_backward(queries_grad, vectors_grad)
        return total / len(queries)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, None, None]:
        queries_grad, vectors_grad = ctx.saved_tensors
        factor = grad / len(queries_grad)
        return queries_grad * factor, vectors_grad * factor, None, None
