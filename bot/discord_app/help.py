"""`/help`: what there is, for a person who has never seen the bot."""

from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands

from bot.discord_app.handling import handling
from bot.discord_app.render import PLAIN

if TYPE_CHECKING:
    from bot.discord_app.client import VerseClient

_INTRODUCTION = (
    "Ask for a verse as you remember it: `/verse number my days`, `/verse he lifted me out of the mud`,"
    ' `/verse john 3:16`. Wrong words do no harm. "Quotation marks" stand for exact words, a -minus before a'
    " word for none of it."
)
_UNDER = (
    "The menu opens the next best verses; *Context*, *Chapter*, *Related* and *Compare* show what is around one."
    " 👍 and 👎 tell what was right, and 👎 asks which verse you meant."
)


@app_commands.command(name="help", description="What this bot can do.")
@app_commands.allowed_installs(guilds=True, users=True)
@app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
async def help_(interaction: discord.Interaction[Any]) -> None:
    """Lists the commands as they are registered."""
    async with handling(interaction) as client:
        await interaction.response.send_message(embed=_embed(client), ephemeral=True)


def _embed(client: "VerseClient") -> discord.Embed:
    embed = discord.Embed(title="Verse", description=_INTRODUCTION, colour=PLAIN)
    commands = [one for one in client.tree.get_commands() if one.name not in ("admin", "help")]
    lines = [
        f"`/{one.name}` {one.description}"
        for one in commands
        if not isinstance(one, app_commands.ContextMenu)
    ]
    lines += [
        f"*{one.name}*: right click or hold a message, then *Apps*."
        for one in commands
        if isinstance(one, app_commands.ContextMenu)
    ]
    embed.add_field(name="Commands", value="\n".join(lines), inline=False)
    embed.add_field(name="Under an answer", value=_UNDER, inline=False)
    return embed
