"""Brings every translation to one numbering, the KJV's, so that verse ids mean the same everywhere.

Douay-Rheims and Wycliffe follow the Vulgate (its psalms are one behind from 10 on), Darby and others
the Hebrew in places, some merely miscount. `versification.tsv` lists for each translation what
is numbered otherwise: `code<TAB>source range<TAB>first common verse`, or `-` for text that has no
place in the 66 books (the Greek parts of Daniel and Esther). The rows were found by aligning each
book's verses with the KJV's, word by word; `tests/index/test_versification_rows.py` asks the wheels
for the reason of each.
BBE and Webster carry the common number in the text itself.
"""

from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from index.books import BOOKS, VERSE_IDS, from_usfm, split
from index.wheels import Piece

__all__ = ["MERGED_INTO", "own_numbering", "to_common"]

# Verse numbers that modern Bibles have and the common versification has not, and the verse that
# holds their words: 3 John 15 is the end of 14, Revelation 12:18 the beginning of 13:1.
MERGED_INTO = MappingProxyType({64_001_015: 64_001_014, 66_012_018: 66_013_001})

_KNOWN = frozenset(VERSE_IDS)
_NUMBERS = {book.usfm: book.number for book in BOOKS}


@cache
def own_numbering() -> dict[str, dict[int, int | None]]:
    """{code: {verse in the translation's own numbering: common verse, or None}}."""
    table: dict[str, dict[int, int | None]] = defaultdict(dict)
    text = (files("index") / "versification.tsv").read_text("utf-8")
    for line in text.splitlines():
        code, source, common = line.split("\t")
        book, place = source.split(" ")
        chapter, verses = place.split(":")
        first, _, last = verses.partition("-")
        start = _NUMBERS[book] * 1_000_000 + int(chapter) * 1_000
        for offset, verse in enumerate(range(int(first), int(last or first) + 1)):
            table[code][start + verse] = None if common == "-" else from_usfm(common) + offset
    return dict(table)


def to_common(code: str, pieces: Sequence[Piece]) -> tuple[dict[int, list[str]], list[Piece]]:
    """({common verse id: its texts in reading order}, the pieces that have no place).

    Several pieces can make one verse; so does a psalm's title that is numbered as a verse, which
    goes with verse 1.
    """
    table = own_numbering().get(code, {})
    claimed = {piece.common for piece in pieces if piece.common is not None}
    verses: dict[int, list[str]] = defaultdict(list)
    homeless = []
    for piece in pieces:
        verse = piece.common or table.get(piece.source, piece.source)
        if piece.common is None and piece.source in claimed and split(piece.source)[0] == 19:
            verse = piece.source // 1_000 * 1_000 + 1
        verse = MERGED_INTO.get(verse, verse) if verse is not None else None
        if verse in _KNOWN:
            verses[verse].append(piece.text)
        else:
            homeless.append(piece)
    return {verse: verses[verse] for verse in sorted(verses)}, homeless
