"""How the installation is doing, for `/admin status`."""

import asyncio
import shutil
from typing import TYPE_CHECKING

import discord

from bot.discord_app.admin_texts import job_line
from bot.discord_app.markup import escape, shorten
from bot.store.audit import Action
from bot.version import program_version

if TYPE_CHECKING:
    from bot.discord_app.client import VerseClient

_JOBS = 3
_ACTIONS = 5


async def status_embed(client: "VerseClient") -> discord.Embed:
    """Versions, index, model, encoder, jobs, disk and response times."""
    service = client.service
    index = service.index
    embed = discord.Embed(title="Verse", description=f"Version {program_version()}")
    if (trouble := index.trouble) is None:
        searcher = index.searcher
        about = (
            f"{searcher.build_id}\n{searcher.verse_count:,} verses, model {searcher.fingerprint or 'none'}"
        )
    else:
        about = trouble
    embed.add_field(name="Index", value=escape(about), inline=False)
    embed.add_field(name="Encoder", value=escape(await service.encoder.status()), inline=False)
    embed.add_field(name="Response times", value=service.latencies.sentence(), inline=False)
    embed.add_field(name="Up since", value=discord.utils.format_dt(client.started_at, "R"))
    embed.add_field(name="Waiting writes", value=str(service.store.database.waiting))
    disk = await asyncio.to_thread(shutil.disk_usage, service.settings.data_dir)
    embed.add_field(name="Free disk", value=f"{disk.free / 1e9:.1f} GB")
    jobs = [job_line(job) for job in await service.store.jobs.latest(_JOBS)]
    embed.add_field(name="Last jobs", value="\n".join(jobs) or "none", inline=False)
    actions = [_action_line(action) for action in await service.store.audit.latest(_ACTIONS)]
    embed.add_field(name="Last actions", value="\n".join(actions) or "none", inline=False)
    return embed


def _action_line(action: Action) -> str:
    details = f": {escape(shorten(action.details, 100))}" if action.details else ""
    return f"<t:{action.at // 1000}:R> {escape(action.action)}{details}"
