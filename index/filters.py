"""Which verses may be found: a book, a group of books, a testament, a quoted phrase, excluded words."""

import numpy as np
import numpy.typing as npt

from index.analyzer import word_terms
from index.books import BOOKS, books_matching
from index.errors import BadOption
from index.query import Query
from index.ranking import Mask, Ranker


def by_book(verse_ids: npt.NDArray[np.int32], book: str | None, testament: str | None) -> Mask | None:
    """(N,) verses of those books, or None when everything is wanted; raises `BadOption`."""
    if book is None and testament is None:
        return None
    books = frozenset(b.number for b in BOOKS)
    if book is not None:
        books = books_matching(book)
        if not books:
            raise BadOption(f'"{book}" is no book of the Bible; write for example PSA, Romans or gospels.')
    if testament is not None:
        if testament.lower() not in ("ot", "nt"):
            raise BadOption(f'"{testament}" is no testament; write ot or nt.')
        books = books & books_matching(testament)
        if not books:
            raise BadOption(f"{book} is not in that testament; leave one of the two out.")
    return np.isin(verse_ids // 1_000_000, sorted(books))


class Wording:
    """Narrows a search to what a query's quotation marks and minus signs ask for."""

    def __init__(self, ranker: Ranker, verses: int) -> None:
        self._ranker = ranker
        self._verses = verses

    def with_phrases(self, query: Query, allowed: Mask | None) -> Mask | None:
        """(N,) verses of which some text has every quoted phrase, word for word."""
        for phrase in query.phrases:
            mask = np.zeros(self._verses, bool)
            rows = self._ranker.rows_with_all([t for word in phrase for t in word_terms(word)])
            rows = rows if allowed is None else rows[allowed[rows]]
            mask[self._ranker.tokens.with_phrase(phrase, rows)] = True
            allowed = mask
        return allowed

    def without_excluded(self, query: Query, allowed: Mask | None, field: int) -> Mask | None:
        """(N,) verses whose text in the translation shown (its field) has none of the excluded words."""
        for term in query.excluded:
            mask = np.ones(self._verses, bool) if allowed is None else allowed.copy()
            rows = self._ranker.rows_with_all([term])
            mask[self._ranker.tokens.with_term(self._ranker.number(term), rows, field)] = False
            allowed = mask
        return allowed
