"""`/admin experiment`: compare two ways of searching in people's own answers."""

from typing import Any

import discord
from discord import app_commands

from bot.discord_app.handling import handling
from bot.discord_app.markup import escape
from bot.errors import ExperimentError

Interaction = discord.Interaction[Any]


class ExperimentCommands(
    app_commands.Group, name="experiment", description="Compare two ways of searching on real questions."
):
    """Off until a keeper starts one."""

    @app_commands.command(description="Mix a challenger's verses into answers; what people choose decides.")
    @app_commands.describe(
        meaning="The challenger: how much meaning counts against words, 0 to 1",
        build="The challenger: another index that is kept, by its name in `verse index status`",
    )
    async def start(
        self,
        interaction: Interaction,
        meaning: app_commands.Range[float, 0.0, 1.0] | None = None,
        build: app_commands.Range[str, 1, 100] | None = None,
    ) -> None:
        """Starts one."""
        async with handling(interaction, keepers_only=True) as client:
            if (meaning is None) == (build is None):
                raise ExperimentError("Name one challenger: a meaning share or an index.")
            await interaction.response.defer(ephemeral=True, thinking=True)
            challenger: dict[str, Any] = {"build": build} if meaning is None else {"meaning": meaning}
            who = client.person(interaction).who
            await client.service.start_experiment(challenger)
            await client.service.store.audit.note(who, "experiment start", str(challenger))
            await interaction.followup.send("Started; it ends by itself when it is decided.", ephemeral=True)

    @app_commands.command(description="Which side people prefer, and how sure that is.")
    async def status(self, interaction: Interaction) -> None:
        """Shows how it stands."""
        async with handling(interaction, keepers_only=True) as client:
            service = client.service
            text = await service.experiment.status(service.index.searcher)
            await interaction.response.send_message(escape(text), ephemeral=True)

    @app_commands.command(description="End it; the serving index answers alone again.")
    async def stop(self, interaction: Interaction) -> None:
        """Stops it."""
        async with handling(interaction, keepers_only=True) as client:
            outcome = await client.service.experiment.stop()
            await client.service.store.audit.note(client.person(interaction).who, "experiment stop", outcome)
            await interaction.response.send_message(escape(outcome), ephemeral=True)
