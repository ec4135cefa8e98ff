"""What every format yields."""

from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Item", "Raw"]


@dataclass(frozen=True, slots=True)
class Raw:
    """One verse as a file gives it. line: 1-based; book: as written, name or code."""

    line: int
    book: str
    chapter: int
    verse: int
    text: str


# A verse, or the line that could not be read and why.
Item = Raw | tuple[int, str]
Items = Iterator[Item]
