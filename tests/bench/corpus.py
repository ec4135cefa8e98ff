"""How fast the installed translations load; the aim is 2 s in a new process (cold) and 0.5 s in a warm one.

    python -m tests.bench.corpus

The first row reads and cleans the wheels. The first index build pays for that, once after an installation or an
update; whatever comes later finds the cleaned texts in the data directory.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter, process_time

import typer
from rich.console import Console
from rich.table import Table

from index.bible import load_bible


def load(data_dir: Path) -> dict[str, float]:
    """Seconds by the clock and of the processor to load it, and how many verses there were."""
    begin, begin_cpu = perf_counter(), process_time()
    bible = load_bible(data_dir=data_dir)
    return {
        "seconds": perf_counter() - begin,
        "cpu": process_time() - begin_cpu,
        "verses": sum(len(t.verses) for t in bible.translations.values()),
    }


def _in_a_new_process(data_dir: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.bench.corpus", "--load", str(data_dir)]
    begin = perf_counter()
    measured: dict[str, float] = json.loads(subprocess.check_output(command))
    return measured | {"seconds": perf_counter() - begin}


def main(load_from: Path | None = typer.Option(None, "--load", hidden=True)) -> None:  # noqa: B008
    """Print the table."""
    if load_from:
        typer.echo(json.dumps(load(load_from)))
        return
    table = Table("", "s", "CPU s", "verses")
    with tempfile.TemporaryDirectory() as name:
        data_dir = Path(name)
        for what, measure in (
            ("from the wheels", load),
            ("new process, imports included", _in_a_new_process),
            ("same process, again", load),
        ):
            measured = measure(data_dir)
            table.add_row(
                what, f"{measured['seconds']:.2f}", f"{measured['cpu']:.2f}", f"{measured['verses']:,.0f}"
            )
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
