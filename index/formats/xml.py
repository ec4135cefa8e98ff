"""OSIS and Zefania XML, read as a stream by defusedxml's parser (no entities, no fetching)."""

import io
from collections.abc import Iterator
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl, Locator

from defusedxml.common import DefusedXmlException
from defusedxml.sax import make_parser

from index.errors import RejectedText
from index.formats.raw import Item, Raw

__all__ = ["read_xml"]

# Elements whose text is not scripture, in either format.
_SKIPPED = frozenset({"note", "title", "rdg", "figure", "xref", "caption", "prolog", "remark"})


def read_xml(content: bytes) -> tuple[str, Iterator[Item]]:
    """("osis" or "zefania", its verses)."""
    handler = _Handler()
    parser = make_parser()
    parser.setContentHandler(handler)
    try:
        parser.parse(io.BytesIO(content))
    except SAXParseException as error:
        message = f"The XML is broken in line {error.getLineNumber()}: {error.getMessage()}."
        raise RejectedText(message, [(error.getLineNumber() or 0, error.getMessage())]) from error
    except DefusedXmlException as error:
        raise RejectedText("The XML declares entities, which are not read; remove them.") from error
    return handler.format, iter(handler.items)


class _Handler(ContentHandler):
    def __init__(self) -> None:
        super().__init__()
        self.format = ""
        self.items: list[Item] = []
        self._book, self._chapter = "", 0
        self._open: tuple[int, str, int, int] | None = None
        self._texts: list[str] = []
        self._skipping = 0
        self._milestones = False
        self._locator: Locator | None = None

    def setDocumentLocator(self, locator: Locator) -> None:  # noqa: N802
        self._locator = locator

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802
        tag = name.rpartition(":")[2].lower()
        if not self.format:
            self.format = {"osis": "osis", "xmlbible": "zefania"}.get(tag, "")
            if not self.format:
                raise RejectedText(
                    f"<{name}> is not a Bible format read here; give OSIS or Zefania XML, or USFM."
                )
        if tag in _SKIPPED:
            self._skipping += 1
        elif tag == "verse":
            self._osis_verse(attrs)
        elif tag == "biblebook":
            self._book = attrs.get("bnumber") or attrs.get("bname", "")
        elif tag == "chapter" and "cnumber" in attrs:
            self._chapter = self._number("cnumber", attrs)
        elif tag == "vers":
            self._start(self._book, self._chapter, self._number("vnumber", attrs))
        elif tag in ("l", "lb", "p", "br", "lg"):
            self._texts.append(" ")

    def endElement(self, name: str) -> None:  # noqa: N802
        tag = name.rpartition(":")[2].lower()
        if tag in _SKIPPED:
            self._skipping -= 1
        elif tag == "vers" or (tag == "verse" and not self._milestones):
            self._close()

    def characters(self, content: str) -> None:
        if self._open and not self._skipping:
            self._texts.append(content)

    def endDocument(self) -> None:  # noqa: N802
        self._close()

    def _osis_verse(self, attrs: AttributesImpl) -> None:
        if "eID" in attrs:
            self._close()
            return
        self._milestones = "sID" in attrs
        # One element may stand for several verses, "Gen.1.3 Gen.1.4"; its text goes with the first.
        place = (attrs.get("osisID") or attrs.get("sID") or "").split(" ")[0]
        book, _, numbers = place.rpartition(":")[2].partition(".")
        chapter, _, verse = numbers.partition(".")
        if chapter.isdigit() and verse.isdigit():
            self._start(book, int(chapter), int(verse))
        else:
            self.items.append((self._line(), f'"{place}" is not an osisID such as Ps.90.12'))

    def _number(self, key: str, attrs: AttributesImpl) -> int:
        value = attrs.get(key, "")
        if value.isdigit():
            return int(value)
        self.items.append((self._line(), f'{key}="{value}" is not a number'))
        return 0

    def _start(self, book: str, chapter: int, verse: int) -> None:
        self._close()
        self._open = (self._line(), book, chapter, verse)

    def _close(self) -> None:
        if self._open:
            self.items.append(Raw(*self._open, "".join(self._texts)))
        self._open, self._texts = None, []

    def _line(self) -> int:
        return (self._locator.getLineNumber() or 0) if self._locator else 0
