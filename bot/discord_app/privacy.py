"""`/privacy`: what is kept about whoever asks, and its deletion."""

import io
import json
import re
from typing import Any, Self

import discord
from discord import app_commands

from bot.discord_app.components import Button, Interaction
from bot.discord_app.handling import handling
from bot.discord_app.render import PLAIN


class DeleteButton(discord.ui.DynamicItem[Button], template=r"v1:delete-me"):
    """Deletes what is kept about whoever clicks."""

    def __init__(self) -> None:
        super().__init__(
            discord.ui.Button(
                label="Delete it all", style=discord.ButtonStyle.danger, custom_id="v1:delete-me"
            )
        )

    @classmethod
    async def from_custom_id(cls, interaction: Interaction, item: Any, match: re.Match[str]) -> Self:
        """The button that was clicked."""
        return cls()

    async def callback(self, interaction: Interaction) -> None:
        """Deletes it."""
        async with handling(interaction) as client:
            await client.service.forget(client.person(interaction))
            await interaction.response.edit_message(
                content="It is deleted. Backups lose it when they are rotated; a model that was trained with it,"
                " by your leave, cannot unlearn it.",
                view=None,
            )


@app_commands.allowed_installs(guilds=True, users=True)
@app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
class Privacy(app_commands.Group, name="privacy", description="What is kept about you, and how to end that."):
    """Everybody's own data."""

    @app_commands.command(description="Show what is kept about you.")
    async def show(self, interaction: Interaction) -> None:
        """Counts and choices."""
        async with handling(interaction) as client:
            who = client.person(interaction).who
            counts = await client.service.store.dossiers.counts(who)
            choice = await client.service.store.people.choice(who)
            kept = "\n".join(f"{what.capitalize()}: {count:,}" for what, count in counts.items())
            embed = discord.Embed(title="What is kept about you", description=kept, colour=PLAIN)
            consent = {True: "yes", False: "no", None: "no, you were not asked"}[choice.consent]
            embed.add_field(name="May be used for training", value=consent, inline=False)
            logged = "no, you opted out" if choice.opted_out else "yes"
            embed.add_field(name="Questions and ratings are kept", value=logged, inline=False)
            embed.add_field(
                name="How",
                value="Under a code that only this bot's key can make from your id, never your id or name;"
                f" for {client.service.settings.retention_days} days, unless you allow training."
                " `/privacy export` gives you all of it, `/privacy delete` ends it.",
                inline=False,
            )
            await interaction.response.send_message(embed=embed, ephemeral=True)

    @app_commands.command(description="Get everything that is kept about you as a file.")
    async def export(self, interaction: Interaction) -> None:
        """A JSON file."""
        async with handling(interaction) as client:
            await interaction.response.defer(ephemeral=True, thinking=True)
            everything = await client.service.store.dossiers.everything(client.person(interaction).who)
            content = json.dumps(everything, ensure_ascii=False, indent=1).encode()
            await interaction.followup.send(
                file=discord.File(io.BytesIO(content), "verse-privacy.json"), ephemeral=True
            )

    @app_commands.command(description="Delete everything that is kept about you.")
    async def delete(self, interaction: Interaction) -> None:
        """Asks once."""
        async with handling(interaction):
            view = discord.ui.View(timeout=None)
            view.add_item(DeleteButton())
            await interaction.response.send_message(
                "This deletes your questions, ratings, corrections and settings. There is no way back.",
                view=view,
                ephemeral=True,
            )

    @app_commands.command(description="Have nothing kept any more, or allow it again.")
    @app_commands.describe(out="Yes deletes what is kept and keeps nothing more; you can go on asking")
    async def optout(self, interaction: Interaction, out: bool = True) -> None:
        """Stops or resumes logging."""
        async with handling(interaction) as client:
            await client.service.store.people.set_opted_out(client.person(interaction).who, out)
            await interaction.response.send_message(
                "Your questions are answered and forgotten from now on, and what was kept is deleted;"
                " only your settings and this choice remain."
                if out
                else "Your questions and ratings are kept again from now on.",
                ephemeral=True,
            )

    @app_commands.command(description="Allow or forbid training with what you ask and rate.")
    @app_commands.describe(allow="Yes helps the search to learn from your questions; no is the default")
    async def consent(self, interaction: Interaction, allow: bool) -> None:
        """Keeps the decision."""
        async with handling(interaction) as client:
            await client.service.store.people.set_consent(client.person(interaction).who, allow)
            await interaction.response.send_message(
                "Thank you! What you ask and rate may now be used to train this bot's search, what is kept already"
                " too. `/privacy consent allow:False` takes it back."
                if allow
                else "What you ask and rate is not used for training, what is kept already neither.",
                ephemeral=True,
            )
