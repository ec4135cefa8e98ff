"""USFM, read by usfmtc, the reference parser of the standard's own committee."""

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from index.formats.raw import Item, Raw

__all__ = ["read_usfm"]

# Elements and paragraph styles that hold no scripture.
_SKIPPED = frozenset({"note", "figure", "sidebar", "book"})
_SCRIPTURE = re.compile(r"(?:p|m|po|pr|cls|pmo?|pm[cr]|pi\d?|mi|nb|pc|ph\d?|q[rcm\d]?|qm\d|li\d?|b|d)\d?$")
_BOOK = re.compile(r"^\\id\b", re.MULTILINE)


def read_usfm(text: str) -> Iterator[Item]:
    """Every verse of every `\\id`; a bridge `\\v 3-4` counts as its first verse."""
    starts = [match.start() for match in _BOOK.finditer(text)]
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        yield from _read_book(text[start:end], text.count("\n", 0, start))


def _read_book(text: str, lines_before: int) -> Iterator[Item]:
    from usfmtc import USX

    usx = USX.fromUsfm(text)  # counts lines from 0
    for message, position, *_ in usx.errors or ():
        yield lines_before + position.l + 1, str(message)
    root = usx.getroot()
    book = root.find("book")
    reader = _Reader(book.get("code", "") if book is not None else "", lines_before)
    reader.read(root)
    yield from reader.finished()


class _Reader:
    """Walks the tree in reading order and gathers the text after each verse mark."""

    def __init__(self, book: str, lines_before: int) -> None:
        self._book = book
        self._lines_before = lines_before
        self._chapter = 0
        self._items: list[Item] = []
        self._open: tuple[int, int, int] | None = None
        self._texts: list[str] = []

    def read(self, element: Element) -> None:
        if element.tag == "chapter":
            self._close()
            self._texts = []  # a psalm's title comes before verse 1 and goes with it
            self._chapter = _leading_number(element.get("number", ""))
        elif element.tag == "verse":
            self._start(element)
        elif element.tag not in _SKIPPED and not _is_heading(element):
            self._texts.append(element.text or "")
            for child in element:
                self.read(child)
                self._texts.append(child.tail or "")
            if element.tag == "para":
                self._texts.append(" ")

    def finished(self) -> list[Item]:
        self._close()
        return self._items

    def _start(self, element: Element) -> None:
        number = _leading_number(element.get("number", ""))
        line = self._lines_before + element.pos.l + 1  # type: ignore[attr-defined]
        if self._open and self._open[1:] == (self._chapter, number):
            return  # 5a and 5b are one verse
        self._close()
        self._open = (line, self._chapter, number)

    def _close(self) -> None:
        if self._open:
            line, chapter, verse = self._open
            self._items.append(Raw(line, self._book, chapter, verse, "".join(self._texts)))
            self._open, self._texts = None, []


def _is_heading(element: Element) -> bool:
    return element.tag == "para" and not _SCRIPTURE.match(element.get("style", ""))


def _leading_number(text: str) -> int:
    match = re.match(r"\d+", text)
    return int(match[0]) if match else 0
