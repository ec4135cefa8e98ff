"""Reads the hand-written modern queries: for a verse, the ways somebody might ask for it today.

Files are `modern_queries_*.tsv`, one `USFM reference<TAB>query` a line. A query that would leak the
dev set (a dev query with a common gold verse and at least `OVERLAP` of its words) is dropped.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from index.books import from_usfm
from index.errors import CorpusError, ReferenceError_

__all__ = ["OVERLAP", "Dropped", "ModernQueries", "load_modern_queries"]

# Jaccard similarity of the word sets from which a query counts as a copy of a dev query.
OVERLAP = 0.6


@dataclass(frozen=True, slots=True)
class Dropped:
    """A line that is not used. `reason`: "reference", "empty", "duplicate" or "dev"."""

    file: str
    line: int
    reason: str
    text: str


@dataclass(frozen=True)
class ModernQueries:
    """`by_verse`: verse id -> its queries, in file order; `dropped`: the lines left out."""

    by_verse: dict[int, tuple[str, ...]]
    dropped: list[Dropped]

    def __len__(self) -> int:
        return sum(map(len, self.by_verse.values()))


def load_modern_queries(directory: Path, *, dev: Sequence[tuple[str, frozenset[int]]] = ()) -> ModernQueries:
    """All queries under `directory`; `dev` holds the (query, gold verse ids) of the dev set."""
    dev_words = defaultdict(list)
    for query, gold in dev:
        for verse in gold:
            dev_words[verse].append(_words(query))

    by_verse: dict[int, list[str]] = defaultdict(list)
    seen: set[tuple[int, str]] = set()
    dropped = []
    for file, number, line in _lines(directory):
        reason, verse, query = "", 0, ""
        try:
            reference, _, query = line.partition("\t")
            verse, query = from_usfm(reference), " ".join(query.split())
        except ReferenceError_:
            reason = "reference"
        if not reason:
            words = _words(query)
            key = (verse, " ".join(re.findall(r"\w+", query.casefold())))
            if not words:
                reason = "empty"
            elif key in seen:
                reason = "duplicate"
            elif any(_jaccard(words, other) >= OVERLAP for other in dev_words.get(verse, ())):
                reason = "dev"
            seen.add(key)
        if reason:
            dropped.append(Dropped(file, number, reason, line))
        else:
            by_verse[verse].append(query)
    return ModernQueries({verse: tuple(by_verse[verse]) for verse in sorted(by_verse)}, dropped)


def _lines(directory: Path) -> Iterator[tuple[str, int, str]]:
    paths = sorted(directory.glob("modern_queries_*.tsv"))
    if not paths:
        raise CorpusError(f"There is no modern_queries_*.tsv in {directory}.")
    for path in paths:
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
            if line.strip():
                yield path.name, number, line


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[^\W_]+", text.casefold()))


def _jaccard(a: frozenset[str], b: frozenset[str]) -> float:
    return len(a & b) / len(a | b) if a or b else 0.0
