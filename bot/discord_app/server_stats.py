"""How a server uses the bot, for those who manage it: a picture and the figures in words."""

import asyncio
import io
import re
from typing import Any, Self

import discord

from bot.discord_app.components import Button, Interaction
from bot.discord_app.handling import handling
from bot.discord_app.managers import check_manager
from bot.discord_app.render import PLAIN
from bot.plots import plot_use
from bot.store.stats import ServerUse
from index.books import display

_DAYS = 30
_PICTURE = "statistics.png"
_ALT = "Questions and ratings by day, and the verses most often found"


class StatsButton(discord.ui.DynamicItem[Button], template=r"v1:server-stats"):
    """Shows the figures of the server where it is clicked, and of no other."""

    def __init__(self) -> None:
        super().__init__(discord.ui.Button(label="Statistics", custom_id="v1:server-stats", row=3))

    @classmethod
    async def from_custom_id(cls, interaction: Interaction, item: Any, match: re.Match[str]) -> Self:
        """The button that was clicked."""
        return cls()

    async def callback(self, interaction: Interaction) -> None:
        """Draws them for whoever clicked."""
        async with handling(interaction) as client:
            place = await check_manager(interaction)
            await interaction.response.defer(ephemeral=True, thinking=True)
            use = await client.service.store.stats.of_server(_DAYS, place)
            picture = await asyncio.to_thread(plot_use, use.days, use.popular)
            embed = _embed(use)
            file = discord.File(io.BytesIO(picture), _PICTURE, description=_ALT)
            await interaction.followup.send(embed=embed, file=file, ephemeral=True)


def _embed(use: ServerUse) -> discord.Embed:
    asked, up, down = (sum(getattr(day, what) for day in use.days) for what in ("queries", "up", "down"))
    verses = ", ".join(f"{display(verse)} ({count}×)" for verse, count in use.popular)
    embed = discord.Embed(title=f"This server, the last {_DAYS} days", colour=PLAIN)
    for name, value in (
        ("Questions", f"{asked:,}"),
        ("People", f"{use.people:,}"),
        ("Ratings", f"{up:,} 👍, {down:,} 👎"),
    ):
        embed.add_field(name=name, value=value)
    embed.add_field(name="Most often found", value=verses or "nothing yet", inline=False)
    embed.set_footer(text="Verses that at least three people found. What anybody asked is shown to nobody.")
    return embed.set_image(url=f"attachment://{_PICTURE}")
