"""Buttons under the message of a job that ended: promote or discard what was trained, resume what was cut off."""

import asyncio
import json
import re
import shutil
from typing import Any, Literal, Self

import discord

from bot import plans
from bot.discord_app.components import Button, Interaction
from bot.discord_app.handling import handling
from bot.discord_app.start_job import start_job
from bot.errors import JobError
from bot.store.ids import to_base36
from bot.store.jobs import JobRecord

JobAction = Literal["promote", "discard", "resume"]
_STYLES = {
    "promote": discord.ButtonStyle.success,
    "discard": discord.ButtonStyle.danger,
    "resume": discord.ButtonStyle.primary,
}


class JobButton(
    discord.ui.DynamicItem[Button],
    template=r"v1:job:(?P<action>promote|discard|resume):(?P<job>[0-9a-z]{1,13})",
):
    """Acts on a job that ended; for keepers only."""

    def __init__(self, action: JobAction, job_id: int) -> None:
        super().__init__(
            discord.ui.Button(
                label=action.capitalize(),
                style=_STYLES[action],
                custom_id=f"v1:job:{action}:{to_base36(job_id)}",
            )
        )
        self.action: JobAction = action
        self.job_id = job_id

    @classmethod
    async def from_custom_id(cls, interaction: Interaction, item: Any, match: re.Match[str]) -> Self:
        """The button that was clicked, from what its id says."""
        action: Any = match["action"]
        return cls(action, int(match["job"], 36))

    async def callback(self, interaction: Interaction) -> None:
        """Does it."""
        async with handling(interaction, keepers_only=True) as client:
            record = await client.service.store.jobs.get(self.job_id)
            if record is None:
                raise JobError("That job is not on record any more.")
            steps: list[list[str]] = json.loads(record.steps)
            if self.action == "resume":
                await start_job(interaction, plans.again(client.service, record.kind, steps))
                return
            run = plans.run_of(steps, client.service.settings)
            if run is None or not await asyncio.to_thread(run.is_dir):
                raise JobError("What that job trained is not there any more.")
            if self.action == "promote":
                await start_job(interaction, plans.promote(client.service, str(run / "model")))
                return
            if client.jobs.running:
                raise JobError("A job is running; wait for it or cancel it, then discard this one.")
            await asyncio.to_thread(shutil.rmtree, run)
            await client.service.store.audit.note(client.person(interaction).who, "discard", run.name)
            await interaction.response.edit_message(view=None)
            await interaction.followup.send("What was trained is discarded.", ephemeral=True)


def ended_view(record: JobRecord) -> discord.ui.View | None:
    """What goes under the message of a job that ended."""
    view = discord.ui.View(timeout=None)
    if record.state == "interrupted":
        view.add_item(JobButton("resume", record.id))
    elif record.state == "done" and record.kind == "train":
        view.add_item(JobButton("promote", record.id))
        view.add_item(JobButton("discard", record.id))
    return view if view.children else None
