"""What somebody typed, taken apart: words, "exact phrases", -excluded words, a hint at a book.

Nothing that can be typed is an error here; what cannot be used is left out, and `notice` says so.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from index.analyzer import surfaces, terms
from index.reference import find_book_hint

MOST_WORDS = 100
"""Words of a query that are searched; the longest verse has 90."""
_MOST_CHARACTERS = 2000

_PHRASE = re.compile(r'["“”„]([^"“”„]*)["“”„]')
_EXCLUDED = re.compile(r"(?<!\S)[-−](?=[^\W_])(\S+)")


@dataclass(frozen=True, slots=True)
class Query:
    """A query, taken apart.

    Attributes:
        plain: what the encoder reads: no quotation marks, excluded words or hint.
        terms: the search terms in order, repetitions kept.
        phrases: surfaces of each quoted phrase.
        excluded: terms that no result may hold in the translation shown.
        hint: verses that the words point to ("romans 8 …"); they are lifted, never filtered.
        notice: one sentence on what was left out, or None.

    """

    plain: str
    terms: tuple[str, ...]
    phrases: tuple[tuple[str, ...], ...] = ()
    excluded: tuple[str, ...] = ()
    hint: frozenset[int] | None = None
    notice: str | None = None


def tidy(text: str) -> str:
    """One line of printable text in Unicode's composed form; lone surrogates and controls go."""
    text = unicodedata.normalize("NFKC", text[: 4 * _MOST_CHARACTERS])
    if not text.isprintable():
        text = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in text)
    return " ".join(text.split())


@lru_cache(maxsize=1024)  # for those who must know what to encode before they search
def parse(text: str) -> Query:
    """Takes a query apart; never raises."""
    text = tidy(text)
    words = text.split(" ")
    notice = None
    if len(words) > MOST_WORDS or len(text) > _MOST_CHARACTERS:
        text = " ".join(words[:MOST_WORDS])[:_MOST_CHARACTERS]
        notice = f"Only the first {MOST_WORDS} words were searched."
    excluded = tuple(term for match in _EXCLUDED.finditer(text) for term in terms(match[1]))
    text = _EXCLUDED.sub(" ", text)
    quoted = (tuple(surfaces(match[1])) for match in _PHRASE.finditer(text))
    phrases = tuple(phrase for phrase in quoted if phrase)
    # A phrase is wanted as it stands, so a book's name in it is no hint.
    hint, plain = (None, text) if phrases else find_book_hint(text)
    plain = " ".join(re.sub(r'["“”„]', " ", plain).split())
    return Query(plain, tuple(terms(plain)), phrases, excluded, hint, notice)
