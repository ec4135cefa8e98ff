"""Progress of a long command: a bar for people, JSON lines for the bot (VERSE_PROGRESS=json)."""

from __future__ import annotations

import json
import os
import sys
from types import TracebackType
from typing import Self

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

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
