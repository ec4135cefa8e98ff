"""Real processes of `verse …`, forked from one that has imported everything, so that twenty cost little.

What they print goes to a file; they can be killed, stopped, limited, and told to be one of several.
"""

import contextlib
import multiprocessing
import os
import resource
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["bot.cli", "training.pretrain_run"])
DEADLINE_S = 120.0


@dataclass
class Verse:
    """A running command line."""

    process: ForkServerProcess
    output: Path

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Until the condition holds; fails when the process ends before, or after the deadline."""
        deadline = time.monotonic() + DEADLINE_S
        while not condition():
            assert self.process.is_alive(), self.printed
            assert time.monotonic() < deadline, self.printed
            time.sleep(0.005)

    def ended(self) -> int:
        """The exit status."""
        self.process.join(DEADLINE_S)
        assert self.process.exitcode is not None, self.printed
        return self.process.exitcode

    @property
    def printed(self) -> str:
        """All it said, as one line."""
        return " ".join(self.output.read_text(encoding="utf-8").split())


def start(
    arguments: Sequence[str], output: Path, *, env: Mapping[str, str], largest_file: int | None = None
) -> Verse:
    """Begin `verse ARGUMENTS`; files may not grow beyond `largest_file` bytes."""
    output.touch()
    process = _FORKS.Process(
        target=_run, args=(list(arguments), output, dict(env), largest_file), daemon=True
    )
    process.start()
    return Verse(process, output)


def _run(arguments: list[str], output: Path, env: dict[str, str], largest_file: int | None) -> None:
    os.environ.update(env, NO_COLOR="1", COLUMNS="400", VERSE_THREADS="1")
    if largest_file is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))
    with output.open("a", encoding="utf-8", buffering=1) as file:
        os.dup2(file.fileno(), sys.stdout.fileno())
        os.dup2(file.fileno(), sys.stderr.fileno())
        with contextlib.redirect_stdout(file), contextlib.redirect_stderr(file):
            from bot.cli import app

            app(arguments)
