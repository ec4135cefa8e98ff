"""Shows a job's progress in an ordinary message, since an interaction's reply cannot change for so long."""

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING

import discord

from bot.discord_app.markup import escape, shorten
from bot.jobs import Job
from bot.store.jobs import JobRecord, JobState

if TYPE_CHECKING:
    from bot.discord_app.client import VerseClient

log = logging.getLogger(__name__)

_EDIT_EVERY_S = 3.0  # Discord takes about five edits in five seconds of one channel
_BAR = 20
_SIGNS: dict[JobState, str] = {
    "running": "⏳",
    "done": "✅",
    "failed": "❌",
    "cancelled": "🛑",
    "interrupted": "⚠️",
}


def job_text(job: Job) -> str:
    """What the message of a job says now."""
    head = f"{_SIGNS[job.state]} **{job.record.kind}**"
    if job.state != "running":
        return f"{head} {job.state}. {escape(shorten(job.outcome, 1_500))}".rstrip()
    progress = job.progress
    if not progress.total:
        return f"{head} · {escape(shorten(progress.stage, 100))}"
    share = min(1.0, progress.done / progress.total)
    bar = "█" * round(share * _BAR) + "░" * (_BAR - round(share * _BAR))
    text = escape(shorten(f"{progress.stage} {progress.text}", 1_000))
    return f"{head} · `{bar}` {share:.0%}\n{text}"


class JobMessages:
    """Posts the message of each job and keeps it true."""

    def __init__(self, client: "VerseClient") -> None:
        self._client = client

    async def follow(self, job: Job, channel: discord.abc.Messageable | None) -> bool:
        """Posts the message and starts editing it; False when it cannot be posted there."""
        if channel is None:
            return False
        try:
            message = await channel.send(job_text(job))
        except (discord.HTTPException, AttributeError):
            return False
        await self._client.service.store.jobs.show_in(job.record.id, message.channel.id, message.id)
        self._client.in_background(self._keep_true(job, message))
        return True

    async def show_interrupted(self, record: JobRecord) -> None:
        """Tells in the message of a job that it was cut off."""
        if record.channel_id is None or record.message_id is None:
            return
        message = self._client.get_partial_messageable(record.channel_id).get_partial_message(
            record.message_id
        )
        text = f"{_SIGNS['interrupted']} **{record.kind}** was interrupted: the bot stopped. Start it again."
        with suppress(discord.HTTPException):
            await message.edit(content=text)

    async def _keep_true(self, job: Job, message: discord.Message) -> None:
        shown = message.content
        while True:
            await job.changed.wait()
            job.changed.clear()
            ended = job.ended.is_set()
            if (text := job_text(job)) != shown:
                shown = text
                try:
                    await message.edit(content=text)
                except discord.NotFound:
                    return
                except discord.HTTPException as error:
                    log.warning("the message of job %s was not edited: %s", job.record.id, error)
            if ended:
                return
            with suppress(TimeoutError):
                await asyncio.wait_for(job.ended.wait(), _EDIT_EVERY_S)
