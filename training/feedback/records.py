"""Reads `verse.feedback/1`: one JSON object a line, what somebody said of an answer.

    {"schema": "verse.feedback/1", "query": "number my days", "verdict": "corrected", "reference": "PSA 90:12",
     "shown": [{"reference": "PSA 39:4", "rank": 1}], "weight": 1.0, "by": "user", "may_train": true,
     "author": "9f2c…", "curator": null, …}

docs/feedback.md describes every field; what is not named here is not read. A row without `may_train` is not kept:
nothing of it, not even its query, gets beyond this module.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from index.books import from_usfm
from training.errors import FeedbackError

SCHEMA = "verse.feedback/1"
Verdict = Literal["accepted", "corrected", "rejected", "not_in_the_bible", "rated_up", "rated_down", "opened"]
By = Literal["curator", "user", "admin"]


@dataclass(frozen=True, slots=True)
class Record:
    """One row that may be trained on; verses are ids, `shown` is {verse: rank}."""

    query: str
    verdict: Verdict
    verse: int | None
    shown: Mapping[int, int]
    weight: float
    by: By
    author: str | None


@dataclass(frozen=True, slots=True)
class Feedback:
    """The rows of a file that may be trained on, and how many others it has."""

    records: list[Record]
    withheld: int


def read_feedback(path: Path) -> Feedback:
    """Reads a file; raises FeedbackError with the number of a line that is not what it should be."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise FeedbackError(
            f"{path} cannot be read ({error}); `verse feedback export` writes such a file."
        ) from error
    records, withheld = [], 0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            if row["schema"] != SCHEMA:
                raise ValueError(f"its schema is {row['schema']}, not {SCHEMA}")
            if row["may_train"] is True:
                records.append(_record(row))
            else:
                withheld += 1
        except KeyError as error:
            raise FeedbackError(f"{path}, line {number}: {error.args[0]} is missing.") from error
        except Exception as error:
            raise FeedbackError(f"{path}, line {number}: {str(error).rstrip('.')}.") from error
    return Feedback(records, withheld)


def _record(row: Mapping[str, Any]) -> Record:
    if row["verdict"] not in get_args(Verdict):
        raise ValueError(f"there is no verdict {row['verdict']}")
    if row["by"] not in get_args(By):
        raise ValueError(f"nobody is called {row['by']}")
    reference, weight = row["reference"], float(row["weight"])
    if not 0 <= weight <= 1:
        raise ValueError(f"a weight is 0 to 1, not {weight}")
    return Record(
        query=" ".join(str(row["query"]).split()),
        verdict=row["verdict"],
        verse=None if reference is None else from_usfm(reference),
        shown={from_usfm(hit["reference"]): int(hit["rank"]) for hit in row["shown"]},
        weight=weight,
        by=row["by"],
        author=row.get("curator") or row["author"],
    )
