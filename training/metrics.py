"""Reads `metrics.jsonl` back: what a run said of itself, without what a kill made untrue."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

Record = dict[str, Any]


def read_metrics(path: Path) -> list[Record]:
    """The lines in order of steps.

    After `kill -9` the last line may be a part of one, and the steps after the last checkpoint are done again: of
    those only the second telling counts.
    """
    records: list[Record] = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if "resumed_at" in record:
            records = [earlier for earlier in records if earlier.get("step", 0) <= record["resumed_at"]]
        records.append(record)
    return records
