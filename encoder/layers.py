"""One transformer block in torch primitives.

Dimensions: B batch, T tokens of the longest text, C hidden size, H heads, D size of a head (C = H * D),
F feed-forward size.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from encoder.config import EncoderConfig


def sinusoids(tokens: int, size: int) -> Tensor:
    """Position encodings (tokens, size): sin and cos of t / 10000^(2i/size) (arXiv:1706.03762, 3.5)."""
    t = torch.arange(tokens, dtype=torch.float32)[:, None]
    frequency = torch.exp(torch.arange(0, size, 2, dtype=torch.float32) * (-math.log(10_000.0) / size))
    return torch.stack((torch.sin(t * frequency), torch.cos(t * frequency)), dim=2).flatten(1)


def rotate(x: Tensor, sin: Tensor, cos: Tensor) -> Tensor:
    """Rotary positions: turns each pair of x (B, H, T, D) by its position's angle; sin, cos are (T, D/2)."""
    a, b = x.chunk(2, dim=-1)
    return torch.cat((a * cos - b * sin, b * cos + a * sin), dim=-1)


def attend(q: Tensor, k: Tensor, v: Tensor, attention_mask: Tensor | None) -> Tensor:
    """softmax(q k^T / sqrt(D)) v for q, k, v (B, H, T, D) and a mask (B, 1, 1, T) or None -> (B, H, T, D).

    On a GPU by torch's fused kernel. On a CPU spelled out: at ten tokens a query the fused kernel's backward
    pass took 44 % of a training step, written out it takes 3 % (measured; training/LOG.md).
    """
    if q.is_cuda:
        return F.scaled_dot_product_attention(q, k, v, attn_mask=attention_mask)
    scores = q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5  # (B, H, T, T)
    if attention_mask is not None:
        scores = scores.masked_fill(~attention_mask, -torch.inf)
    weights: Tensor = scores.softmax(dim=-1).to(v.dtype)
    return weights @ v


class SelfAttention(nn.Module):
    """Multi-head self-attention in which padding neither attends nor is attended to."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        size = config.hidden_size
        self.heads = config.heads
        self.rotary = config.positions == "rotary"
        self.qkv = nn.Linear(size, 3 * size, bias=config.biases)
        self.out = nn.Linear(size, size, bias=config.biases)
        angles = sinusoids(config.max_tokens, size // config.heads)
        self.register_buffer("sin", angles[:, 0::2], persistent=False)
        self.register_buffer("cos", angles[:, 1::2], persistent=False)

    def forward(self, x: Tensor, attention_mask: Tensor | None) -> Tensor:
        """(B, T, C), mask (B, 1, 1, T) true on real tokens or None when nothing is padded -> (B, T, C)."""
        B, T, C = x.shape  # noqa: N806 - the dimensions' letters
        qkv = self.qkv(x).view(B, T, 3, self.heads, C // self.heads)  # (B, T, 3, H, D)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)  # 3 x (B, H, T, D)
        if self.rotary:
            sin, cos = self.sin[:T].to(q.dtype), self.cos[:T].to(q.dtype)  # type: ignore[index]
            q, k = rotate(q, sin, cos), rotate(k, sin, cos)
        y = attend(q, k, v, attention_mask)  # (B, H, T, D)
        return self.out(y.transpose(1, 2).reshape(B, T, C))  # type: ignore[no-any-return]


class FeedForward(nn.Module):
    """C -> F -> C with GELU, or GeGLU when gated."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.gated = config.gated
        width = config.feed_forward_size * (2 if config.gated else 1)
        self.up = nn.Linear(config.hidden_size, width, bias=config.biases)
        self.out = nn.Linear(config.feed_forward_size, config.hidden_size, bias=config.biases)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, C) -> (B, T, C)."""
        x = self.up(x)
        if self.gated:
            gate, x = x.chunk(2, dim=-1)
            return self.out(F.gelu(gate) * x)  # type: ignore[no-any-return]
        return self.out(F.gelu(x))  # type: ignore[no-any-return]


class Block(nn.Module):
    """x + attention(norm(x)), then x + feed-forward(norm(x)): the pre-norm order trains without care."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(config.hidden_size, bias=config.biases)
        self.attention = SelfAttention(config)
        self.feed_forward_norm = nn.LayerNorm(config.hidden_size, bias=config.biases)
        self.feed_forward = FeedForward(config)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor, attention_mask: Tensor | None) -> Tensor:
        """(B, T, C), mask (B, 1, 1, T) or None -> (B, T, C)."""
        x = x + self.dropout(self.attention(self.attention_norm(x), attention_mask))
        return x + self.dropout(self.feed_forward(self.feed_forward_norm(x)))  # type: ignore[no-any-return]
