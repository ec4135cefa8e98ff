"""Recognises a query that is a reference, such as "jn3.16", "1 Cor 13:4–7" or "Psalm 23".

The text is normalised and the book is named first (`index.book_names`); chapters and verses are
read by pythonbible. It is a look-up only when the reference covers the whole text; a book named in
a longer text is a hint (`find_book_hint`), never a filter.
"""

import re
import unicodedata
from bisect import bisect_left
from dataclasses import dataclass

import pythonbible
from pythonbible.books import Book as PythonbibleBook
from pythonbible.regular_expressions import SCRIPTURE_REFERENCE_REGULAR_EXPRESSION

from index.book_names import book_named, normalise_name
from index.books import BOOKS, GROUPS, VERSE_IDS, books_matching, verse_count, verse_id
from index.errors import UnknownVerse
from index.versification import MERGED_INTO

__all__ = ["Reference", "find_book_hint", "parse_reference"]


@dataclass(frozen=True, slots=True)
class Reference:
    """The verses a reference means, ascending within each part, and how people write it."""

    verse_ids: tuple[int, ...]
    label: str


_NAME = r"(?:(?:[123]|1st|2nd|3rd|i{1,3})\s*)?[^\W\d_][^\W\d_.' ]*(?:[. ']+[^\W\d_]+)*\.?"
_TAIL = r"\d[\d:,;\s-]*"
_WHOLE = re.compile(rf"({_NAME})\s*({_TAIL})?", re.IGNORECASE)
_SINGLE_CHAPTER = tuple(book.number for book in BOOKS if verse_count(book.number) == 1)


# Applied in order, ignoring case.
_REWRITES = tuple(
    (re.compile(pattern, re.IGNORECASE), to)
    for pattern, to in (
        (r"\s*[\u2010-\u2015\u2212~]\s*|\s*--?\s*|\s+(?:to|through|thru)\s+(?=\d)", "-"),
        (r"\b(?:chapters?|chap\.?|ch\.?)\s*(?=\d)", " "),
        (r"(?<=\d)[\s,:]*\b(?:and\s+)?(?:verses?|vss?\.?|vv?\.?)\s*(?=\d)", ":"),
        (r"(?<=\d)\s*(?:v\.?|[.:])\s*(?=\d)", ":"),
        (r"(?<=\d)\s+(?:and|&)\s+(?=\d)", ","),
        (r"(?<=:)(\d+)[ab]\b", r"\1"),
        (r"\s+", " "),
    )
)


def _normalise(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).strip(" \t\n\"'“”‘’()[]?!.,;")
    for pattern, to in _REWRITES:
        text = pattern.sub(to, text)
    return text


def parse_reference(text: str) -> Reference | None:
    """The reference, or references parted by semicolons, that the whole text is; None when it is anything else.

    Raises `UnknownVerse` for a reference that does not exist, saying what does.
    """
    match = _WHOLE.fullmatch(_normalise(text))
    if match is None:
        return _several(text)
    name, tail = match[1], (match[2] or "").strip(" ,;-:")
    number = book_named(name, typos=bool(tail))
    if number is None:
        return None
    if not tail:
        # A bare abbreviation ("is", "am", "so") is a word; a bare book is a look-up.
        if number not in books_matching(normalise_name(name)):
            return None
        return _reference(number, "")
    return _reference(number, _tidy_tail(number, tail))


def _several(text: str) -> Reference | None:
    """Of several books: "John 3:16; Romans 8:28"."""
    text = text.strip(" ;")
    parts = [parse_reference(part) for part in text.split(";")] if ";" in text else [None]
    references = [part for part in parts if part is not None]
    if len(references) < len(parts):
        return None
    verses = dict.fromkeys(verse for part in references for verse in part.verse_ids)
    return Reference(tuple(verses), "; ".join(part.label for part in references))


def _tidy_tail(book: int, tail: str) -> str:
    tail = re.sub(r"\s*;\s*", ",", tail)
    tail = re.sub(r"\s*([:,-])\s*", r"\1", tail)
    # "3 16" and the European "3,16" mean 3:16, in books that have chapters.
    if book not in _SINGLE_CHAPTER:
        tail = re.sub(r"^(\d+)[ ,](\d+)(?=$|-\d+$)", r"\1:\2", tail)
    return tail


