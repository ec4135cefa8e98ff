"""`/admin`: for the people who run this installation, wherever it is registered."""

import asyncio
import io
from typing import Any

import discord
from discord import app_commands

from bot import plans
from bot.discord_app.admin_texts import feedback_embed, jobs_text
from bot.discord_app.components import client_of
from bot.discord_app.experiments import ExperimentCommands
from bot.discord_app.handling import handling
from bot.discord_app.start_job import start_job
from bot.discord_app.status import status_embed
from bot.discord_app.sync import sync_commands
from bot.discord_app.undo_item import undo_view
from bot.feedback import admins_of
from bot.plots import plot_use
from bot.store.export import export_lines

Interaction = discord.Interaction[Any]

_DAYS = 30
_LARGEST_FILE = 9_000_000  # bytes; Discord takes 10 MiB where nobody boosted the server


class Admin(app_commands.Group):
    """Instance-wide actions. Every one asks `Keepers.check`; Discord's permissions only hide the commands."""

    def __init__(self, *, everywhere: bool = True) -> None:
        # A command of one server has no contexts to choose from.
        installs = app_commands.AppInstallationType(guild=True, user=False)
        contexts = app_commands.AppCommandContext(guild=True, dm_channel=True)
        super().__init__(
            name="admin",
            description="For the people who run this bot.",
            default_permissions=discord.Permissions(manage_guild=True),
            allowed_installs=installs if everywhere else None,
            allowed_contexts=contexts if everywhere else None,
        )
        self.add_command(Model())
        self.add_command(ExperimentCommands())

    @app_commands.command(description="Versions, index, model, encoder, jobs, disk and response times.")
    async def status(self, interaction: Interaction) -> None:
        """Shows how the installation is doing."""
        async with handling(interaction, keepers_only=True) as client:
            await interaction.response.send_message(embed=await status_embed(client), ephemeral=True)

    @app_commands.command(description="Build the search index anew; searching goes on meanwhile.")
    async def rebuild(self, interaction: Interaction) -> None:
        """Starts a rebuild."""
        async with handling(interaction, keepers_only=True) as client:
            await start_job(interaction, plans.rebuild(client.service))

    @app_commands.command(
        description="Train the encoder further; nothing changes until you promote the result."
    )
    @app_commands.describe(
        minutes="How long to train", feedback="Learn from the ratings and corrections that may be used"
    )
    async def train(
        self,
        interaction: Interaction,
        minutes: app_commands.Range[int, 1, 10_080] = 30,
        feedback: bool = False,
    ) -> None:
        """Starts a training run."""
        async with handling(interaction, keepers_only=True) as client:
            plan = plans.learn if feedback else plans.train
            await start_job(interaction, plan(client.service.settings, plans.new_run(), minutes))

    @app_commands.command(description="The last jobs, and how far the running one is.")
    async def jobs(self, interaction: Interaction) -> None:
        """Lists them."""
        async with handling(interaction, keepers_only=True) as client:
            await interaction.response.send_message(await jobs_text(client), ephemeral=True)

    @app_commands.command(description="Stop the running job.")
    async def cancel(self, interaction: Interaction) -> None:
        """Stops it."""
        async with handling(interaction, keepers_only=True) as client:
            await interaction.response.defer(ephemeral=True, thinking=True)
            job = await client.jobs.cancel()
            await client.service.store.audit.note(client.person(interaction).who, "cancel", job.record.kind)
            await interaction.followup.send(f"Stopped: {job.record.kind}.", ephemeral=True)

    @app_commands.command(description="Ratings and the queries that were missed most; all of it as a file.")
    @app_commands.describe(
        export="Attach every rating as JSON lines",
        consented_only="In the file only what may be used for training",
        undo="Delete all feedback of this account, as an alarm or the file names it",
    )
    async def feedback(
        self,
        interaction: Interaction,
        export: bool = False,
        consented_only: bool = False,
        undo: app_commands.Range[str, 1, 40] | None = None,
    ) -> None:
        """Shows counts, exports, and offers to undo what one account did."""
        async with handling(interaction, keepers_only=True) as client:
            await interaction.response.defer(ephemeral=True, thinking=True)
            if undo is not None:
                who = undo.strip()
                said, view = undo_view(who, await client.service.store.abuse.done_by(who))
                await interaction.followup.send(said, view=view, ephemeral=True)
                return
            embed = await feedback_embed(client.service.store)
            if not export:
                await interaction.followup.send(embed=embed, ephemeral=True)
                return
            content = await self._exported(interaction, consented_only=consented_only)
            await client.service.store.audit.note(client.person(interaction).who, "export", "feedback")
            if len(content) > _LARGEST_FILE:
                embed.add_field(
                    name="File", value="It is too large for Discord; run `verse feedback export`."
                )
                await interaction.followup.send(embed=embed, ephemeral=True)
                return
            file = discord.File(io.BytesIO(content), "feedback.jsonl")
            await interaction.followup.send(embed=embed, file=file, ephemeral=True)

    @app_commands.command(description="Questions and ratings a day, and the verses most often found.")
    async def stats(self, interaction: Interaction) -> None:
        """Draws them."""
        async with handling(interaction, keepers_only=True) as client:
            await interaction.response.defer(ephemeral=True, thinking=True)
            stats = client.service.store.stats
            days, popular = await stats.days(_DAYS), await stats.popular_verses(_DAYS)
            picture = await asyncio.to_thread(plot_use, days, popular)
            asked = sum(day.queries for day in days)
            await interaction.followup.send(
                f"Questions in the last {_DAYS} days: {asked:,}",
                file=discord.File(io.BytesIO(picture), "stats.png"),
                ephemeral=True,
            )

    @app_commands.command(description="Send all commands to Discord again.")
    async def sync(self, interaction: Interaction) -> None:
        """Sends them."""
        async with handling(interaction, keepers_only=True) as client:
            await interaction.response.defer(ephemeral=True, thinking=True)
            admin_guild = client.service.settings.admin_guild
            sent = await sync_commands(client.tree, client.service.store.facts, admin_guild, force=True)
            await client.service.store.audit.note(client.person(interaction).who, "sync", ", ".join(sent))
            await interaction.followup.send("The commands are sent.", ephemeral=True)

    async def _exported(self, interaction: Interaction, *, consented_only: bool) -> bytes:
        service = client_of(interaction).service
        admins = admins_of(service.store, service.settings)
        exported = export_lines(service.store.database, consented_only=consented_only, admins=admins)
        lines = [line async for line in exported]
        return "".join(line + "\n" for line in lines).encode()


class Model(app_commands.Group, name="model", description="Which model searches."):
    """Promotion and the way back."""

    @app_commands.command(description="Put a model in use unless it measures worse, and build its index.")
    @app_commands.describe(model="A name or directory, as `verse model list` shows them")
    async def promote(self, interaction: Interaction, model: app_commands.Range[str, 1, 200]) -> None:
        """Starts the promotion."""
        async with handling(interaction, keepers_only=True) as client:
            await start_job(interaction, plans.promote(client.service, model))

    @app_commands.command(description="Go back to the model that was in use before, and build its index.")
    async def rollback(self, interaction: Interaction) -> None:
        """Starts the way back."""
        async with handling(interaction, keepers_only=True) as client:
            await start_job(interaction, plans.roll_back(client.service))
