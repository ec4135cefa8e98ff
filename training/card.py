"""The card of a model: how it was made, and what it measured; written with the model, never by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from training.metrics import read_metrics
from training.run import CONFIG, METRICS


def write_card(run_dir: Path, measures: Mapping[str, float]) -> str:
    """Markdown from the run's own configuration and metrics."""
    config = json.loads((run_dir / CONFIG).read_text(encoding="utf-8"))
    steps = [record for record in read_metrics(run_dir / METRICS) if "step" in record]
    last = steps[-1] if steps else {"step": 0, "elapsed_s": 0.0}
    origin = f"model {config['from']}" if config["from"] else "random weights"
    rows = [f"| {name.replace('_', ' ')} | {value:.4f} |" for name, value in measures.items()]
    return "\n".join(
        [
            f"# {config['preset']}",
            "",
            f"Trained from {origin} for {last['step']:,} steps in {last['elapsed_s'] / 60:.0f} minutes.",
            "",
            "| measure | value |",
            "|---|---|",
            *rows,
            "",
            "```json",
            json.dumps(config, indent=2, sort_keys=True),
            "```",
            "",
        ]
    )
