"""Work and the most that a machine could do of it: what model FLOPs utilisation (MFU) is made of.

MFU = floating-point operations that the model needs, in a second / the most that the hardware can do
(PaLM, arXiv:2204.02311, appendix B). Only matrix products on real tokens count: padding, masks, norms and
whatever is computed twice are not useful work. A multiply-add is two operations, and a backward pass is twice its
forward pass.

Dimensions: T tokens of a text, C hidden size, F feed-forward size, V vocabulary.
"""

from __future__ import annotations

import time
from functools import cache
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from encoder.config import EncoderConfig

FORWARD_AND_BACKWARD = 3

# Dense bf16 with float32 sums, NVIDIA's data sheets (as in karpathy/nanochat, nanochat/common.py).
_DATA_SHEETS = (
    ("NVIDIA H200", 989e12),
    ("NVIDIA H100 80GB HBM3", 989e12),
    ("NVIDIA H100 PCIe", 756e12),
    ("NVIDIA A100", 312e12),
)
_MEASURED_SIZE = {"cpu": 1024, "cuda": 8192}
_MEASURED_TIMES = 12


class Peak(NamedTuple):
    """The most operations a second that a device does in bf16, and how that is known."""

    flops: float
    source: str


def encoder_flops(config: EncoderConfig, lengths: NDArray[np.int64]) -> float:
    """Of a forward pass over texts of these lengths, (B,), each attending to itself alone."""
    size, matrices = config.hidden_size, 3 if config.gated else 2
    projections = 2 * (4 * size**2 + matrices * size * config.feed_forward_size) * float(lengths.sum())
    attention = 4 * size * float((lengths.astype(np.float64) ** 2).sum())  # q k^T, then weights times v
    return config.layers * (projections + attention)


def head_flops(config: EncoderConfig, masked: int) -> float:
    """Of the masked-language head's forward pass at so many positions."""
    return 2.0 * masked * config.hidden_size * (config.hidden_size + config.vocab_size)


@cache
def peak_flops(device: torch.device) -> Peak:
    """By the data sheet of a known GPU; otherwise the fastest of a few square matrix products in bf16."""
    if device.type == "cuda":
        name = torch.cuda.get_device_name(device)
        for known, flops in _DATA_SHEETS:
            if name.startswith(known):
                return Peak(flops, f"{name}, data sheet, dense bf16")
    size = _MEASURED_SIZE.get(device.type, 1024)
    a = torch.full((size, size), 0.5, dtype=torch.bfloat16, device=device)
    fastest = min(_seconds(a) for _ in range(_MEASURED_TIMES))
    threads = f", {torch.get_num_threads()} threads" if device.type == "cpu" else ""
    return Peak(2.0 * size**3 / fastest, f"measured: {size} x {size} bf16 product on {device.type}{threads}")


def _seconds(a: torch.Tensor) -> float:
    """Of one product; one thread is timed by its own clock, which does not mind what else the machine does."""
    alone = not a.is_cuda and torch.get_num_threads() == 1
    clock = time.thread_time if alone else time.perf_counter
    if a.is_cuda:
        torch.cuda.synchronize(a.device)
    started = clock()
    _ = a @ a
    if a.is_cuda:
        torch.cuda.synchronize(a.device)
    return clock() - started
