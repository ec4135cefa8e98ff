"""Learning rate over a run: linear warm-up, then linear decay to zero (Vaswani 2017; Devlin 2018).

The run's length is a number of steps or, as in Cramming (arXiv:2212.14034), a budget of minutes: then the decay
ends when the time does, however fast the machine is.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How long a run lasts; exactly one of the two is given."""

    steps: int | None = None
    minutes: float | None = None

    def __post_init__(self) -> None:
        if (self.steps is None) == (self.minutes is None):
            raise ValueError("a budget is a number of steps or of minutes")

    def progress(self, step: int, elapsed_s: float) -> float:
        """The part of the run that is over, 0 to 1."""
        if self.steps is not None:
            return min(1.0, step / self.steps)
        assert self.minutes is not None
        return min(1.0, elapsed_s / (60 * self.minutes))


def learning_rate_factor(step: int, progress: float, warmup_steps: int, decay_share: float) -> float:
    """The factor, 0 to 1, on the base rate at `step` (counted from 0).

    Args:
        step: steps done.
        progress: the part of the run that is over, 0 to 1.
        warmup_steps: steps over which the factor rises from 0 to 1.
        decay_share: the last part of the run over which it falls to 0; 1 is the triangle of BERT.
    """
    warm = min(1.0, (step + 1) / max(1, warmup_steps))
    return warm * min(1.0, (1.0 - progress) / decay_share)
