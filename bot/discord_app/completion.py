"""What Discord suggests while somebody types a translation, a book or a time zone."""

from functools import cache
from typing import Any
from zoneinfo import available_timezones

import discord
from discord import app_commands

from bot.discord_app.components import client_of
from bot.discord_app.markup import shorten
from bot.errors import NoIndex
from index.books import BOOKS, GROUPS

Interaction = discord.Interaction[Any]
Choices = list[app_commands.Choice[str]]

_MOST = 25
_NAME = 100


async def translations(interaction: Interaction, typed: str) -> Choices:
    """Translations whose code or name has what was typed."""
    try:
        known = client_of(interaction).translations
    except NoIndex:
        return []
    return _matching(typed, [(f"{name} ({code})", code) for code, name in known.items()])


async def books(interaction: Interaction, typed: str) -> Choices:
    """Books, and groups of books, whose name has what was typed."""
    named = [(book.name, book.usfm) for book in BOOKS]
    groups = [(f"All of {group}", group) for group in GROUPS if group not in ("acts", "revelation")]
    return _matching(typed, named + groups)


async def zones(interaction: Interaction, typed: str) -> Choices:
    """Time zones whose name has what was typed."""
    return _matching(typed.replace(" ", "_"), [(zone, zone) for zone in _zones()])


@cache
def _zones() -> tuple[str, ...]:
    return tuple(sorted(zone for zone in available_timezones() if "/" in zone or zone == "UTC"))


def _matching(typed: str, named: list[tuple[str, str]]) -> Choices:
    wanted = typed.strip().casefold()
    fitting = [(name, value) for name, value in named if wanted in name.casefold()]
    # What begins with the letters typed is meant more often than what has them somewhere.
    fitting.sort(key=lambda pair: not pair[0].casefold().startswith(wanted))
    return [app_commands.Choice(name=shorten(name, _NAME), value=value) for name, value in fitting[:_MOST]]
