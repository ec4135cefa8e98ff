"""Loads the translations: {verse id: cleaned text} each, and all of them as one Bible.

Example:
    bible = load_bible()
    bible.texts(from_usfm("PSA 90:12"))["KJV"]

"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from index import cache
from index.catalogue import (
    ALL_TRANSLATIONS,
    CATALOGUE,
    DEFAULT_TRANSLATIONS,
    FREE_TRANSLATIONS,
    HELD_OUT,
    Entry,
    installed_translations,
)
from index.cleaning import clean
from index.errors import UnknownTranslation
from index.translation import Translation
from index.user_texts import load_user_text, user_codes
from index.versification import to_common
from index.wheels import pieces

__all__ = [
    "ALL_TRANSLATIONS",
    "DEFAULT_TRANSLATIONS",
    "FREE_TRANSLATIONS",
    "HELD_OUT",
    "Bible",
    "Translation",
    "installed_translations",
    "load_bible",
    "load_translation",
]


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


def load_translation(code: str, data_dir: Path | None = None) -> Translation:
    """One translation, of the catalogue or added by the user under `data_dir`.

    With `data_dir` the cleaned text is cached there. Raises `UnknownTranslation` or `CorpusError`.
    """
    added = user_codes(data_dir) if data_dir else ()
    if data_dir and code.upper() in added:
        return load_user_text(code.upper(), data_dir)
    entry = CATALOGUE.get(code.upper())
    if entry is None:
        known = ", ".join((*CATALOGUE, *added))
        raise UnknownTranslation(f"There is no translation {code}; there are {known}.")
    verses = cache.read(data_dir, entry) if data_dir else None
    if verses is None:
        verses = _cleaned(entry)
        if data_dir:
            cache.write(data_dir, entry, verses)
    return Translation(entry.code, entry.name, entry.year, entry.licence, entry.source, verses)


def _cleaned(entry: Entry) -> dict[int, str]:
    texts, _ = to_common(entry.code, pieces(entry))
    cleaned = {verse: clean(" ".join(parts), entry.code) for verse, parts in texts.items()}
    return {verse: text for verse, text in cleaned.items() if text}


def load_bible(codes: Iterable[str] | None = None, data_dir: Path | None = None) -> Bible:
    """Those translations as one Bible, in that order, then every text added under `data_dir`.

    None stands for the free ones that are installed.
    """
    wanted = dict.fromkeys(installed_translations() if codes is None else map(str.upper, codes))
    if data_dir:
        wanted |= dict.fromkeys(user_codes(data_dir))
    return Bible({code: load_translation(code, data_dir) for code in wanted})
