"""One translation in memory."""

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Translation"]


@dataclass(frozen=True)
class Translation:
    """One translation; `verses` maps verse id to cleaned text, ascending, absent verses absent."""

    code: str
    name: str
    year: int
    licence: str
    source: str
    verses: Mapping[int, str] = field(repr=False)
