"""👍 and 👎 as reactions: put under answers where that is possible, and counted when people use them."""

import logging
from typing import TYPE_CHECKING

import discord

from bot.discord_app.rating_items import DOWN, UP, VALUES
from bot.errors import BotError

if TYPE_CHECKING:
    from bot.discord_app.client import VerseClient

log = logging.getLogger(__name__)

_SKIN_TONES = dict.fromkeys(range(0x1F3FB, 0x1F400))


async def invite(channel: object, message_id: int) -> None:
    """Puts both reactions under a message; the buttons do the same where that is not allowed."""
    if not isinstance(
        channel,
        (discord.TextChannel, discord.VoiceChannel, discord.StageChannel, discord.Thread, discord.DMChannel),
    ):
        return
    message = channel.get_partial_message(message_id)
    try:
        for emoji in (UP, DOWN):
            await message.add_reaction(emoji)
    except discord.HTTPException as error:
        log.debug("no reactions on this message: %s", error)


async def take(client: "VerseClient", payload: discord.RawReactionActionEvent) -> None:
    """Keeps or takes back the rating that a reaction on one of our answers is."""
    value = VALUES.get(payload.emoji.name.translate(_SKIN_TONES))
    if value is None or client.user is None or payload.user_id == client.user.id:
        return
    if payload.message_author_id not in (None, client.user.id) or (payload.member and payload.member.bot):
        return
    shown = await client.service.store.ratings.shown_by(payload.message_id)
    if shown is None:
        return
    person = client.person_by_id(payload.user_id, payload.guild_id)
    try:
        if payload.event_type == "REACTION_ADD":
            await client.service.rate(shown, person, value, "reaction")
        else:
            await client.service.unreact(shown.query_id, person, value)
    except BotError as error:
        log.info("a reaction was not kept: %s", error)
