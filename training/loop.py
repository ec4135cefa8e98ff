"""The loop that pretraining and fine-tuning share.

What the article learned is the default here: clip the gradients at 1.0 and record their norm before it, warm up
and decay linearly, save often, watch the memory. A run that is killed goes on from its last checkpoint, on the
CPU bit for bit.
"""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from training.allocator import return_freed_memory
from training.distributed import Ranks
from training.errors import Stopped
from training.flops import peak_flops
from training.progress import ProgressReport
from training.run import Run
from training.schedule import Budget, learning_rate_factor
from training.telemetry import Window, layer_norms, layers_of


class ParameterGroup(NamedTuple):
    """Parameters that learn at one base rate."""

    parameters: Sequence[nn.Parameter]
    learning_rate: float
    weight_decay: float = 0.0


class Lesson(NamedTuple):
    """One batch's loss, a scalar with its graph, and what was read for it.

    Attributes:
        loss: where several processes train, scaled so that their mean is the loss of the whole batch.
        tokens: real ones, of all processes.
        flops: of the model's matrix products on them, forward and backward (`training.flops`).
        size: of the texts in bytes, for losses that bits per byte mean anything for.
    """

    loss: Tensor
    tokens: int
    flops: float
    size: int = 0


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

    def score(self, measures: Mapping[str, float]) -> float | None:
        """The one of `evaluate`'s measures that says which weights are best, higher being better."""


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
    evaluate_every: float = 0.1
    """A share of the budget: ten points are a curve, whatever the machine."""


log = logging.getLogger(__name__)

LUCK = 0.01
"""By which share earlier weights must have measured better to be gone back to. Some hundred validation queries tell
no less, and the last weights, with the rates run down, are the better bet."""


def train(
    task: Task, run: Run, config: LoopConfig, *, ranks: Ranks | None = None, quiet: bool = False
) -> None:
    """Train to the end of the budget; the task then holds the weights that measured best.

    Raises:
        Stopped: SIGTERM or SIGINT came; the step in flight was finished and saved.
        Diverged: the loss is no longer a number; no such weights are saved.
        RunError: a checkpoint could not be written.
    """
    ranks = ranks or Ranks()
    torch.manual_seed(config.seed + ranks.rank)  # dropout differs, batches are drawn from `rng` and do not
    rng = np.random.default_rng(config.seed)
    groups = task.parameter_groups()
    parameters = [p for group in groups for p in group.parameters]
    device = parameters[0].device
    optimizer = torch.optim.AdamW(
        [
            {"params": group.parameters, "lr": group.learning_rate, "weight_decay": group.weight_decay}
            for group in groups
        ],
        betas=config.betas,
        eps=config.eps,
        fused=True,
    )
    book = _Book(task, run, optimizer, rng, ranks)
    step, elapsed_before = book.open(config.seed)
    first_step = step
    started = time.monotonic() - elapsed_before
    book.log({"resumed_at": step, "clip_norm": config.clip_norm, **_machine(device, ranks)})

    saved = time.monotonic()
    looks = _looks(config, config.budget.progress(first_step, elapsed_before))
    layers = layers_of(task.modules())
    window = Window(step, device, ranks.count)
    with ProgressReport(task.stage, quiet=quiet or not ranks.first) as report, _interruptions() as signals:
        while True:
            elapsed, stop = ranks.agree(time.monotonic() - started, stop=bool(signals))
            if stop:
                window.check()
                book.save(step, elapsed)
                raise Stopped(
                    f"Stopped at step {step}, and saved in {run.directory}; the same command goes on from there.",
                    signals[0] if signals else signal.SIGTERM,
                )
            if (progress := config.budget.progress(step, elapsed)) >= 1.0:
                report.update(1.0, f"step {step}")
                break
            factor = learning_rate_factor(step, progress, config.warmup_steps, config.decay_share)
            for group, base in zip(optimizer.param_groups, groups, strict=True):
                group["lr"] = base.learning_rate * factor
            lesson = task.lesson(rng)
            lesson.loss.backward()  # type: ignore[no-untyped-call]
            line_is_due = step == first_step or (step + 1) % config.log_every == 0
            norms = layer_norms(layers) if line_is_due else {}
            norm = nn.utils.clip_grad_norm_(parameters, config.clip_norm)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            task.after_step()
            step += 1

            window.add(lesson.loss, norm, tokens=lesson.tokens, size=lesson.size, flops=lesson.flops)
            if line_is_due:
                summary = window.summary(config.clip_norm, ranks.mean(window.losses()))
                rate = factor * max(group.learning_rate for group in groups)
                book.log(
                    {"step": step, "elapsed_s": elapsed, "learning_rate": rate, **summary, "layers": norms}
                )
                report.update(progress, f"step {step}  loss {summary['loss']:.3f}")
                window = Window(step, device, ranks.count)
            if (due := _looks(config, progress)) > looks:
                window.check()
                book.evaluate(step, time.monotonic() - started)
                looks = due
            if time.monotonic() - saved >= config.checkpoint_every_s:
                window.check()
                book.save(step, time.monotonic() - started)
                saved = time.monotonic()
    window.check()
    book.save(step, time.monotonic() - started)
    book.close(step, time.monotonic() - started)


