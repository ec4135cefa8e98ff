"""What a run says of itself every few steps: loss, gradients, speed, memory.

Nothing here waits for a GPU before a line is due: losses and norms stay tensors until then.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from training.errors import Diverged
from training.flops import peak_flops
from training.memory import memory_mb

_BLOCK = re.compile(r"blocks\.(\d+)\.")


class Window:
    """The steps since the last line of metrics."""

    def __init__(self, first_step: int, device: torch.device, processes: int = 1) -> None:
        self._first_step = first_step
        self._device = device
        self._processes = processes
        self._losses: list[Tensor] = []
        self._norms: list[Tensor] = []
        self._tokens = self._bytes = 0
        self._flops = 0.0
        self._started = time.monotonic()

    def add(self, loss: Tensor, norm: Tensor, *, tokens: int, size: int, flops: float) -> None:
        """One step: its loss, its gradient norm before clipping, what it read (tokens, bytes), its work."""
        self._losses.append(loss.detach())
        self._norms.append(norm)
        self._tokens += tokens
        self._bytes += size
        self._flops += flops

    def check(self) -> None:
        """Raises Diverged, naming the step, unless every gradient norm is a number."""
        if self._norms:
            self._check(torch.stack(self._norms).tolist())

    def summary(self, clip_norm: float, losses: Tensor | None = None) -> dict[str, float]:
        """Means over the window; raises Diverged. `losses` replaces them where several processes took part."""
        losses_here = (self.losses() if losses is None else losses).tolist()
        norms = torch.stack(self._norms).tolist()
        self._check(norms, losses_here)
        seconds = time.monotonic() - self._started
        loss = sum(losses_here) / len(losses_here)
        summary = {
            "loss": loss,
            "grad_norm": sum(norms) / len(norms),
            "clipped_share": sum(norm > clip_norm for norm in norms) / len(norms),
            "tokens_per_s": self._tokens / seconds,
            **memory_mb(self._device),
        }
        if self._bytes:
            summary["bits_per_byte"] = loss / math.log(2) * self._tokens / self._bytes
        if self._flops:
            summary["mfu"] = self._flops / seconds / (peak_flops(self._device).flops * self._processes)
        return summary

    def losses(self) -> Tensor:
        """(S,) of the window's steps."""
        return torch.stack(self._losses)

    def _check(self, norms: Sequence[float], losses: Sequence[float] = ()) -> None:
        for i, norm in enumerate(norms):
            loss = losses[i] if losses else norm
            if not (math.isfinite(loss) and math.isfinite(norm)):
                raise Diverged(
                    f"The loss or its gradient is no longer a number at step {self._first_step + i}: "
                    "lower the learning rate. The last checkpoint is good; the same command goes on from it."
                )


def layers_of(modules: Mapping[str, nn.Module]) -> dict[str, list[nn.Parameter]]:
    """The trained parameters by layer: `embedding`, `block 0`, …, and the name of each other module."""
    layers: dict[str, list[nn.Parameter]] = {}
    for module, part in modules.items():
        for name, parameter in part.named_parameters():
            if not parameter.requires_grad:
                continue
            block = _BLOCK.match(name)
            own = name.partition(".")[0] if module == "encoder" else module
            layers.setdefault(f"block {block[1]}" if block else own, []).append(parameter)
    return layers


def layer_norms(layers: Mapping[str, Sequence[nn.Parameter]]) -> dict[str, float]:
    """The gradient norm of each layer, before clipping."""
    return {
        name: float(nn.utils.get_total_norm([p.grad for p in parameters if p.grad is not None]))
        for name, parameters in layers.items()
    }
