"""The loop that pretraining and fine-tuning share.

What the article learned is the default here: clip the gradients at 1.0 and record their norm before it, warm up
and decay linearly, save often, watch the memory. A run that is killed goes on from its last checkpoint, on the
CPU bit for bit.
"""

from __future__ import annotations

import math
import resource
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from training.errors import Diverged
from training.progress import ProgressReport
from training.run import Run
from training.schedule import Budget, learning_rate_factor


class ParameterGroup(NamedTuple):
    """Parameters that learn at one base rate."""

    parameters: Sequence[nn.Parameter]
    learning_rate: float
    weight_decay: float = 0.0


class Lesson(NamedTuple):
    """One batch's loss (a scalar with its graph) and the number of tokens read for it."""

    loss: Tensor
    tokens: int


class Task(Protocol):
    """What a run learns."""

    stage: str

    def modules(self) -> Mapping[str, nn.Module]:
        """Everything that a checkpoint must hold."""

    def parameter_groups(self) -> Sequence[ParameterGroup]:
        """What the optimizer changes."""

    def lesson(self, rng: np.random.Generator) -> Lesson:
        """Draw a batch and compute its loss."""

    def after_step(self) -> None:
        """Restore what a step may break (unit lengths, say)."""

    def evaluate(self) -> Mapping[str, float]:
        """Measures on data that is not trained on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopConfig:
    """How a run goes; every default is the article's or measured (training/LOG.md)."""

    budget: Budget
    warmup_steps: int = 100
    decay_share: float = 1.0
    clip_norm: float = 1.0
    betas: tuple[float, float] = (0.9, 0.98)
    eps: float = 1e-8
    seed: int = 0
    log_every: int = 20
    checkpoint_every_s: float = 120.0
    evaluate_every_s: float = 600.0


def train(task: Task, run: Run, config: LoopConfig, *, quiet: bool = False) -> None:
    """Train to the end of the budget, or to SIGTERM or SIGINT, which save and return through KeyboardInterrupt.

    Raises:
        Diverged: the loss became infinite or not a number.
        RunError: a checkpoint could not be written.
    """
    torch.manual_seed(config.seed)
    rng = np.random.default_rng(config.seed)
    groups = task.parameter_groups()
    parameters = [p for group in groups for p in group.parameters]
    optimizer = torch.optim.AdamW(
        [
            {"params": group.parameters, "lr": group.learning_rate, "weight_decay": group.weight_decay}
            for group in groups
        ],
        betas=config.betas,
        eps=config.eps,
        fused=True,
    )
    step, elapsed_before = 0, 0.0
    if state := run.load_checkpoint():
        step, elapsed_before = _restore(state, task, optimizer, rng)

    started = time.monotonic() - elapsed_before
    saved = evaluated = time.monotonic()
    window = _Window()
    with ProgressReport(task.stage, quiet=quiet) as report, _interruptions() as interrupted:
        while (progress := config.budget.progress(step, time.monotonic() - started)) < 1.0:
            factor = learning_rate_factor(step, progress, config.warmup_steps, config.decay_share)
            for group, base in zip(optimizer.param_groups, groups, strict=True):
                group["lr"] = base.learning_rate * factor
            lesson = task.lesson(rng)
            lesson.loss.backward()  # type: ignore[no-untyped-call]
            norm = float(nn.utils.clip_grad_norm_(parameters, config.clip_norm))
            loss = lesson.loss.item()
            if not (math.isfinite(loss) and math.isfinite(norm)):
                raise Diverged(
                    f"The loss is {loss} and the gradient norm {norm} at step {step}: lower the learning rate. "
                    f"The last good checkpoint is in {run.directory}."
                )
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            task.after_step()
            step += 1

            window.add(loss, norm, lesson.tokens, clipped=norm > config.clip_norm)
            now = time.monotonic()
            if step % config.log_every == 0:
                record = {
                    "step": step,
                    "elapsed_s": now - started,
                    "lr_factor": factor,
                    **window.summary(now),
                }
                run.log(record)
                report.update(progress, f"step {step}  loss {record['loss']:.3f}")
                window = _Window()
            if now - evaluated >= config.evaluate_every_s:
                run.log({"step": step, "elapsed_s": now - started, **task.evaluate()})
                evaluated = time.monotonic()
            if now - saved >= config.checkpoint_every_s or interrupted:
                run.save_checkpoint(step, _snapshot(step, time.monotonic() - started, task, optimizer, rng))
                saved = time.monotonic()
            if interrupted:
                raise KeyboardInterrupt
    run.log({"step": step, "elapsed_s": time.monotonic() - started, **task.evaluate()})
    run.save_checkpoint(step, _snapshot(step, time.monotonic() - started, task, optimizer, rng))


class _Window:
    """Means over the steps since the last line of metrics."""

    def __init__(self) -> None:
        self._losses: list[float] = []
        self._norms: list[float] = []
        self._clipped = self._tokens = 0
        self._started = time.monotonic()

    def add(self, loss: float, norm: float, tokens: int, *, clipped: bool) -> None:
        self._losses.append(loss)
        self._norms.append(norm)
        self._clipped += clipped
        self._tokens += tokens

    def summary(self, now: float) -> dict[str, float]:
        return {
            "loss": float(np.mean(self._losses)),
            "grad_norm": float(np.mean(self._norms)),
            "clipped_share": self._clipped / len(self._norms),
            "tokens_per_s": self._tokens / (now - self._started),
            # The most this process has ever held: a leak is a line that rises for ever.
            "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }


def _snapshot(
    step: int, elapsed_s: float, task: Task, optimizer: torch.optim.Optimizer, rng: np.random.Generator
) -> dict[str, Any]:
    return {
        "step": step,
        "elapsed_s": elapsed_s,
        "modules": {name: module.state_dict() for name, module in task.modules().items()},
        "optimizer": optimizer.state_dict(),
        "torch_rng": torch.get_rng_state(),
        "numpy_rng": rng.bit_generator.state,
    }


def _restore(
    state: Mapping[str, Any], task: Task, optimizer: torch.optim.Optimizer, rng: np.random.Generator
) -> tuple[int, float]:
    for name, module in task.modules().items():
        module.load_state_dict(state["modules"][name])
    optimizer.load_state_dict(state["optimizer"])
    torch.set_rng_state(state["torch_rng"])
    rng.bit_generator.state = state["numpy_rng"]
    return state["step"], state["elapsed_s"]


@contextmanager
def _interruptions() -> Iterator[list[int]]:
    """A list that becomes non-empty on SIGTERM or SIGINT, so that the step in flight is finished and saved."""
    seen: list[int] = []
    before = {
        s: signal.signal(s, lambda number, _: seen.append(number)) for s in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        yield seen
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
