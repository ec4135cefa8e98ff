"""`/admin`: for the people who run this installation, wherever it is registered."""

from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands

from bot.discord_app.handling import handling
from bot.discord_app.status import status_embed
from bot.jobs import Plan

if TYPE_CHECKING:
    from bot.discord_app.client import VerseClient

Interaction = discord.Interaction[Any]


class Admin(app_commands.Group):
    """Instance-wide actions."""

    def __init__(self) -> None:
        super().__init__(
            name="admin",
            description="For the people who run this bot.",
            # Only hides the commands; every one of them is checked here too (`Keepers.check`).
            default_permissions=discord.Permissions(manage_guild=True),
            allowed_installs=app_commands.AppInstallationType(guild=True, user=False),
            allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=True),
        )

    @app_commands.command(description="Versions, index, model, encoder, jobs, disk and response times.")
    async def status(self, interaction: Interaction) -> None:
        """Shows how the installation is doing."""
        client: VerseClient = interaction.client
        async with handling(interaction, client.inflight):
            client.keepers.check(interaction.user.id)
            await interaction.response.send_message(embed=await status_embed(client), ephemeral=True)

    @app_commands.command(description="Build the search index anew; searching goes on meanwhile.")
    async def rebuild(self, interaction: Interaction) -> None:
        """Starts a rebuild."""
        client: VerseClient = interaction.client
        async with handling(interaction, client.inflight):
            client.keepers.check(interaction.user.id)
            await _start(interaction, Plan("rebuild", [["index", "build", "--json"]], client.service.refresh))

    @app_commands.command(
        description="Train the encoder further; nothing changes until you promote the result."
    )
    @app_commands.describe(minutes="How long to train")
    async def train(self, interaction: Interaction, minutes: app_commands.Range[int, 1, 10_080] = 30) -> None:
        """Starts a training run."""
        client: VerseClient = interaction.client
        async with handling(interaction, client.inflight):
            client.keepers.check(interaction.user.id)
            steps = [["train", "finetune", "--minutes", str(minutes)]]
            await _start(interaction, Plan("train", steps))


async def _start(interaction: Interaction, plan: Plan) -> None:
    client: VerseClient = interaction.client
    job = await client.jobs.start(plan, client.person(interaction).who)
    await interaction.response.defer(ephemeral=True, thinking=True)
    followed = await client.job_messages.follow(job, interaction.channel)  # type: ignore[arg-type]
    where = "in this channel" if followed else "with `/admin jobs`, since I cannot post here"
    await interaction.followup.send(f"Started: {plan.kind}. Follow it {where}.", ephemeral=True)
