"""From a question to an answer in Discord, whichever command it came by."""

from typing import TYPE_CHECKING, Any

import discord

from bot.discord_app import reactions, render
from bot.discord_app.answer_items import answer_view, passage
from bot.discord_app.components import client_of
from bot.discord_app.handling import in_time, respond, tell
from bot.discord_app.markup import escape
from bot.store.ratings import Shown

if TYPE_CHECKING:
    from bot.service import Answer
    from bot.store.preferences import Looks


async def answer_question(
    interaction: discord.Interaction[Any],
    text: str,
    *,
    translation: str | None = None,
    book: str | None = None,
    testament: str | None = None,
    private: bool | None = None,
    keep: bool = True,
) -> None:
    """Finds and shows verses.

    Args:
        interaction: not yet acknowledged.
        text: what to find.
        translation, private: go before what the person and the server chose.
        book, testament: where to stay.
        keep: whether to log it.

    """
    client = client_of(interaction)
    client.cooldown.take(interaction.user.id)
    person = client.person(interaction)
    looks = await client.service.looks(
        person, translation=translation, private=private, channels=channels_of(interaction)
    )
    with client.crowd.admit(interaction.guild_id):
        finding = client.service.find(
            text,
            person,
            translation=looks.translation,
            book=book,
            testament=testament,
            keep=keep,
            on_show=None if looks.style == "embed" else 1,
        )
        answer = await in_time(interaction, finding, private=looks.private)
    await show(interaction, answer, looks)


async def show(interaction: discord.Interaction[Any], answer: "Answer", looks: "Looks") -> None:
    """Sends an answer, notes which message shows it, and invites reactions."""
    client = client_of(interaction)
    hits = answer.result.hits
    if not hits:
        await tell(interaction, escape(answer.result.notice or "Nothing was found; try other words."))
        return
    if render.is_passage(answer.result):
        drawn, view = passage(answer, 0, client.translations, looks.style, looks.numbers)
    else:
        drawn = render.draw_answer(answer.result, hits[0], client.translations, looks.style)
        view = answer_view(answer, hits[0], looks.style)
    message_id = await respond(interaction, drawn, view, private=looks.private)
    if message_id is None or looks.private or not answer.kept:
        return
    await client.service.store.ratings.show(message_id, Shown(answer.query_id, hits[0].verse_id))
    if looks.reactions and _can_react(interaction):
        client.in_background(reactions.invite(interaction.channel, message_id))


def channels_of(interaction: discord.Interaction[Any]) -> frozenset[int]:
    """The channel, and what it is a thread of."""
    channel = interaction.channel
    parent = channel.parent_id if isinstance(channel, discord.Thread) else None
    return frozenset(id_ for id_ in (interaction.channel_id, parent) if id_ is not None)


def _can_react(interaction: discord.Interaction[Any]) -> bool:
    # Installed by a user only, the bot is a guest where it answers, and guests cannot react.
    if interaction.guild_id is None:
        return isinstance(interaction.channel, discord.DMChannel) and not interaction.context.private_channel
    may = interaction.app_permissions
    is_member = interaction.client.get_guild(interaction.guild_id) is not None
    return is_member and may.add_reactions and may.read_message_history
