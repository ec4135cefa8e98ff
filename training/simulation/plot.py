"""The learning curve as a picture and as a table."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

LABELS = {"next_after": "success@1 on next month's queries", "dev_after": "success@1 on the dev set"}


def draw(source: Path, out: Path) -> None:
    """Draws what `curve.save` wrote, as SVG or PNG by the name of `out`."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    points: list[Mapping[str, Any]] = json.loads(source.read_text(encoding="utf-8"))
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    for axis, (measure, label) in zip(axes, LABELS.items(), strict=True):
        for scenario in dict.fromkeys(p["scenario"] for p in points):
            of = [p for p in points if p["scenario"] == scenario]
            xs = [0, *(p["events"] for p in of)]
            ys = [of[0][measure.replace("after", "before")], *(p[measure] for p in of)]
            (line,) = axis.plot(xs, ys, marker="o", markersize=4, label=scenario)
            refused = [p for p in of if p["stopped"]]
            axis.plot(
                [p["events"] for p in refused],
                [p[measure] for p in refused],
                "x",
                color=line.get_color(),
                markersize=11,
            )
        axis.set_xscale("symlog", linthresh=1_000)
        axis.set_xlabel("feedback events")
        axis.set_title(label, fontsize=10)
        axis.grid(alpha=0.3)
    axes[0].legend(fontsize=8, title="who rates (×: the gate refuses it)", title_fontsize=8)
    out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(out, metadata={"Date": None} if out.suffix == ".svg" else None)
    plt.close(figure)


def table(points: Sequence[Mapping[str, Any]]) -> str:
    """Markdown."""
    lines = [
        "| who rates | events | next queries: hybrid s@1 | meaning s@1 | dev set s@1 | regression set s@1 | gate |",
        "|---|---|---|---|---|---|---|",
    ]
    first = points[0]
    before = (first[f"{name}_before"] for name in ("next", "next_meaning", "dev", "regression"))
    lines.append(f"| before | 0 | {' | '.join(f'{value:.3f}' for value in before)} | |")
    for p in points:
        values = (p[f"{name}_after"] for name in ("next", "next_meaning", "dev", "regression"))
        gate = "refused" if p["stopped"] else "passes"
        lines.append(
            f"| {p['scenario']} | {p['events']:,} | {' | '.join(f'{v:.3f}' for v in values)} | {gate} |"
        )
    return "\n".join(lines)
