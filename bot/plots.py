"""Pictures for keepers: use over time, and the loss of a training run. Every function blocks."""

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bot.store.stats import Day
from index.books import display

_SIZE = (8.0, 4.5)  # inches
_DPI = 110
_WEEK = 7  # days between dates on an axis


def plot_use(days: Sequence[Day], popular: Sequence[tuple[int, int]]) -> bytes:
    """PNG of queries and ratings a day, and of the verses most often found."""
    figure = _figure()
    # Without verses their half would be an empty frame.
    over_time, *beside = figure.subplots(1, 2, width_ratios=[3, 2]) if popular else [figure.subplots()]
    dates = [day.day for day in days]
    over_time.bar(dates, [day.queries for day in days], color="#4a6fa5", label="questions")
    over_time.plot(dates, [day.up for day in days], color="#2f8f5b", label="thumbs up")
    over_time.plot(dates, [day.down for day in days], color="#c0392b", label="thumbs down")
    over_time.set_title(f"The last {len(days)} days")
    over_time.set_ylim(0, max([1, *(max(day.queries, day.up, day.down) for day in days)]) * 1.05)
    over_time.yaxis.get_major_locator().set_params(integer=True)
    over_time.set_xticks(dates[::-_WEEK])
    over_time.set_xticklabels([f"{date:%d %b}" for date in dates[::-_WEEK]])
    figure.legend(loc="outside lower center", ncols=3, frameon=False)
    for verses in beside:
        names = [display(verse) for verse, _ in popular][::-1]
        verses.barh(names, [count for _, count in popular][::-1], color="#4a6fa5")
        verses.xaxis.get_major_locator().set_params(integer=True)
        verses.set_title("Most often found")
    return _png(figure)


def plot_loss(metrics: Path) -> bytes | None:
    """PNG of the loss over the steps of a run, from its `metrics.jsonl`; None when nothing was logged."""
    try:
        lines = metrics.read_text("utf-8").splitlines()
    except OSError:
        return None
    rows = [row for line in lines if "loss" in (row := json.loads(line))]
    if len(rows) < 2:
        return None
    figure = _figure()
    axes = figure.subplots()
    axes.plot([row["step"] for row in rows], [row["loss"] for row in rows], color="#4a6fa5")
    axes.set_xlabel("step")
    axes.set_ylabel("loss")
    return _png(figure)


def _figure() -> Any:
    from matplotlib.figure import Figure  # takes a second, and only keepers ask for it

    return Figure(figsize=_SIZE, dpi=_DPI, layout="constrained")


def _png(figure: Any) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()
