"""The audit as tables: for a terminal, and as the Markdown of docs/corpus.md."""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.table import Table

from index.audit import Audit
from index.books import to_usfm
from index.catalogue import DEFAULT_TRANSLATIONS, FREE_TRANSLATIONS, HELD_OUT
from index.dev_set import load_dev_set
from index.modern import ModernQueries, load_modern_queries

__all__ = ["QueryCounts", "markdown", "query_counts", "terminal"]

_COLUMNS = (
    "code", "translation", "year", "verses", "unique", "words", "overlap", "longest", "shortest",
    "left out", "suspicious", "use", "licence", "source",
)  # fmt: skip
# What `verse corpus list` says already does not fit a terminal as well.
_TERMINAL = tuple(c for c in _COLUMNS if c not in ("translation", "year", "use", "licence", "source"))
_NUMBERS = frozenset(_COLUMNS[2:7]) | {"left out", "suspicious"}
QueryCounts = dict[str, int]


def _use(audit: Audit) -> str:
    code = audit.translation.code
    if code not in FREE_TRANSLATIONS:
        return "on request"
    use = "default" if code in DEFAULT_TRANSLATIONS else "extra"
    return f"{use}, not trained on" if code in HELD_OUT else use


def _cells(audit: Audit, columns: Sequence[str] = _COLUMNS) -> tuple[str, ...]:
    t = audit.translation
    cells = (
        t.code,
        t.name,
        str(t.year or "—"),
        f"{len(t.verses):,}",
        f"{audit.unique:,}",
        f"{audit.words:,}",
        f"{audit.overlap:.3f}",
        *(f"{to_usfm(verse)} ({words})" for verse, words in (audit.longest, audit.shortest)),
        str(audit.left_out),
        str(len(audit.suspicions)),
        _use(audit),
        t.licence,
        t.source,
    )
    return tuple(cell for column, cell in zip(_COLUMNS, cells, strict=True) if column in columns)


def terminal(audits: Iterable[Audit]) -> Table:
    """A rich table, one row a translation."""
    table = Table(title="Overlap is with the KJV, verse by verse", box=SIMPLE_HEAD, padding=0)
    for column in _TERMINAL:
        number = column in _NUMBERS
        table.add_column(column, justify="right" if number else "left", no_wrap=number or column == "code")
    for audit in audits:
        table.add_row(*_cells(audit, _TERMINAL))
    return table


def query_counts(training_data: Path) -> tuple[QueryCounts, ModernQueries]:
    """What became of the hand-written queries, by name, and the queries."""
    dev = load_dev_set(training_data)
    modern = load_modern_queries(training_data, dev=dev.queries if dev else ())
    reasons = Counter(dropped.reason for dropped in modern.dropped)
    counts = {
        "queries in use": len(modern),
        "verses with a query": len(modern.by_verse),
        "dropped: copies a dev query": reasons["dev"],
        "dropped: given twice": reasons["duplicate"],
        "dropped: no such verse": reasons["reference"],
        "dropped: no words": reasons["empty"],
    }
    return counts, modern


def markdown(audits: Sequence[Audit]) -> str:
    """The table of docs/corpus.md, and its sum."""
    texts = {text for audit in audits for text in audit.translation.verses.values()}
    lines = [
        "| " + " | ".join(_COLUMNS) + " |",
        "|" + "|".join(" ---: " if c in _NUMBERS else " --- " for c in _COLUMNS) + "|",
        *("| " + " | ".join(_cells(audit)) + " |" for audit in audits),
        "",
        f"Together {sum(len(audit.translation.verses) for audit in audits):,} verses,"
        f" {len(texts):,} different texts, {sum(audit.words for audit in audits):,} words.",
    ]
    return "\n".join(lines) + "\n"
