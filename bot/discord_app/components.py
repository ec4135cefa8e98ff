"""What the buttons, menus and forms of this bot have in common.

Everything they need is in their custom ids, so they work after a restart: `v1` the format, what to do, and on
what, queries in base 36. A format is never changed, only followed by the next.
"""

import re
from typing import TYPE_CHECKING, Any

import discord

from bot.store.ids import to_base36
from bot.store.preferences import Style
from bot.store.ratings import Shown

if TYPE_CHECKING:
    from bot.discord_app.client import VerseClient

Interaction = discord.Interaction[Any]
Button = discord.ui.Button[Any]
Select = discord.ui.Select[Any]

QUERY = r"(?P<query>[0-9a-z]{1,13})"
VERSE = r"(?P<verse>\d{7,8})"
CODE = r"(?P<code>[A-Za-z0-9_-]{1,20})"
PAGE = r"(?P<page>\d{1,3})"
LOOK = r"(?P<look>[eqp][01])"

_STYLES: dict[str, Style] = {"e": "embed", "q": "quote", "p": "plain"}
_SINGLE_LOOKS = {style: letter for letter, style in _STYLES.items()}

GONE = "This answer is not kept any more; please ask again."


def client_of(interaction: Interaction) -> "VerseClient":
    """The client that an interaction came to."""
    client: VerseClient = interaction.client
    return client


def shown_in(match: re.Match[str]) -> Shown:
    """The answer and verse that a custom id names."""
    return Shown(query_in(match), int(match["verse"]))


def query_in(match: re.Match[str]) -> int:
    """The query that a custom id names."""
    return int(match["query"], 36)


def named(shown: Shown) -> str:
    """An answer and verse as a part of a custom id."""
    return f"{to_base36(shown.query_id)}:{shown.verse_id}"


def look_name(style: Style, *, numbers: bool) -> str:
    """A style as a part of a custom id, so that a menu redraws a message as it was drawn."""
    return f"{_SINGLE_LOOKS[style]}{numbers:d}"


def look_in(match: re.Match[str]) -> tuple[Style, bool]:
    """The style that a custom id names, and whether passages have verse numbers."""
    return _STYLES[match["look"][0]], match["look"][1] == "1"


def asked_by(interaction: Interaction) -> bool:
    """Whether the person who acts is the one whom the message answers."""
    message = interaction.message
    metadata = message.interaction_metadata if message is not None else None
    return metadata is not None and metadata.user.id == interaction.user.id
