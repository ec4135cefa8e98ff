"""Starting a job from an interaction."""

import discord

from bot.discord_app.components import Interaction, client_of
from bot.jobs import Plan


async def start_job(interaction: Interaction, plan: Plan) -> None:
    """Starts it, notes who did, and says where its progress can be followed; raises `JobRunning`."""
    client = client_of(interaction)
    who = client.person(interaction).who
    job = await client.jobs.start(plan, who)
    await interaction.response.defer(ephemeral=True, thinking=True)
    await client.service.store.audit.note(who, plan.kind, "; ".join(" ".join(step) for step in plan.steps))
    channel = interaction.channel if isinstance(interaction.channel, discord.abc.Messageable) else None
    followed = await client.job_messages.follow(job, channel)
    where = "in this channel" if followed else "with `/admin jobs`, since I cannot write here"
    await interaction.followup.send(f"Started: {plan.kind}. Follow it {where}.", ephemeral=True)
