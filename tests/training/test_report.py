"""The page about a run: every curve that was measured, self-contained, and clear about what is missing."""

import base64
import io
import re
from pathlib import Path

import pytest
from matplotlib.image import imread

from training.curves import Curves, panels_for
from training.errors import RunError
from training.metrics import Record
from training.report import HTML, PNG, write_report
from training.run import Run

LINES: list[Record] = [
    {
        "resumed_at": 0,
        "clip_norm": 1.0,
        "peak_flops": 2e11,
        "peak_source": "measured: a product",
        "device": "cpu",
    },
    *(
        {
            "step": step,
            "elapsed_s": 6.0 * step,
            "loss": 9 / step,
            "bits_per_byte": 3 / step,
            "grad_norm": 2.0,
            "layers": {"embedding": 1.0, "block 0": 1.5},
            "learning_rate": 1e-3,
            "clipped_share": 1.0,
            "tokens_per_s": 900.0,
            "mfu": 0.25,
            "memory_mb": 400.0,
            "peak_memory_mb": 450.0,
        }
        for step in range(10, 60, 10)
    ),
    {"step": 50, "elapsed_s": 300.0, "held_out_loss": 1.25, "held_out_bits_per_byte": 0.5},
]


def recorded(directory: Path, lines: list[Record]) -> Path:
    run = Run(directory, {"preset": "small", "remark": "<script>"})
    for line in lines:
        run.log(line)
    return directory


def test_one_page_holds_the_figures_and_the_picture(tmp_path: Path) -> None:
    directory = recorded(tmp_path / "first", LINES)
    page = write_report([directory], directory)
    text = page.read_text(encoding="utf-8")
    for fact in (
        "1.250 nats",
        "0.5000",
        "900 (median)",
        "25.0% (median)",
        "0.2 TFLOP/s (measured: a product)",
    ):
        assert fact in text
    assert "<script>" not in text
    assert not re.search(r"(src|href)=.(?!data:)", text), "the page must stand alone"
    embedded = re.search(r"data:image/png;base64,([^\"]+)", text)
    assert embedded is not None
    png = base64.b64decode(embedded[1])
    assert png == (directory / PNG).read_bytes()
    assert imread(io.BytesIO(png)).shape[1] > 1000


def test_runs_are_compared_also_with_one_that_measured_less(tmp_path: Path) -> None:
    older: list[Record] = [
        {"step": 10, "elapsed_s": 1.0, "loss": 7.5},
        {"step": 20, "elapsed_s": 2.0, "loss": 7.25},
    ]
    runs = [recorded(tmp_path / "new", LINES), recorded(tmp_path / "old", older)]
    page = write_report(runs, tmp_path / "new-vs-old", "minutes")
    assert page == tmp_path / "new-vs-old" / HTML
    assert "7.250 nats" in page.read_text(encoding="utf-8")


def test_series_are_over_steps_or_minutes_and_of_layers_too() -> None:
    run = Curves("run", LINES)
    assert run.series("loss", "steps")[0] == [10, 20, 30, 40, 50]
    assert run.series("loss", "minutes")[0] == pytest.approx([1, 2, 3, 4, 5])
    assert run.series("layers/block 0", "steps")[1] == [1.5] * 5
    assert run.series("validation_mrr", "steps") == ([], [])


def test_layers_are_drawn_where_they_can_be_told_apart() -> None:
    run, older = Curves("run", LINES), Curves("older", LINES[-1:])
    titles = [panel.title for panel in panels_for([run])]
    assert titles[titles.index("Gradient norm before clipping") + 1] == "Gradient norm by layer"
    assert "Gradient norm by layer" not in [panel.title for panel in panels_for([run, older])]
    assert [panel.title for panel in panels_for([older])] == ["Loss, nats", "Bits per byte"]


def test_a_run_that_is_not_there_or_measured_nothing_is_said(tmp_path: Path) -> None:
    recorded(tmp_path / "first", LINES)
    recorded(tmp_path / "started", LINES[:1])
    with pytest.raises(RunError, match=r"There is no run nope in .*; there are first, started"):
        write_report([tmp_path / "nope"], tmp_path)
    with pytest.raises(RunError, match="nothing yet"):
        write_report([tmp_path / "started"], tmp_path)
