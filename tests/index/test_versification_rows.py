"""Every row of versification.tsv has a reason that the wheels themselves give; a wrong or stray row has none.

The reasons, in the order in which they are asked for:
words:   the row's verses share more words with the KJV's where the row puts them than up to four verses
         further up or down, and than where their own numbers stand;
title:   the title of a psalm, which the Vulgate numbers as verse 1 or 2, goes with the first verse of its psalm;
between: the verses before and after leave no other place;
halves:  the verse holds two of the KJV's, or is a part of one, and the whole shares more words than the half.
What is left was judged by eye: lists of names, and Wycliffe's spelling, where no word is the KJV's.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from itertools import pairwise

import pytest

from index.audit import Yardstick, overlap
from index.bible import Bible
from index.books import BOOKS, VERSE_IDS, from_usfm
from index.versification import MERGED_INTO, own_numbering
from index.wheels import Piece

REACH = 4
PLACE = {verse: place for place, verse in enumerate(VERSE_IDS)}
NUMBERS = {book.usfm: book.number for book in BOOKS}
JUDGED = {
    ("DR", "EXO 39:19"), ("DR", "EXO 40:13"), ("WYC", "GEN 6:1"), ("WYC", "EXO 39:19"), ("WYC", "LEV 11:14"),
    ("WYC", "NUM 10:13"), ("WYC", "NUM 10:14"), ("WYC", "NUM 15:12"), ("WYC", "DEU 14:15-16"),
    ("WYC", "1CH 24:12"), ("WYC", "EZR 10:32"), ("WYC", "EZR 10:37"), ("WYC", "NEH 10:23"),
    ("WYC", "PSA 88:36-37"), ("WYC", "PSA 92:3-5"), ("WYC", "PSA 129:5"),
}  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One line of the table: `sources` in the translation's own numbering, from `common` on."""

    code: str
    place: str
    sources: tuple[int, ...]
    common: int


def _rows() -> Iterator[Row]:
    for line in (files("index") / "versification.tsv").read_text("utf-8").splitlines():
        code, place, common = line.split("\t")
        if common == "-":
            continue
        book, numbers = place.split(" ")
        chapter, verses = numbers.split(":")
        first, _, last = verses.partition("-")
        start = NUMBERS[book] * 1_000_000 + int(chapter) * 1_000
        sources = tuple(start + verse for verse in range(int(first), int(last or first) + 1))
        yield Row(code, place, sources, from_usfm(common))


class Own:
    """A translation in its own numbering, and where the table puts each of its verses."""

    def __init__(self, code: str, found: list[Piece]) -> None:
        table = own_numbering()[code]
        self.words = Yardstick({piece.source: piece.text for piece in found}).words
        common = ((p.source, p.common or table.get(p.source, p.source)) for p in found)
        merged = ((source, MERGED_INTO.get(verse, verse)) for source, verse in common if verse is not None)
        self.places = {source: PLACE[verse] for source, verse in merged if verse in PLACE}

    @cached_property
    def neighbours(self) -> dict[int, list[int]]:
        """{verse: the places of the verses before and after it}."""
        found: dict[int, list[int]] = {source: [] for source in self.places}
        for before, after in pairwise(self.places):
            found[after].append(self.places[before])
            found[before].append(self.places[after])
        return found


def _reason(row: Row, own: Own, kjv: Yardstick) -> str | None:
    sources = [source for source in row.sources if source in own.words]
    first, last = own.places[sources[0]], own.places[sources[-1]]

    def shared(shift: int) -> float:
        return sum(
            overlap(
                own.words[source], kjv.words[VERSE_IDS[PLACE[row.common] + source - row.sources[0] + shift]]
            )
            for source in sources
        )

    stays = sum(overlap(own.words[source], kjv.words.get(source, frozenset())) for source in sources)
    elsewhere = [shared(shift) for shift in range(-REACH, REACH + 1) if shift]
    if shared(0) > stays and shared(0) >= max(elsewhere):
        return "words"
    if row.place.startswith("PSA") and row.sources[0] % 1_000 <= 2 and row.common % 1_000 == 1:
        return "title"
    before, after = own.neighbours[sources[0]][0], own.neighbours[sources[-1]][-1]
    if before <= first <= last <= after and first - before <= 1 and after - last <= 1:
        return "between"
    words = frozenset[str]().union(*(own.words[source] for source in sources))
    up, here, down = (kjv.words[VERSE_IDS[first + shift]] for shift in (-1, 0, 1))
    if overlap(words, here | down) > max(overlap(words, here), overlap(words, down)):
        return "halves"
    together = words.union(*(own.words[source] for source, place in own.places.items() if place == first))
    if overlap(together, here) > max(overlap(words, here), overlap(together, up), overlap(together, down)):
        return "halves"
    return None


@pytest.fixture(scope="module")
def kjv(whole_bible: Bible) -> Yardstick:
    return Yardstick(whole_bible.translations["KJV"].verses)


@pytest.fixture(scope="module")
def owns(raw: dict[str, list[Piece]]) -> dict[str, Own]:
    return {code: Own(code, raw[code]) for code in own_numbering()}


def test_every_row_has_a_reason(owns: dict[str, Own], kjv: Yardstick) -> None:
    rows = list(_rows())
    reasons = {(row.code, row.place): _reason(row, owns[row.code], kjv) for row in rows}
    assert {row for row, reason in reasons.items() if reason is None} == JUDGED
    assert Counter(reasons.values())["words"] > 0.85 * len(rows)


def test_a_row_that_is_one_verse_off_has_none(owns: dict[str, Own], kjv: Yardstick) -> None:
    long = [row for row in _rows() if len(row.sources) >= 5]
    assert len(long) > 200
    for row in long:
        wrong = Row(row.code, row.place, row.sources, VERSE_IDS[PLACE[row.common] + 1])
        assert _reason(wrong, owns[row.code], kjv) != "words", row


def test_what_is_said_to_have_no_place_is_no_whole_verse(raw: dict[str, list[Piece]], kjv: Yardstick) -> None:
    """Of the text left out, next to nothing is a verse that the KJV has at that number."""
    whole = Counter(
        code
        for code, table in own_numbering().items()
        for piece in raw[code]
        if table.get(piece.source, 0) is None and piece.source in kjv.words
        for words in [Yardstick({0: piece.text}).words[0]]
        if overlap(words, kjv.words[piece.source]) > 0.6
    )
    assert set(whole) <= {"OEB"}
    assert whole["OEB"] <= 20
