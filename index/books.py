"""The 66 books, and verses as integers.

A verse is `bbcccvvv`: book 1..66 in Protestant order, chapter, verse; the same integers as
pythonbible's. Outside the program references are USFM, "PSA 90:12"; people read "Psalm 90:12".
"""

import re
from dataclasses import dataclass
from functools import cache

from pythonbible.verses import VERSE_IDS as _PYTHONBIBLE_VERSE_IDS

from index.errors import ReferenceError_, UnknownVerse

__all__ = [
    "BOOKS",
    "GROUPS",
    "VERSE_IDS",
    "Book",
    "book_of",
    "books_matching",
    "display",
    "from_usfm",
    "split",
    "to_usfm",
    "verse_count",
    "verse_id",
]


@dataclass(frozen=True, slots=True)
class Book:
    """One book; `group` is one of `GROUPS`, `testament` is "ot" or "nt"."""

    number: int
    usfm: str
    name: str
    testament: str
    group: str


# Last book of each group, in order.
_GROUP_ENDS = (
    ("law", 5),
    ("history", 17),
    ("wisdom", 22),
    ("prophets", 39),
    ("gospels", 43),
    ("acts", 44),
    ("letters", 65),
    ("revelation", 66),
)
GROUPS = tuple(name for name, _ in _GROUP_ENDS)

_NAMES = """
GEN Genesis|EXO Exodus|LEV Leviticus|NUM Numbers|DEU Deuteronomy|JOS Joshua|JDG Judges|RUT Ruth
1SA 1 Samuel|2SA 2 Samuel|1KI 1 Kings|2KI 2 Kings|1CH 1 Chronicles|2CH 2 Chronicles|EZR Ezra
NEH Nehemiah|EST Esther|JOB Job|PSA Psalms|PRO Proverbs|ECC Ecclesiastes|SNG Song of Solomon
ISA Isaiah|JER Jeremiah|LAM Lamentations|EZK Ezekiel|DAN Daniel|HOS Hosea|JOL Joel|AMO Amos
OBA Obadiah|JON Jonah|MIC Micah|NAM Nahum|HAB Habakkuk|ZEP Zephaniah|HAG Haggai|ZEC Zechariah
MAL Malachi|MAT Matthew|MRK Mark|LUK Luke|JHN John|ACT Acts|ROM Romans|1CO 1 Corinthians
2CO 2 Corinthians|GAL Galatians|EPH Ephesians|PHP Philippians|COL Colossians
1TH 1 Thessalonians|2TH 2 Thessalonians|1TI 1 Timothy|2TI 2 Timothy|TIT Titus|PHM Philemon
HEB Hebrews|JAS James|1PE 1 Peter|2PE 2 Peter|1JN 1 John|2JN 2 John|3JN 3 John|JUD Jude
REV Revelation
"""


def _make_books() -> tuple[Book, ...]:
    books = []
    for number, entry in enumerate(re.split(r"[|\n]", _NAMES.strip()), start=1):
        usfm, name = entry.split(" ", 1)
        group = next(group for group, last in _GROUP_ENDS if number <= last)
        books.append(Book(number, usfm, name, "ot" if number <= 39 else "nt", group))
    return tuple(books)


BOOKS = _make_books()
_BY_USFM = {book.usfm: book for book in BOOKS}

# The versification everything is mapped to (that of the KJV): 31,102 verses, ascending.
VERSE_IDS: tuple[int, ...] = tuple(v for v in _PYTHONBIBLE_VERSE_IDS if v < 67_000_000)
_KNOWN = frozenset(VERSE_IDS)


@cache
def _verse_counts() -> dict[int, tuple[int, ...]]:
    counts: dict[int, list[int]] = {book.number: [] for book in BOOKS}
    for book, chapter, verse in map(split, VERSE_IDS):
        if verse == 1:
            counts[book].append(0)
        counts[book][chapter - 1] = verse
    return {book: tuple(verses) for book, verses in counts.items()}


def split(verse: int) -> tuple[int, int, int]:
    """(book, chapter, verse) of a verse id."""
    return verse // 1_000_000, verse // 1_000 % 1_000, verse % 1_000


def book_of(verse: int) -> Book:
    """The book a verse stands in."""
    return BOOKS[verse // 1_000_000 - 1]


def verse_count(book: int, chapter: int | None = None) -> int:
    """Verses in a chapter; without a chapter, chapters in the book."""
    chapters = _verse_counts()[book]
    return len(chapters) if chapter is None else chapters[chapter - 1]


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def verse_id(book: int, chapter: int, verse: int) -> int:
    """The id of a verse that exists in the common versification; raises `UnknownVerse`."""
    if not 1 <= book <= len(BOOKS):
        raise UnknownVerse(f"There is no book number {book}; books run from 1 to {len(BOOKS)}.")
    name = BOOKS[book - 1].name
    chapters = verse_count(book)
    if not 1 <= chapter <= chapters:
        raise UnknownVerse(f"{name} has {_plural(chapters, 'chapter')}; there is no {chapter}.")
    verses = verse_count(book, chapter)
    if not 1 <= verse <= verses:
        where = "Psalm" if name == "Psalms" else name
        raise UnknownVerse(
            f"{where} {chapter} has {_plural(verses, 'verse')}; there is no {chapter}:{verse}."
        )
    return book * 1_000_000 + chapter * 1_000 + verse


def to_usfm(verse: int) -> str:
    """ "PSA 90:12"."""
    _, chapter, number = split(verse)
    return f"{book_of(verse).usfm} {chapter}:{number}"


def from_usfm(text: str) -> int:
    """The verse of "PSA 90:12"; raises `ReferenceError_`, or `UnknownVerse` if there is none."""
    match = re.fullmatch(r"\s*([0-9A-Za-z]{3})\s+([0-9]{1,3}):([0-9]{1,3})\s*", text)
    if match is None or match[1].upper() not in _BY_USFM:
        raise ReferenceError_(f'"{text}" is not a USFM reference such as "PSA 90:12".')
    return verse_id(_BY_USFM[match[1].upper()].number, int(match[2]), int(match[3]))


def display(verse: int) -> str:
    """ "Psalm 90:12", as people write it."""
    book, (_, chapter, number) = book_of(verse), split(verse)
    return f"{'Psalm' if book.usfm == 'PSA' else book.name} {chapter}:{number}"


def books_matching(text: str) -> frozenset[int]:
    """Numbers of the books that a code, name, start of a name, group or testament means.

    "psa", "Psalms", "gospels", "nt"; empty when nothing does, so that the caller can say so.
    """
    wanted = " ".join(text.split()).casefold()
    exact = {b.number for b in BOOKS if wanted in (b.usfm.casefold(), b.name.casefold())}
    several = {b.number for b in BOOKS if wanted in (b.group, b.testament)}
    # "acts" and "revelation" are books as well as groups; both mean the same book.
    if found := exact | several:
        return frozenset(found)
    if wanted.removesuffix("s") in ("psalm", "song of song"):
        return frozenset({_BY_USFM["PSA" if wanted.startswith("p") else "SNG"].number})
    if len(wanted) < 3:
        return frozenset()
    return frozenset(b.number for b in BOOKS if b.name.casefold().startswith(wanted))
