"""A measurement as tables for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from index.books import to_usfm
from training.evaluation.bootstrap import Comparison, Estimate, compare, estimate
from training.evaluation.evaluate import Measured
from training.evaluation.metrics import DEPTH, first_hit
from training.evaluation.systems import NOTES, Contestant, System, Way

_HEAD = ("search", "encoder", "index")


def show(console: Console, measured: Sequence[Measured], contestants: Sequence[Contestant]) -> None:
    """Prints a table of each set of queries, comparisons, and what the words mean."""
    by_set = _by_set(measured)
    if rows := by_set.get("queries"):
        console.print(_table(f"{len(rows[0].query_set.queries):,} queries", rows))
        console.print(_kinds(rows, "Each kind of query: success@1 / @10"))
    if rows := by_set.get("topics"):
        console.print(_table(f"{len(rows[0].query_set.queries):,} topics kept out of training", rows))
    if rows := by_set.get("known-item"):
        title = f"{len(rows[0].query_set.queries):,} unseen wordings: success@1 / @10"
        console.print(_kinds(rows, title))
    for line in _sentences(measured, contestants):
        console.print(line, highlight=False, soft_wrap=True)
    intervals = f"±: half of the 90 % bootstrap interval; in brackets, its ends.{_about_weights(measured)}"
    console.print(intervals, style="dim", soft_wrap=True)
    if any(m.system.way == "fusion" for m in measured):
        console.print("[bold]fusion[/]: hybrid before re-ranking by word order.", style="dim", soft_wrap=True)
    for documents in dict.fromkeys(m.system.documents for m in measured):
        console.print(f"[bold]{documents}[/]: {NOTES[documents]}", style="dim", soft_wrap=True)


def misses(measured: Measured) -> list[dict[str, str]]:
    """The queries whose right verse is not first, with its place and what came first instead."""
    return [
        {
            "query": query.text,
            "kind": query.kind,
            "right": ", ".join(to_usfm(verse) for verse in sorted(query.gains)),
            "found": f"{place + 1}" if place < DEPTH else "no",
            "first instead": to_usfm(ranking[0]) if ranking else "nothing",
        }
        for query, ranking in zip(measured.query_set.queries, measured.rankings, strict=True)
        if (place := first_hit(ranking, query.gains))
    ]


def show_misses(console: Console, measured: Measured) -> None:
    """Prints `misses`."""
    found = misses(measured)
    if not found:
        console.print("Every query has its verse first.")
        return
    table = Table(*found[0], title=f"{len(found):,} misses", title_justify="left", box=None)
    for miss in found:
        table.add_row(*map(escape, miss.values()))
    console.print(table)


def to_json(measured: Sequence[Measured], contestants: Sequence[Contestant]) -> dict[str, Any]:
    """Every number of the tables and those that they leave out, with intervals."""
    return {
        "encoders": [{"name": c.name, "fingerprint": c.embedder.fingerprint} for c in contestants],
        "sets": {
            name: {
                kind or "all": [
                    _labels(m.system)
                    | {measure: asdict(estimate(scores)) for measure, scores in m.scores(kind).items()}
                    | {"queries": sum(kind in (None, query.kind) for query in m.query_set.queries)}
                    for m in rows
                ]
                for kind in (None, *rows[0].kinds)
            }
            for name, rows in _by_set(measured).items()
        },
        "comparisons": [
            {"new": _labels(new.system), "old": _labels(old.system), "set": new.query_set.name}
            | {m: asdict(c.gain) | {"worse": c.worse} for m, c in found.items()}
            for new, old, found in comparisons(measured, contestants)
        ],
        "notes": {documents: NOTES[documents] for documents in {m.system.documents for m in measured}},
    }


def comparisons(
    measured: Sequence[Measured], contestants: Sequence[Contestant], way: Way = "hybrid"
) -> Iterator[tuple[Measured, Measured, dict[str, Comparison]]]:
    """The first encoder's search against every other's, on the same index and as people get each."""
    first = contestants[0]
    searched = [m for m in measured if m.system.way == way]
    for new in (m for m in searched if m.system.encoder == first.name):
        for old in searched:
            other = next(c for c in contestants if c.name == old.system.encoder)
            same_place = new.system.documents == old.system.documents
            as_had = (
                new.system.documents == "shipped" and old.system.documents == "encoded" and not other.ours
            )
            if other is not first and new.query_set is old.query_set and (same_place or as_had):
                ours, theirs = new.scores(), old.scores()
                yield new, old, {name: compare(ours[name], theirs[name]) for name in ours}


def _by_set(measured: Sequence[Measured]) -> dict[str, list[Measured]]:
    names = dict.fromkeys(m.query_set.name for m in measured)
    return {name: [m for m in measured if m.query_set.name == name] for name in names}


def _table(title: str, rows: Sequence[Measured]) -> Table:
    measures = list(rows[0].scores())
    table = Table(*_HEAD, *measures, title=title, title_justify="left", box=None)
    for m in rows:
        table.add_row(
            *_labels(m.system).values(), *(_cell(estimate(scores)) for scores in m.scores().values())
        )
    return table


def _kinds(rows: Sequence[Measured], title: str) -> Table:
    table = Table(*_HEAD, *rows[0].kinds, title=title, title_justify="left", box=None)
    for m in rows:
        scores = [m.scores(kind) for kind in m.kinds]
        cells = [f"{s['success@1'].mean():.2f} / {s['success@10'].mean():.2f}" for s in scores]
        table.add_row(*_labels(m.system).values(), *cells)
    return table


def _labels(system: System) -> dict[str, str]:
    return dict(zip(_HEAD, (system.way, system.encoder or "", system.documents), strict=True))


def _cell(found: Estimate) -> str:
    half = f"{(found.high - found.low) / 2:.2f}".lstrip("0")
    return f"{found.mean:.3f} [dim]±{half}[/]"


def _sentences(measured: Sequence[Measured], contestants: Sequence[Contestant]) -> Iterator[str]:
    for new, old, found in comparisons(measured, contestants):
        gains = (
            f"{name} {100 * c.gain.mean:+.1f} \\[{100 * c.gain.low:+.1f} {100 * c.gain.high:+.1f}]"
            for name, c in found.items()
        )
        yield (
            f"{new.query_set.name}: hybrid {new.system.encoder} ({new.system.documents}) against"
            f" {old.system.encoder} ({old.system.documents}), in points: {', '.join(gains)}"
        )


def _about_weights(measured: Sequence[Measured]) -> str:
    if not any(m.query_set.fitted_on for m in measured):
        return ""
    return " Weights are cross-fitted: each fifth of the queries is ranked with those fitted on the rest."
