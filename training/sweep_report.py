"""What came of a sweep: a ranked table for people, and a picture of the measure over each setting."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure
from rich.table import Table

from training.run import write_atomically
from training.sweep import MEASURE, Trial

PICTURE = "sweep.png"
LOGARITHMIC = {"learning_rate"}


def ranked(trials: Sequence[Trial]) -> Table:
    """The trials, the best first; failures last, with their sentence."""
    names = _names(trials)
    table = Table(title="Held-out loss at 15 % masking, the best first")
    for name in (*names, "nats", "bits a byte", "steps", "tokens/s"):
        table.add_column(name.replace("_", " "), justify="right")
    for trial in trials:
        setting = [f"{trial.settings[name]:g}" if name in trial.settings else "" for name in names]
        if trial.failure:
            table.add_row(*setting, "[red]failed[/]", trial.failure)
            continue
        measures = trial.measures
        table.add_row(
            *setting,
            f"{measures[MEASURE]:.4f}",
            f"{measures['held_out_bits_per_byte']:.4f}",
            f"{measures['steps']:,}",
            f"{measures['tokens_per_s']:,.0f}",
        )
    return table


def draw_sweep(trials: Sequence[Trial], directory: Path) -> Path:
    """A panel for each setting: the loss of every trial over its value, the best one marked."""
    names = _names(trials)
    measured = [trial for trial in trials if not trial.failure]
    figure = Figure(figsize=(4.5 * max(1, len(names)), 3.5), dpi=110, layout="constrained")
    for i, name in enumerate(names):
        axes = figure.add_subplot(1, len(names), i + 1)
        values = [trial.settings.get(name, math.nan) for trial in measured]
        losses = [trial.measures[MEASURE] for trial in measured]
        axes.plot(values, losses, "o", alpha=0.6)
        axes.plot(values[:1], losses[:1], "*", markersize=14, color="C3", label="best")
        if name in LOGARITHMIC:
            axes.set_xscale("log")
        axes.set_xlabel(name.replace("_", " "))
        axes.set_ylabel("held-out loss, nats")
        axes.grid(alpha=0.3)
        axes.legend()
    png = io.BytesIO()
    figure.savefig(png, format="png")
    write_atomically(directory / PICTURE, png.getvalue())
    return directory / PICTURE


def _names(trials: Sequence[Trial]) -> list[str]:
    return list(dict.fromkeys(name for trial in trials for name in trial.settings))
