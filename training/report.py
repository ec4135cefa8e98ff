"""`verse train report`: one page about a run, or about several beside each other, as HTML and PNG."""

from __future__ import annotations

import base64
import html
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import fmean, median
from string import Template
from typing import Any

from training.curves import Against, Curves, draw
from training.errors import RunError
from training.metrics import read_metrics
from training.run import CONFIG, METRICS, write_atomically

PNG, HTML = "report.png", "report.html"

_PAGE = Template(
    """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>$title</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 1500px; padding: 0 1rem; color: #222 }
table { border-collapse: collapse; margin-bottom: 1.5rem }
th, td { border-bottom: 1px solid #ddd; padding: .3rem .9rem; text-align: right }
th:first-child { text-align: left }
img { max-width: 100% }
pre { background: #f5f5f5; padding: 1rem; overflow: auto }
</style>
<h1>$title</h1>
<table>$table</table>
<img alt="Curves of $title" src="data:image/png;base64,$png">
<p>Loss in nats a hidden token, and in bits a byte of text so that vocabularies compare. Model FLOPs utilisation is
the operations of the model's matrix products on real tokens, forward and backward (PaLM, arXiv:2204.02311, appendix
B), a second, divided by the machine's peak: $peaks.</p>
$configs
</html>
"""
)


def write_report(directories: Sequence[Path], out: Path, against: Against = "steps") -> Path:
    """Write the page and its picture to `out`; the page's path. Raises RunError."""
    runs = [read_run(directory) for directory in directories]
    png = draw(runs, against)
    title = " and ".join(run.name for run in runs)
    configs = [
        f"<details><summary>Configuration of {html.escape(run.name)}</summary>"
        f"<pre>{html.escape((directory / CONFIG).read_text(encoding='utf-8'))}</pre></details>"
        for run, directory in zip(runs, directories, strict=True)
    ]
    page = _PAGE.substitute(
        title=html.escape(title),
        table=_table(runs),
        png=base64.b64encode(png).decode("ascii"),
        peaks=html.escape("; ".join(_peaks(runs)) or "not measured"),
        configs="\n".join(configs),
    )
    out.mkdir(parents=True, exist_ok=True)
    write_atomically(out / PNG, png)
    write_atomically(out / HTML, page.encode())
    return out / HTML


def read_run(directory: Path) -> Curves:
    """A run's curves; raises RunError when there are none."""
    try:
        records = read_metrics(directory / METRICS)
    except OSError:
        others = sorted(path.parent.name for path in directory.parent.glob(f"*/{METRICS}"))
        known = f"there are {', '.join(others)}" if others else "there are none yet"
        raise RunError(f"There is no run {directory.name} in {directory.parent}; {known}.") from None
    if not any("step" in record for record in records):
        raise RunError(f"{directory.name} has measured nothing yet; try again in a minute.")
    return Curves(directory.name, records)


def _table(runs: Sequence[Curves]) -> str:
    """A row a fact, a column a run; facts that no run has are left out."""
    header = "".join(f"<th>{html.escape(run.name)}</th>" for run in runs)
    rows = [f"<tr><th></th>{header}</tr>"]
    for key, summary, form in FACTS:
        values = [[record[key] for record in run.records if key in record] for run in runs]
        if any(values):
            cells = "".join(f"<td>{html.escape(form(summary(v))) if v else ''}</td>" for v in values)
            rows.append(f"<tr><th>{key.replace('_', ' ')}</th>{cells}</tr>")
    return "".join(rows)


def _last(values: Sequence[Any]) -> Any:
    return values[-1]


def _peaks(runs: Sequence[Curves]) -> list[str]:
    starts = [record for run in runs for record in run.records if "peak_flops" in record]
    return sorted({f"{s['peak_flops'] / 1e12:.3g} TFLOP/s ({s['peak_source']})" for s in starts})


Fact = tuple[str, Callable[[Sequence[Any]], Any], Callable[[Any], str]]

FACTS: Sequence[Fact] = (
    ("device", _last, str),
    ("processes", _last, str),
    ("step", max, "{:,}".format),
    ("elapsed_s", max, lambda s: f"{s / 60:.1f} minutes"),
    ("epoch", max, str),
    ("loss", _last, "{:.3f} nats".format),
    ("bits_per_byte", _last, "{:.4f}".format),
    ("held_out_loss", min, "{:.3f} nats".format),
    ("held_out_bits_per_byte", min, "{:.4f}".format),
    ("validation_success_at_1", max, "{:.1%}".format),
    ("validation_success_at_10", max, "{:.1%}".format),
    ("clipped_share", fmean, "{:.0%} of steps".format),
    ("tokens_per_s", median, "{:,.0f} (median)".format),
    ("mfu", median, "{:.1%} (median)".format),
    ("peak_memory_mb", max, "{:,.0f} MiB".format),
    ("gpu_peak_memory_mb", max, "{:,.0f} MiB".format),
)
"""What the table says: a measure, how its values become one (the best for held-out ones), and how it is written."""