def _reference(book: int, tail: str) -> Reference:
    name = BOOKS[book - 1].name
    label = f"{'Psalm' if name == 'Psalms' and tail else name} {tail}".strip()
    if (verse := _merged(book, tail)) is not None:
        return Reference((verse,), label)
    _check_exists(book, tail)
    written = f"{PythonbibleBook(book).title} {tail}".strip()
    whole = SCRIPTURE_REFERENCE_REGULAR_EXPRESSION.fullmatch(written)
    found = pythonbible.get_references(written) if whole else []
    verses = pythonbible.convert_references_to_verse_ids(found)
    if not verses or len(found) != len(tail.split(",")):
        raise UnknownVerse(f'"{label}" is not a passage; write for example {name} 1:1-3.')
    return Reference(tuple(dict.fromkeys(verses)), label)


def _merged(book: int, tail: str) -> int | None:
    parts = [int(part) for part in tail.split(":")] if re.fullmatch(r"\d+(:\d+)?", tail) else []
    if len(parts) == 1 and book in _SINGLE_CHAPTER:
        parts = [1, *parts]
    return MERGED_INTO.get(book * 1_000_000 + parts[0] * 1_000 + parts[1]) if len(parts) == 2 else None


def _check_exists(book: int, tail: str) -> None:
    """Raise `UnknownVerse` with the first number in `tail` that does not exist."""
    chapter = 1 if book in _SINGLE_CHAPTER else None
    for part in tail.split(",") if tail else ():
        for end in part.split("-"):
            numbers = [int(n) for n in end.split(":") if n]
            if len(numbers) >= 2:
                chapter = numbers[0]
                verse_id(book, chapter, numbers[1])
            elif numbers and chapter is not None:
                verse_id(book, chapter, numbers[0])
            elif numbers:
                verse_id(book, numbers[0], 1)


# Without a chapter or "book of", only names that nobody uses for a person or a thing are hints.
_UNMISTAKABLE_NAMES = "LEV DEU PSA PRO ECC ISA JER OBA HAB ZEP ZEC MAL GAL EPH PHP COL"
_UNMISTAKABLE = frozenset(
    book.number for book in BOOKS if book.name[0].isdigit() or book.usfm in _UNMISTAKABLE_NAMES
)
_GROUPS = {"new testament": "nt", "old testament": "ot", "torah": "law"}
_LEADS = re.compile(
    r"^(?:somewhere\s+)?(?:(?:in|from)\s+)?(?:(?:the\s+)?(?:book|gospel|letter|epistle)\s+(?:of|to)\s+)?"
    r"(?:the\s+)?",
    re.IGNORECASE,
)
_CHAPTER = re.compile(r"(\d{1,3})(?::(\d{1,3}))?")
_HINT_WORDS = 6


def find_book_hint(text: str) -> tuple[frozenset[int] | None, str]:
    """(verse ids the text points to, its other words), as in "romans 8 nothing can separate us".

    A hint stands at the start or the end of the text; (None, text) when there is none.
    """
    words = _normalise(text).split()
    for length in range(min(_HINT_WORDS, len(words) - 1), 0, -1):
        for hint, rest in ((words[:length], words[length:]), (words[-length:], words[:-length])):
            # "in acts of kindness" is about no book.
            if rest[0] != "of" and (verses := _hinted(hint)):
                return verses, " ".join(rest)
    return None, text


def _hinted(words: list[str]) -> frozenset[int] | None:
    at = _CHAPTER.fullmatch(words[-1])
    phrase = " ".join(words[:-1] if at else words)
    name = phrase[_LEADS.match(phrase).end() :].casefold()  # type: ignore[union-attr]
    led = len(name) < len(phrase)
    if not at and (name in _GROUPS or (led and name in GROUPS)):
        books = books_matching(_GROUPS.get(name, name))
        return frozenset().union(*map(_verses_of, books))
    book = book_named(name)
    if book is None:
        return None
    if at:
        chapter, verse = int(at[1]), int(at[2] or 0)
        first = book * 1_000_000 + chapter * 1_000 + verse
        return _between(first, first + 1 if verse else first + 1_000)
    if book in books_matching(name) and (led or book in _UNMISTAKABLE):
        return _verses_of(book)
    return None


def _verses_of(book: int) -> frozenset[int]:
    return _between(book * 1_000_000, (book + 1) * 1_000_000)


def _between(first: int, end: int) -> frozenset[int]:
    """The verse ids from `first` on, before `end`."""
    return frozenset(VERSE_IDS[bisect_left(VERSE_IDS, first) : bisect_left(VERSE_IDS, end)])
