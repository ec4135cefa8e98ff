"""The questions that every later model must answer rightly: what curators accepted or corrected.

One JSON object a line in `VERSE_DATA_DIR/feedback/regression.jsonl`, by question:

    {"query": "number my days", "gold": ["PSA 90:12"], "kind": "regression"}

A question on which curators disagree is left out, and so is one whose author does not allow training:
choosing a model by somebody's words is using them. The table of decisions is the truth; the file is made
anew from it, so what people delete leaves it too.
"""

import json
import os
from collections.abc import Iterable
from pathlib import Path

from bot.errors import StoreError
from bot.store.decisions import Decision, by_query
from index.books import to_usfm


def regression_lines(decisions: Iterable[Decision]) -> list[str]:
    """The lines of the file, without newlines."""
    lines = []
    for query, same in sorted(by_query(decisions).items()):
        opinions = {decision.opinion for decision in same}
        verse = same[0].right_verse
        if len(opinions) > 1 or verse is None or not all(decision.consent for decision in same):
            continue
        line = {"query": query, "gold": [to_usfm(verse)], "kind": "regression"}
        lines.append(json.dumps(line, ensure_ascii=False))
    return lines


def write_regression(decisions: Iterable[Decision], path: Path) -> int:
    """Replaces the file whole; returns how many questions are in it.

    Raises:
        StoreError: it cannot be written; what was there stays.

    """
    lines = regression_lines(decisions)
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(part, "w", encoding="utf-8", opener=_private) as file:
            file.writelines(line + "\n" for line in lines)
        part.replace(path)
    except OSError as error:
        raise StoreError(f"{path} cannot be written ({error.strerror}).") from error
    return len(lines)


def _private(name: str, flags: int) -> int:
    return os.open(name, flags, 0o600)
