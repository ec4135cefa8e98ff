"""Text -> search terms: words found, folded (english.py), numbered (numbers.py), stemmed (Snowball).

The same analyzer reads verses when the index is built and queries when it is asked. Two levels:
*surfaces* are lower-case words as written (quoted phrases match on them, and they are what the
snapshot stores), *terms* are what BM25 counts.
"""

import re
import threading
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import Stemmer

from index.english import fold
from index.numbers import NUMBER_WORDS, compound_numbers

MAX_WORD = 40
"""Characters of a word that its term is made of; the longest word of any translation has 18."""

_WORD = re.compile(r"\d+(?:,\d{3}(?!\d))*|[^\W\d_]+(?:['’ʼ`][^\W\d_]+)*")
_APOSTROPHES = str.maketrans(dict.fromkeys("’ʼ`", "'"))
_CONTRACTIONS = {"n't": "not", "'re": "are", "'ve": "have", "'ll": "will", "'m": "am", "'d": ""}
_WHOLE = {"can't": ("can", "not"), "won't": ("will", "not"), "shan't": ("shall", "not")}


class Span(NamedTuple):
    """A word of a text: its terms and where it stands (characters, end exclusive)."""

    terms: tuple[str, ...]
    start: int
    end: int


_stemmer = Stemmer.Stemmer("english")
_stemmer_lock = threading.Lock()  # Snowball objects are not thread-safe.


def _stem(word: str) -> str:
    with _stemmer_lock:
        return str(_stemmer.stemWord(word))


def surfaces(text: str) -> list[str]:
    """The words of a text, lower-case, as written.

    >>> surfaces("He saith: Don’t fear, 144,000!")
    ['he', 'saith', "don't", 'fear', '144,000']
    """
    if not text.isascii():
        text = text.translate(_APOSTROPHES)
    return _WORD.findall(text.lower())


@lru_cache(maxsize=200_000)  # more than the words of all translations, and a bound for hostile queries
def word_terms(surface: str) -> tuple[str, ...]:
    """The terms of one surface: mostly one, two for a contraction, none for a bare 'd.

    >>> word_terms("lovest"), word_terms("don't"), word_terms("forty"), word_terms("lord's")
    (('love',), ('do', 'not'), ('40',), ('lord',))
    """
    surface = surface[:MAX_WORD].replace(",", "")
    if surface.isdigit():
        return (surface.lstrip("0") or "0",)
    if not surface.isascii():
        surface = _without_accents(surface)
    if "'" in surface:
        return _split_apostrophe(surface)
    number = NUMBER_WORDS.get(surface)
    if number is not None:
        return (number,)
    return (_stem(fold(surface)),)


def _split_apostrophe(surface: str) -> tuple[str, ...]:
    if surface in _WHOLE:
        return tuple(term for word in _WHOLE[surface] for term in word_terms(word))
    for ending, word in _CONTRACTIONS.items():
        if surface.endswith(ending):
            rest = surface.removesuffix(ending)
            return tuple(term for part in (rest, word) if part for term in word_terms(part))
    base = surface.removesuffix("'s").replace("'", "")
    return word_terms(base) if base else ()


def _without_accents(surface: str) -> str:
    decomposed = unicodedata.normalize("NFKD", surface)
    return "".join(c for c in decomposed if not unicodedata.combining(c)).replace("æ", "ae")


def compounds(words: list[str]) -> Iterator[str]:
    """The terms of numbers that take several words, beside the terms of those words."""
    if not NUMBER_WORDS.keys().isdisjoint(words):
        for _, _, figures in compound_numbers(words):
            yield figures


def terms(text: str) -> list[str]:
    """All terms of a text, in order, compound numbers last.

    >>> terms("Thou shalt not kill three hundred and eighteen")
    ['you', 'shall', 'not', 'kill', '3', '100', 'and', '18', '318']
    """
    words = surfaces(text)
    return [term for word in words for term in word_terms(word)] + list(compounds(words))


def spans(text: str) -> list[Span]:
    """Every word of a text with its place in it, for highlighting."""
    plain = text.translate(_APOSTROPHES)
    lowered = plain.lower()
    # A few capitals are longer in lower case; then places must come from the text as it is.
    source = lowered if len(lowered) == len(text) else plain
    return [Span(word_terms(match.group().lower()), *match.span()) for match in _WORD.finditer(source)]
