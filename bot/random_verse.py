"""A verse by chance: of a theme, or one of those that many people love."""

import random
from contextlib import suppress
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


async def random_verse(
    service: VerseService, theme: str | None, translation: str, chance: random.Random
) -> Hit:
    """Draws a verse.

    Args:
        service: where to look.
        theme: what it should be about; None draws from the well-known ones.
        translation: code of the text to show.
        chance: makes the choice; seeded by the day for a verse of the day.

    Raises:
        BadQuery: no verse is about that.
        NoIndex: there is nothing to draw from.
        UnknownTranslation: no such translation.

    """
    if theme is not None:
        hits = await service.about(theme, translation, _OF_A_THEME)
        if not hits:
            raise BadQuery("I found no verse about that; try another theme.")
        return chance.choice(hits)

    def draw(searcher: Searcher) -> Hit:
        for verse in chance.sample(well_known(), len(well_known())):
            with suppress(UnknownVerse):  # an index of a few books
                return searcher.context(verse, 0, translation)[0]
        raise BadQuery("This index has none of the well-known verses; name a theme.")

    return await service.look(draw)
