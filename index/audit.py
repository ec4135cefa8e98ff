"""Looks at the corpus: figures for each translation, and verses that may not be what they should be.

The telling figure is the overlap with the KJV, verse by verse: translations of one verse share words,
so text that was cut or numbered wrong shows at once.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from index.books import VERSE_IDS, display
from index.catalogue import CATALOGUE
from index.translation import Translation
from index.versification import to_common
from index.wheels import pieces

__all__ = ["Audit", "Suspicion", "Yardstick", "audit", "overlap"]

_WORD = re.compile(r"[a-z]+")
_ODD = re.compile(r"[^\w\s,.;:!?()'\"—-]|\d[A-Za-z]|[A-Za-z]\d|[a-z][A-Z]")
# A verse is suspicious with more than this many times the KJV's words, or less than one part in as
# many; short verses vary too much to tell.
_LENGTH_RATIO, _LENGTH_MARGIN = 4, 20
# ... or when its words fit a verse next to it this much better than its own.
_BETTER_ELSEWHERE = 0.4
_POSITION = {verse: place for place, verse in enumerate(VERSE_IDS)}


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A verse to look at and why."""

    verse: int
    reason: str


@dataclass(frozen=True)
class Audit:
    """What is known of one translation.

    unique: different texts; words: running words; overlap: mean over its verses of `overlap` with
    the KJV; longest and shortest: (verse, words); left_out: pieces of the wheel that have no place
    in the 66 books or are no whole verses.
    """

    translation: Translation
    cleared: bool
    unique: int
    words: int
    overlap: float
    longest: tuple[int, int]
    shortest: tuple[int, int]
    suspicions: tuple[Suspicion, ...]
    left_out: int


def overlap(a: frozenset[str], b: frozenset[str]) -> float:
    """Dice's coefficient of two sets of words, 0 to 1."""
    return 2 * len(a & b) / (len(a) + len(b)) if a or b else 0.0


class Yardstick:
    """The verses everything is measured by: the KJV's."""

    def __init__(self, verses: Mapping[int, str]) -> None:
        self.words = {verse: _words(text) for verse, text in verses.items()}
        self.lengths = {verse: len(text.split()) for verse, text in verses.items()}


def audit(translation: Translation, yardstick: Yardstick) -> Audit:
    """All figures of one translation."""
    verses = translation.verses
    lengths = {verse: len(text.split()) for verse, text in verses.items()}
    words = {verse: _words(text) for verse, text in verses.items()}
    overlaps = {verse: overlap(own, yardstick.words[verse]) for verse, own in words.items()}
    entry = CATALOGUE.get(translation.code)
    return Audit(
        translation,
        cleared=entry.cleared if entry else False,
        unique=len(set(verses.values())),
        words=sum(lengths.values()),
        overlap=sum(overlaps.values()) / len(overlaps),
        longest=max(lengths.items(), key=lambda item: item[1]),
        shortest=min(lengths.items(), key=lambda item: item[1]),
        suspicions=tuple(_suspicions(verses, lengths, words, overlaps, yardstick)),
        left_out=len(to_common(entry.code, pieces(entry))[1]) if entry else 0,
    )


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.casefold()))


def _suspicions(
    verses: Mapping[int, str],
    lengths: Mapping[int, int],
    words: Mapping[int, frozenset[str]],
    overlaps: Mapping[int, float],
    yardstick: Yardstick,
) -> Iterator[Suspicion]:
    odd = _odd_characters(verses)
    before = ""
    for verse, text in verses.items():
        length, usual = lengths[verse], yardstick.lengths[verse]
        if length > _LENGTH_RATIO * usual + _LENGTH_MARGIN:
            yield Suspicion(verse, f"{length} words where the KJV has {usual}")
        elif length * _LENGTH_RATIO < usual - _LENGTH_MARGIN / 2:
            yield Suspicion(verse, f"only {length} words where the KJV has {usual}")
        elif text == before and usual > _LENGTH_RATIO:
            yield Suspicion(verse, "the same text as the verse before")
        elif verse in odd:
            yield Suspicion(verse, f"odd characters: {odd[verse]}")
        elif elsewhere := _fits_better(verse, words[verse], overlaps[verse], yardstick):
            yield Suspicion(verse, f"its words fit {display(elsewhere)}")
        before = text


def _odd_characters(verses: Mapping[int, str]) -> dict[int, str]:
    # One search of the whole text is many times faster than one of each verse.
    ids, text = list(verses), "\n".join(verses.values())
    found: dict[int, str] = {}
    line = end = 0
    for match in _ODD.finditer(text):
        line, end = line + text.count("\n", end, match.start()), match.start()
        found.setdefault(ids[line], match[0])
    return found


def _fits_better(verse: int, words: frozenset[str], own: float, yardstick: Yardstick) -> int | None:
    if own > 1 - _BETTER_ELSEWHERE:
        return None
    place = _POSITION[verse]
    for neighbour in VERSE_IDS[max(0, place - 1) : place + 2]:
        if neighbour != verse and overlap(words, yardstick.words[neighbour]) > own + _BETTER_ELSEWHERE:
            return neighbour
    return None
