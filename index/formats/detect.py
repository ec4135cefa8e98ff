"""Finds out which format a file has, by its content."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from index.errors import RejectedText
from index.formats.decode import decode
from index.formats.plain import read_headings, read_tabs
from index.formats.raw import Item
from index.formats.usfm import read_usfm
from index.formats.xml import read_xml

__all__ = ["Parsed", "parse"]

_READABLE = (
    "USFM, OSIS XML, Zefania XML, lines of reference<TAB>text, "
    'or lines of [90:12] text under headings such as "### Psalms"'
)


@dataclass(frozen=True)
class Parsed:
    """A file's format, its encoding and what it holds."""

    format: str
    encoding: str
    items: Iterator[Item]


def parse(content: bytes) -> Parsed:
    """Read a file; raises `RejectedText` when it is in no format known here."""
    if not content.strip():
        raise RejectedText(f"The file is empty; give {_READABLE}.")
    if content.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0").startswith(b"<"):
        # XML states its own encoding.
        name, items = read_xml(content)
        return Parsed(name, "as the XML declares", items)
    text, encoding = decode(content)
    if re.search(r"^\\id\b", text, re.MULTILINE):
        return Parsed("usfm", encoding, read_usfm(text))
    if re.search(r"^\[\d+:\d+\]", text, re.MULTILINE):
        return Parsed("headings", encoding, read_headings(text))
    if re.search(r"^[^\t\n]*\d+\s*[:.]\s*\d+\s*\t", text, re.MULTILINE):
        return Parsed("tabs", encoding, read_tabs(text))
    raise RejectedText(f"The file holds no verses that can be read; give {_READABLE}.")
