"""A session on a rented GPU: everything that needs one, in the order of what matters, within a time budget.

    python -m training.gpu_session pack training.pack --topics topics.tsv --wordnet /usr/share/wordnet   # at home
    python -m training.gpu_session start training.pack --minutes 25        # there; returns at once
    python -m training.gpu_session status                                  # there; `stop` ends it early
    # and bring data/session.tar home

It goes on where it was when it is started again with the same data directory, after a kill or on another machine. A
stage that fails is written down, and the next one begins. `--dry-run` does it all with the smallest shape, on any
CPU.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from training.errors import RunError, Stopped, TrainingError
from training.session import LOCK, LOG, RESULTS, STATE, Session, alone
from training.session_plan import Phase, plan
from training.settings import TrainingSettings
from training.travel import pack as write_pack
from training.travel import unpack

app = typer.Typer(help=__doc__, no_args_is_help=True, pretty_exceptions_enable=False)
console = Console()

Work = Annotated[Path | None, typer.Option(help="The session's data directory; by default VERSE_DATA_DIR.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Everything with the smallest shape.")]
Only = Annotated[str, typer.Option(help="Only these stages, by name and comma.")]


@app.command()
def pack(
    out: Annotated[Path, typer.Argument(help="The file to write.")],
    topics: Annotated[Path | None, typer.Option(help="Topics with votes, for fine-tuning.")] = None,
    wordnet: Annotated[Path | None, typer.Option(help="WordNet's files, for synonyms.")] = None,
) -> None:
    """Put what training needs into one file."""
    size = write_pack(TrainingSettings(), out, topics, wordnet)
    console.print(f"{out}: {size / 1e6:.1f} MB")


@app.command()
def start(
    packed: Annotated[Path, typer.Argument(help="From `pack`.")],
    minutes: Annotated[float, typer.Option(help="The whole session's.")],
    work: Work = None,
    only: Only = "",
    dry_run: DryRun = False,
) -> None:
    """Unpack, and begin in a process of its own that outlives this one."""
    directory = _directory(work)
    with alone(directory):
        unpack(packed, directory)
    _chosen(plan(directory, dry=dry_run), only)  # raises here rather than in a log
    command = [
        sys.executable,
        "-m",
        "training.gpu_session",
        "run",
        "--minutes",
        str(minutes),
        "--work",
        str(directory),
    ]
    command += ["--only", only] if only else []
    command += ["--dry-run"] if dry_run else []
    with (directory / LOG).open("ab") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    console.print(
        f"Process {process.pid} is at work; {directory / LOG} tells, and {directory / RESULTS} is the result."
    )


@app.command()
def run(
    minutes: Annotated[float, typer.Option(help="The whole session's.")],
    work: Work = None,
    only: Only = "",
    dry_run: DryRun = False,
) -> None:
    """Work through the plan here and now."""
    directory = _directory(work)
    phases = _chosen(plan(directory, dry=dry_run), only)
    with alone(directory) as lock:
        Session(directory, phases, minutes, lock).run()


@app.command()
def status(work: Work = None) -> None:
    """What is done, and what became of it."""
    path = _directory(work) / STATE
    if not path.exists():
        raise RunError(f"There is no session in {path.parent}.")
    state = json.loads(path.read_text(encoding="utf-8"))
    table = Table("stage", "state", "minutes given", "minutes taken", "")
    for name, stage in state["stages"].items():
        given = f"{stage['minutes']:.1f}" if "minutes" in stage else ""
        table.add_row(
            name, stage.get("state"), given, f"{stage.get('seconds', 0) / 60:.1f}", stage.get("why", "")
        )
    console.print(table)
    console.print(f"{state['spent_s'] / 60:.1f} of {state['minutes']:g} minutes are spent.")


@app.command()
def stop(work: Work = None) -> None:
    """Let the running stage save itself, and end."""
    lock = _directory(work) / LOCK
    try:
        os.kill(int(lock.read_text(encoding="ascii")), signal.SIGTERM)
    except (OSError, ValueError):
        raise RunError(f"No session is running in {lock.parent}.") from None


def _chosen(phases: Sequence[Phase], only: str) -> Sequence[Phase]:
    """The stages of these names, or all for none; raises RunError for a name that no stage has."""
    names = set(filter(None, only.split(",")))
    known = [stage.name for phase in phases for lane in phase for stage in lane]
    if unknown := names.difference(known):
        raise RunError(f"There is no stage {', '.join(sorted(unknown))}; there are {', '.join(known)}.")
    return [
        [[stage for stage in lane if not names or stage.name in names] for lane in phase] for phase in phases
    ]


def _directory(work: Path | None) -> Path:
    return (work or TrainingSettings().data_dir).resolve()


def main() -> None:
    """The command line; errors are one sentence."""
    try:
        app()
    except Stopped as stopped:
        console.print(str(stopped), markup=False)
        sys.exit(stopped.exit_code)
    except TrainingError as error:
        Console(stderr=True).print(str(error), style="red", markup=False, soft_wrap=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
