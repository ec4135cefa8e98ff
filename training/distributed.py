"""Several processes that train one model, a GPU each: what they must agree on.

Started by `torchrun`, which tells every process its number. All of them draw the same batches and masks and read
their own share of the rows; DistributedDataParallel averages their gradients (arXiv:2006.15704). The first one
keeps the time, measures, logs and saves.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel


@dataclass(frozen=True, slots=True)
class Ranks:
    """This process among all of a run; the default is a process on its own, which asks nobody."""

    rank: int = 0
    count: int = 1
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))

    @property
    def first(self) -> bool:
        """Whether this process logs and saves."""
        return self.rank == 0

    def parallel(self, module: nn.Module) -> nn.Module:
        """The module, its gradients averaged over all processes."""
        if self.count == 1:
            return module
        devices = [self.device] if self.device.type == "cuda" else None
        return DistributedDataParallel(module, device_ids=devices)

    @contextmanager
    def in_turn(self) -> Iterator[None]:
        """The first process enters alone, to make what the others then find."""
        if self.count > 1 and not self.first:
            distributed.barrier()
        yield
        if self.count > 1 and self.first:
            distributed.barrier()

    def agree(self, elapsed_s: float, *, stop: bool) -> tuple[float, bool]:
        """The first process's clock, and whether anybody was asked to stop."""
        if self.count == 1:
            return elapsed_s, stop
        told = torch.tensor([elapsed_s if self.first else 0.0, float(stop)], dtype=torch.float64)
        told = told.to(self.device)
        distributed.all_reduce(told)  # everybody else's clock counts nothing
        return float(told[0]), bool(told[1])

    def mean(self, values: Tensor) -> Tensor:
        """The mean over all processes, elementwise."""
        if self.count > 1:
            distributed.all_reduce(values)
            values = values / self.count
        return values


def process_count() -> int:
    """How many processes torchrun started; 1 without it."""
    return int(os.environ.get("WORLD_SIZE", "1"))


@contextmanager
def joined(device: torch.device) -> Iterator[Ranks]:
    """This process's place among those that torchrun started, until the end of the block."""
    count = process_count()
    if count == 1:
        yield Ranks(device=device)
        return
    if device.type == "cuda":
        device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.cuda.set_device(device)
    distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield Ranks(int(os.environ["RANK"]), count, device)
        gc.collect()  # a parallel module keeps threads of the group alive until it is gone
        distributed.barrier()  # and who leaves early cuts the others off
    finally:
        distributed.destroy_process_group()
