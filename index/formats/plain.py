"""Plain text: `ref<TAB>text` lines, or `[chapter:verse] text` under `### Book` headings."""

import re
from collections.abc import Iterator

from index.formats.raw import Item, Raw

__all__ = ["read_headings", "read_tabs"]

_HEADING = re.compile(r"#{1,6}\s*(.*?)\s*#*\s*")
_VERSE = re.compile(r"\[(\d{1,3}):(\d{1,3})\]\s*(.*)")
_REFERENCE = re.compile(r"\s*(.+?)\s*(\d{1,3})\s*[:.]\s*(\d{1,3})\s*")


def read_tabs(text: str) -> Iterator[Item]:
    """`PSA 90:12<TAB>text`; the book may be a code or a name. `#` starts a comment."""
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        reference, tab, verse = line.partition("\t")
        match = _REFERENCE.fullmatch(reference)
        if not tab:
            yield number, "there is no tab between reference and text"
        elif match is None:
            yield number, f'"{reference.strip()}" is not a reference such as PSA 90:12'
        else:
            yield Raw(number, match[1], int(match[2]), int(match[3]), verse)


def read_headings(text: str) -> Iterator[Item]:
    """`### Psalms`, then `[90:12] text`; a line without a number belongs to the verse above it."""
    book = ""
    verse: Raw | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        if line.startswith("#"):
            heading = _HEADING.fullmatch(line)
            book = heading[1] if heading else ""
            if verse:
                yield verse
            verse = None
        elif match := _VERSE.match(line):
            if verse:
                yield verse
            verse = Raw(number, book, int(match[1]), int(match[2]), match[3])
            if not book:
                yield number, 'no heading such as "### Genesis" stands above this verse'
                verse = None
        elif verse:
            verse = Raw(verse.line, verse.book, verse.chapter, verse.verse, f"{verse.text} {line.strip()}")
        else:
            yield number, "the line is neither a heading nor a verse such as [90:12] text"
    if verse:
        yield verse
