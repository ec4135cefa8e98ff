"""A verse by chance, or for a day: of a theme, or one of those that many people love."""

import random
from contextlib import suppress
from datetime import date
from functools import cache
from importlib.resources import files

from bot.errors import BadQuery
from bot.service import VerseService
from index.books import from_usfm
from index.errors import UnknownVerse
from index.results import Hit
from index.search import Searcher

_OF_A_THEME = 30
"""Verses found for a theme, of which one is drawn: enough for a month, and still about the theme."""


@cache
def well_known() -> tuple[int, ...]:
    """Verses that are understood by themselves, in the order of the Bible."""
    lines = files("bot").joinpath("wellknown.txt").read_text("utf-8").splitlines()
    return tuple(from_usfm(line) for line in lines if line and not line.startswith("#"))


async def random_verse(service: VerseService, theme: str | None, translation: str) -> Hit:
    """Draws a verse of a theme, or a well-known one without; errors as of `verse_of_the_day`."""
    return random.choice(await _candidates(service, theme, translation))


async def verse_of_the_day(
    service: VerseService, theme: str | None, translation: str, *, seed: int, day: date
) -> Hit:
    """The verse of a day: none comes twice before all have come, and each seed has another order.

    Raises:
        BadQuery: no verse is about that.
        NoIndex: there is nothing to choose from.
        UnknownTranslation: no such translation.

    """
    candidates = await _candidates(service, theme, translation)
    random.Random(seed).shuffle(candidates)
    return candidates[day.toordinal() % len(candidates)]


async def _candidates(service: VerseService, theme: str | None, translation: str) -> list[Hit]:
    if theme is not None:
        hits = list(await service.about(theme, translation, _OF_A_THEME))
        if not hits:
            raise BadQuery("I found no verse about that; try another theme.")
        return hits

    def read(searcher: Searcher) -> list[Hit]:
        found: list[Hit] = []
        for verse in well_known():
            with suppress(UnknownVerse):  # an index of a few books
                found += searcher.context(verse, 0, translation)
        return found

    return await service.look(read)
