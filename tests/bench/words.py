"""What each part of the words search is worth on the dev set: translations, modern queries, order, prior.

    python -m tests.bench.words

BM25 is measured as it is; weights of word order and prior are cross-fitted (index/fit.py).
"""

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import numpy as np
import numpy.typing as npt
import typer
from rich.console import Console
from rich.table import Table

from index.analyzer import terms
from index.bible import FREE_TRANSLATIONS, Bible, load_bible
from index.dev_set import DevSet, load_dev_set
from index.documents import count_terms, read_documents
from index.fit import fit, fit_fields
from index.known_verses import prior
from index.layout import Content
from index.lexical import Bm25Parameters, Lexical, best, weigh
from index.modern import load_modern_queries
from index.ranking import Ranker
from index.settings import IndexSettings
from index.texts import Texts

_SIX = ("KJV", "WEB", "ASV", "YLT", "DAR", "NHEB")
_NO_TEXTS = Texts((), np.empty(0, np.uint8), np.zeros(1, np.int64))


def success(
    found: Sequence[npt.NDArray[np.int64]], verse_ids: npt.NDArray[np.int32], dev: DevSet
) -> list[str]:
    """success@1 and @10 of the rows found for each dev query."""
    hits = [
        [int(verse_ids[row]) in gold for row in rows]
        for rows, (_, gold) in zip(found, dev.queries, strict=True)
    ]
    return [f"{np.mean([any(each[:k]) for each in hits]):.3f}" for k in (1, 10)]


def main(
    only_default: Annotated[bool, typer.Option(help="Leave out the rows with fewer translations.")] = False,
) -> None:
    """Print the table."""
    training_data = Path(str(files("training") / "data"))
    dev = load_dev_set(training_data)
    if dev is None:
        raise typer.BadParameter("There is no dev set.")
    modern = load_modern_queries(training_data, dev=dev.queries).by_verse
    everything = load_bible(FREE_TRANSLATIONS, IndexSettings().data_dir)
    rows: list[tuple[tuple[str, ...], bool]] = [(FREE_TRANSLATIONS, False), (FREE_TRANSLATIONS, True)]
    if not only_default:
        fewer = (("KJV",), _SIX, FREE_TRANSLATIONS[:14])
        rows = [(codes, False) for codes in fewer] + [(_SIX, True), *rows]
    table = Table("translations", "modern queries", "BM25 s@1", "s@10", "+ order, prior s@1", "s@10")
    for codes, with_modern in rows:
        bible = Bible({code: everything.translations[code] for code in codes})
        queries = modern if with_modern else {}
        translations = {code: t.verses for code, t in bible.translations.items()}
        documents = read_documents(bible.verse_ids, translations, queries)
        counts = count_terms(documents)
        parameters = Bm25Parameters()
        if with_modern:
            parameters = fit_fields(counts, documents.terms, bible.verse_ids, dev)
        postings = weigh(counts, parameters)
        lexical = Lexical(postings, len(bible.verse_ids))
        numbers = {term: number for number, term in enumerate(documents.terms)}
        found = []
        for text, _ in dev.queries:
            weights: dict[int, float] = {}
            for term in terms(text):
                if (number := numbers.get(term)) is not None:
                    weights[number] = weights.get(number, 0.0) + 1
            found.append(best(lexical.scores(weights), 10))
        content = Content(documents, postings, prior(bible.verse_ids, queries), _NO_TEXTS, None)
        measured = fit(Ranker(content, parameters.k1), bible.verse_ids, dev, None).measured["words"]
        table.add_row(
            str(len(codes)),
            f"{sum(map(len, queries.values())):,} x {parameters.modern_weight:g}" if queries else "",
            *success(found, bible.verse_ids, dev),
            f"{measured['success@1']:.3f}",
            f"{measured['success@10']:.3f}",
        )
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
