"""Progress of a long command: a bar for people, JSON lines for the bot (VERSE_PROGRESS=json)."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

Stages = Callable[[str, int, int], None]
"""Called with (stage, done, total)."""

UNITS = 1000
"""A run's length on the bar: its progress is a share, not a count."""


class ProgressReport:
    """Shows how far a stage is; a context manager."""

    def __init__(self, stage: str, *, quiet: bool = False) -> None:
        self._stage = stage
        self._quiet = quiet
        self._json = os.environ.get("VERSE_PROGRESS") == "json"
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>4.0f} %"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[text]}"),
            disable=self._json or quiet,
        )
        self._task = self._bar.add_task(stage, total=UNITS, text="")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def update(self, share: float, text: str) -> None:
        """`share` of the stage is done, 0 to 1; `text` says what matters now."""
        if self._quiet:
            return
        done = round(share * UNITS)
        if self._json:
            line = {"stage": self._stage, "done": done, "total": UNITS, "text": text}
            sys.stdout.write(json.dumps(line) + "\n")
            sys.stdout.flush()
        else:
            self._bar.update(self._task, completed=done, text=text)


@contextmanager
def stages() -> Iterator[Stages]:
    """Shows a command of many stages, one below the other, on standard error."""
    if os.environ.get("VERSE_PROGRESS") == "json":

        def tell(stage: str, done: int, total: int) -> None:
            sys.stdout.write(json.dumps({"stage": stage, "done": done, "total": total, "text": ""}) + "\n")
            sys.stdout.flush()

        yield tell
        return
    columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>4.0f} %")
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def show(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield show
