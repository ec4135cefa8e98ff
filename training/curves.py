"""Draws the curves of runs: one picture for one run, or several over each other."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from training.metrics import Record

Against = Literal["steps", "minutes"]

COLUMNS = 3
PANEL_INCHES = 5.0, 3.2
DOTS_PER_INCH = 110
STYLES = ("-", "--", ":", "-.")


@dataclass(frozen=True, slots=True)
class Curves:
    """A run's name and its lines of metrics."""

    name: str
    records: Sequence[Record]

    def series(self, key: str, against: Against) -> tuple[list[float], list[float]]:
        """The measure `key`, also of a layer (`layers/block 0`), over steps or minutes; empty if never measured."""
        group, _, member = key.rpartition("/")
        points = []
        for record in self.records:
            measures = record.get(group, {}) if group else record
            if member in measures and "step" in record:
                x = record["step"] if against == "steps" else record["elapsed_s"] / 60
                points.append((x, measures[member]))
        return [x for x, _ in points], [y for _, y in points]

    def layers(self) -> list[str]:
        """The keys of the layers' gradient norms, in the order of the model."""
        names: dict[str, None] = {}
        for record in self.records:
            names.update(dict.fromkeys(f"layers/{layer}" for layer in record.get("layers", ())))
        return list(names)

    @property
    def clip_norm(self) -> float | None:
        """Where gradients were clipped."""
        norms: list[float] = [record["clip_norm"] for record in self.records if "clip_norm" in record]
        return norms[-1] if norms else None


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture: the measures that it shows, and how."""

    title: str
    keys: Sequence[str]
    logarithmic: bool = False
    percent: bool = False
    from_zero: bool = False


PANELS = (
    Panel("Loss, nats", ("loss", "held_out_loss")),
    Panel("Bits per byte", ("bits_per_byte", "held_out_bits_per_byte")),
    Panel(
        "Validation queries",
        ("validation_success_at_1", "validation_mrr", "validation_success_at_10"),
        percent=True,
    ),
    Panel("Gradient norm before clipping", ("grad_norm",), logarithmic=True),
    Panel("Clipped steps", ("clipped_share",), percent=True, from_zero=True),
    Panel("Learning rate", ("learning_rate",)),
    Panel("Tokens a second", ("tokens_per_s",), from_zero=True),
    Panel("Model FLOPs utilisation", ("mfu",), percent=True, from_zero=True),
    Panel(
        "Memory, MiB", ("memory_mb", "peak_memory_mb", "gpu_memory_mb", "gpu_peak_memory_mb"), from_zero=True
    ),
)


def panels_for(runs: Sequence[Curves], against: Against = "steps") -> list[Panel]:
    """Those that any run has measures for; the layers' gradients only of one run, where they can be told apart."""
    panels = [panel for panel in PANELS if any(run.series(k, against)[0] for run in runs for k in panel.keys)]
    if len(runs) == 1 and (layers := runs[0].layers()):
        after = next((i for i, panel in enumerate(panels, 1) if panel.keys == ("grad_norm",)), len(panels))
        panels.insert(after, Panel("Gradient norm by layer", layers, logarithmic=True))
    return panels


def draw(runs: Sequence[Curves], against: Against = "steps") -> bytes:
    """The panels as a PNG."""
    panels = panels_for(runs, against)
    rows = -(-len(panels) // COLUMNS)
    width, height = PANEL_INCHES
    figure = Figure(figsize=(COLUMNS * width, max(1, rows) * height), dpi=DOTS_PER_INCH, layout="constrained")
    for i, panel in enumerate(panels):
        axes = figure.add_subplot(rows, COLUMNS, i + 1)
        _draw_panel(axes, panel, runs, against)
    png = io.BytesIO()
    figure.savefig(png, format="png", metadata={"Software": None})
    return png.getvalue()


def _draw_panel(axes: Axes, panel: Panel, runs: Sequence[Curves], against: Against) -> None:
    several = len(runs) > 1
    for number, run in enumerate(runs):
        for i, key in enumerate(panel.keys):
            xs, ys = run.series(key, against)
            if not xs:
                continue
            name = key.rpartition("/")[2].replace("_", " ")
            look: dict[str, Any] = {"color": f"C{number}", "linestyle": STYLES[i % len(STYLES)]}
            if not several:
                look = {"color": _shade(i, len(panel.keys))}
            axes.plot(
                xs,
                [100 * y for y in ys] if panel.percent else ys,
                label=f"{run.name}: {name}" if several else name,
                marker="o" if len(xs) < 30 else None,
                markersize=3,
                linewidth=1.2,
                **look,
            )
        if panel.keys == ("grad_norm",) and run.clip_norm is not None:
            axes.axhline(
                run.clip_norm,
                color="grey",
                linestyle="--",
                linewidth=1,
                label=f"clipped at {run.clip_norm:g}",
            )
    axes.set_title(panel.title + (", %" if panel.percent else ""), fontsize=10)
    axes.set_xlabel(against, fontsize=8)
    if panel.logarithmic:
        axes.set_yscale("log")
    if panel.from_zero:
        axes.set_ylim(bottom=0)
    axes.tick_params(labelsize=8)
    axes.grid(alpha=0.3)
    handles = dict(zip(*reversed(axes.get_legend_handles_labels()), strict=True))
    axes.legend(handles.values(), handles.keys(), fontsize=7)


def _shade(i: int, count: int) -> Any:
    """Layers from dark to bright, in order; a few measures in well-known colours."""
    return matplotlib.colormaps["viridis"](i / count) if count > len(STYLES) else f"C{i}"
