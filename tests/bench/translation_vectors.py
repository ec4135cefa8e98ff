"""What each translation is worth to vectors that are means of encoded texts.

    python -m tests.bench.translation_vectors

The verse vectors that ship were learned with the model and need no translation; these are what an index makes for a
model without them, and for a user's texts. Encoding the Bible takes an hour, so the dev set is asked of one verse
in `--every`, and of all the right ones: easier than the whole, alike for all rows. success@1 / success@10, with and
without the mean of the modern queries at weight 1.

Dimensions: T translations, N verses, Q queries, D vector size.
"""

from collections.abc import Sequence
from typing import Annotated

import numpy as np
import numpy.typing as npt
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from encoder.embedder import Embedder
from index.bible import DEFAULT_TRANSLATIONS, FREE_TRANSLATIONS, load_bible
from index.dev_set import load_dev_set
from index.query import parse
from index.settings import IndexSettings
from training.corpus import modern_queries
from training.settings import packaged_data

_DEPTH = 10
Vectors = npt.NDArray[np.float32]


class Bench:
    """The texts of some verses, encoded translation by translation."""

    def __init__(self, every: int) -> None:
        dev = load_dev_set(packaged_data())
        if dev is None:
            raise typer.BadParameter("There is no dev set.")
        bible = load_bible(FREE_TRANSLATIONS, IndexSettings().data_dir)
        right = set[int]().union(*(gold for _, gold in dev.queries))
        verses = [v for i, v in enumerate(bible.verse_ids.tolist()) if i % every == 0 or v in right]
        row_of = {verse: row for row, verse in enumerate(verses)}
        embedder = Embedder.load()
        self.queries = embedder.embed([parse(text).plain for text, _ in dev.queries])  # (Q, D)
        self.right = [{row_of[v] for v in gold} for _, gold in dev.queries]
        self.encoded: dict[str, Vectors] = {}  # (N, D) each, zero where a translation lacks the verse
        for code, translation in track(
            bible.translations.items(), "Encoding", console=Console(stderr=True), transient=True
        ):
            present = [v for v in verses if v in translation.verses]
            vectors = np.zeros((len(verses), embedder.dim), np.float32)
            texts = [translation.verses[v] for v in present]
            vectors[[row_of[v] for v in present]] = embedder.embed(texts, "document")
            self.encoded[code] = vectors
        asked = modern_queries().by_verse
        pairs = [(row_of[v], text) for v in verses for text in asked.get(v, ())]
        self.modern = np.zeros((len(verses), embedder.dim), np.float32)
        np.add.at(
            self.modern, [row for row, _ in pairs], embedder.embed([text for _, text in pairs], "document")
        )
        counts = np.bincount([row for row, _ in pairs], minlength=len(verses))
        self.modern /= np.maximum(counts, 1)[:, None]

    def measure(self, codes: Sequence[str]) -> tuple[str, str]:
        """Without and with modern queries."""
        chosen = np.stack([self.encoded[code] for code in codes])  # (T, N, D)
        present = chosen.any(axis=2).sum(axis=0).astype(np.float32)  # (N,)
        mean: Vectors = chosen.sum(axis=0) / np.maximum(present, np.float32(1))[:, None]
        return self._found(mean), self._found(mean + self.modern)

    def _found(self, vectors: Vectors) -> str:
        unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
        best = np.argsort(-(self.queries @ unit.T), axis=1, kind="stable")[:, :_DEPTH]  # (Q, 10)
        hits = np.array(
            [[row in right for row in rows] for rows, right in zip(best, self.right, strict=True)]
        )
        return f"{hits[:, 0].mean():.3f} / {hits.any(axis=1).mean():.3f}"


def main(
    every: Annotated[int, typer.Option(help="One verse in so many, beside the right ones.")] = 10,
) -> None:
    """Print the table."""
    bench = Bench(every)
    codes = tuple(bench.encoded)
    table = Table("mean of", "without queries", "with")
    table.add_row(f"all {len(codes)}", *bench.measure(codes))
    table.add_row(f"the {len(DEFAULT_TRANSLATIONS)} installed", *bench.measure(DEFAULT_TRANSLATIONS))
    table.add_row("WEB, KJV, BBE", *bench.measure(("WEB", "KJV", "BBE")))
    for code in codes:
        table.add_row(f"all but {code}", *bench.measure([c for c in codes if c != code]))
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