class _Book:
    """What a run writes down: lines, checkpoints, the best weights. Only the first process's pen has ink."""

    def __init__(
        self,
        task: Task,
        run: Run,
        optimizer: torch.optim.Optimizer,
        rng: np.random.Generator,
        ranks: Ranks,
    ) -> None:
        self._task = task
        self._run = run
        self._optimizer = optimizer
        self._rng = rng
        self._ranks = ranks
        best = run.load_best()
        self._best: float | None = best["score"] if best else None

    def open(self, seed: int) -> tuple[int, float]:
        """Go on from the last checkpoint, if there is one: its step and the seconds trained so far."""
        state = self._run.load_checkpoint()
        if state is None:
            return 0, 0.0
        for name, module in self._task.modules().items():
            module.load_state_dict(state["modules"][name])
        self._optimizer.load_state_dict(state["optimizer"])
        self._rng.bit_generator.state = state["numpy_rng"]
        if self._ranks.first:
            torch.set_rng_state(state["torch_rng"])
        else:
            torch.manual_seed(hash((seed, self._ranks.rank, state["step"])))
        return state["step"], state["elapsed_s"]

    def log(self, record: Mapping[str, Any]) -> None:
        if self._ranks.first:
            self._run.log(record)

    def save(self, step: int, elapsed_s: float) -> None:
        if self._ranks.first:
            state = {
                "step": step,
                "elapsed_s": elapsed_s,
                "modules": self._weights(),
                "optimizer": self._optimizer.state_dict(),
                "torch_rng": torch.get_rng_state(),
                "numpy_rng": self._rng.bit_generator.state,
            }
            self._run.save_checkpoint(step, state)
        return_freed_memory()

    def evaluate(self, step: int, elapsed_s: float) -> None:
        """Measure, and keep the weights if they are the best so far."""
        if self._ranks.first and self._measure(step, elapsed_s) and self._best is not None:
            self._run.save_best(step, self._best, self._weights())

    def close(self, step: int, elapsed_s: float) -> None:
        """Measure for the last time; if earlier weights were clearly better, the task holds those again."""
        if not self._ranks.first or self._measure(step, elapsed_s, LUCK):
            return
        if best := self._run.load_best():
            for name, module in self._task.modules().items():
                module.load_state_dict(best["modules"][name])
            self._run.log({"step": step, "elapsed_s": elapsed_s, "went_back_to_step": best["step"]})
            log.warning(
                "Step %d measured better than the last, %d; its weights are kept.", best["step"], step
            )

    def _measure(self, step: int, elapsed_s: float, luck: float = 0.0) -> bool:
        """Whether nothing before was better by more than `luck`, a share of the best score."""
        measures = self._task.evaluate()
        self._run.log({"step": step, "elapsed_s": elapsed_s, **measures})
        score = self._task.score(measures)
        if score is None or (self._best is not None and score < self._best - luck * abs(self._best)):
            return score is None
        self._best = score
        return True

    def _weights(self) -> dict[str, Any]:
        return {name: module.state_dict() for name, module in self._task.modules().items()}


def _looks(config: LoopConfig, progress: float) -> int:
    """How many evaluations are due by then: the same for a run that was resumed."""
    return int(progress / config.evaluate_every + 1e-9)


def _machine(device: torch.device, ranks: Ranks) -> dict[str, Any]:
    """What the figures of this run were measured on."""
    peak = peak_flops(device)
    return {
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
        "threads": torch.get_num_threads(),
        "processes": ranks.count,
        "peak_flops": peak.flops,
        "peak_source": peak.source,
        "torch": torch.__version__,
    }


@contextmanager
def _interruptions() -> Iterator[list[int]]:
    """Signals to stop that came, so that the step in flight is finished and saved."""
    seen: list[int] = []
    before = {
        s: signal.signal(s, lambda number, _: seen.append(number)) for s in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        yield seen
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
