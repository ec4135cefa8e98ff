"""`/verse`: the command that all of this is for."""

from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands

from bot.discord_app import reactions, render
from bot.discord_app.components import answer_view
from bot.discord_app.handling import handling, in_time, tell
from bot.discord_app.markup import escape
from bot.store.ratings import Shown

if TYPE_CHECKING:
    from bot.discord_app.client import VerseClient
    from bot.service import Answer

_LONGEST_QUERY = 2_000  # characters; more than any verse


@app_commands.command(name="verse", description="Find the verse you half remember, or look one up.")
@app_commands.describe(
    query="Words you remember, what it says, or a reference such as John 3:16",
    translation="Which translation to show",
    book="Stay in one book or group: Psalms, Romans, gospels",
    testament="Stay in one testament",
    private="Show the answer to you alone",
)
@app_commands.choices(
    testament=[
        app_commands.Choice(name="Old Testament", value="ot"),
        app_commands.Choice(name="New Testament", value="nt"),
    ]
)
@app_commands.allowed_installs(guilds=True, users=True)
@app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
async def verse(
    interaction: discord.Interaction[Any],
    query: app_commands.Range[str, 1, _LONGEST_QUERY],
    translation: app_commands.Range[str, 1, 20] | None = None,
    book: app_commands.Range[str, 1, 40] | None = None,
    testament: str | None = None,
    private: bool = False,
) -> None:
    """Answers with the best verse, or with what is wrong."""
    client: VerseClient = interaction.client
    async with handling(interaction, client.inflight):
        client.cooldown.take(interaction.user.id)
        person = client.person(interaction)
        finding = client.service.find(query, person, translation=translation, book=book, testament=testament)
        answer = await in_time(interaction, finding, private=private)
        await show(interaction, answer, private=private)


async def show(interaction: discord.Interaction[Any], answer: "Answer", *, private: bool) -> None:
    """Sends an answer, notes which message shows it, and invites reactions."""
    client: VerseClient = interaction.client
    hits = answer.result.hits
    if not hits:
        await tell(interaction, escape(answer.result.notice or "Nothing was found; try other words."))
        return
    if len(hits) > 1 and "reference" in hits[0].matched_by:
        embed = render.passage_embed(answer.result, render.pages(hits)[0], client.translations)
    else:
        embed = render.answer_embed(answer.result, hits[0], client.translations)
    view = answer_view(answer, hits[0])
    if interaction.response.is_done():
        message_id: int | None = (await interaction.edit_original_response(embed=embed, view=view)).id
    else:
        sent = await interaction.response.send_message(embed=embed, view=view, ephemeral=private)
        message_id = sent.message_id
    if message_id is None or private or not answer.kept:
        return
    await client.service.store.ratings.show(message_id, Shown(answer.query_id, hits[0].verse_id))
    if _can_react(interaction):
        client.in_background(reactions.invite(interaction.channel, message_id))


def _can_react(interaction: discord.Interaction[Any]) -> bool:
    # Installed by a user only, the bot is a guest where it answers, and guests cannot react.
    if interaction.guild_id is None:
        return isinstance(interaction.channel, discord.DMChannel) and not interaction.context.private_channel
    may = interaction.app_permissions
    is_member = interaction.client.get_guild(interaction.guild_id) is not None
    return is_member and may.add_reactions and may.read_message_history
