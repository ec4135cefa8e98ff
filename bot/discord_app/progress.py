"""Shows a job's progress in an ordinary message, since an interaction's reply cannot change for so long."""

import asyncio
import io
import json
import logging
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import discord

from bot.discord_app.job_items import ended_view
from bot.discord_app.markup import escape, shorten
from bot.jobs import Job
from bot.plans import run_of
from bot.plots import plot_loss
from bot.store.jobs import JobRecord, JobState

if TYPE_CHECKING:
    from bot.discord_app.client import VerseClient

log = logging.getLogger(__name__)

_EDIT_EVERY_S = 3.0  # Discord takes about five edits in five seconds of one channel
_BAR = 20
SIGNS: dict[JobState, str] = {
    "running": "⏳",
    "done": "✅",
    "failed": "❌",
    "cancelled": "🛑",
    "interrupted": "⚠️",
}


def job_text(job: Job) -> str:
    """What the message of a job says now."""
    head = f"{SIGNS[job.state]} **{job.record.kind}**"
    if job.state != "running":
        outcome = "\n".join(escape(shorten(line, 700)) for line in job.outcome.splitlines())
        return f"{head} {job.state}. {outcome}".rstrip()
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
        self._following: set[asyncio.Task[None]] = set()

    async def settled(self, timeout_s: float) -> None:
        """Waits until the messages of jobs that ended say so."""
        if self._following:
            await asyncio.wait(self._following, timeout=timeout_s)

    async def follow(self, job: Job, channel: discord.abc.Messageable | None) -> bool:
        """Posts the message and starts editing it; False when it cannot be posted there."""
        if channel is None:
            return False
        try:
            message = await channel.send(job_text(job))
        except discord.HTTPException:
            return False
        await self._client.service.store.jobs.show_in(job.record.id, message.channel.id, message.id)
        task = self._client.in_background(self._keep_true(job, message))
        self._following.add(task)
        task.add_done_callback(self._following.discard)
        return True

    async def show_interrupted(self, record: JobRecord) -> None:
        """Tells in the message of a job that it was cut off, with a button to go on."""
        if record.channel_id is None or record.message_id is None:
            return
        channel = self._client.get_partial_messageable(record.channel_id)
        text = f"{SIGNS['interrupted']} **{record.kind}** was interrupted: the bot stopped."
        view = ended_view(replace(record, state="interrupted"))
        with suppress(discord.HTTPException):
            await channel.get_partial_message(record.message_id).edit(content=text, view=view)

    async def _keep_true(self, job: Job, message: discord.Message) -> None:
        shown = message.content
        while not job.ended.is_set():
            await job.changed.wait()
            job.changed.clear()
            if not job.ended.is_set() and (text := job_text(job)) != shown:
                shown = text
                try:
                    await message.edit(content=text)
                except discord.NotFound:
                    return
                except discord.HTTPException as error:
                    log.warning("the message of job %s was not edited: %s", job.record.id, error)
            with suppress(TimeoutError):
                await asyncio.wait_for(job.ended.wait(), _EDIT_EVERY_S)
        await self._show_end(job, message)

    async def _show_end(self, job: Job, message: discord.Message) -> None:
        view = ended_view(replace(job.record, state=job.state))
        run = run_of(json.loads(job.record.steps), self._client.service.settings)
        picture = await asyncio.to_thread(plot_loss, run / "metrics.jsonl") if run is not None else None
        files = [discord.File(io.BytesIO(picture), "loss.png")] if picture else []
        with suppress(discord.NotFound):
            try:
                await message.edit(content=job_text(job), view=view, attachments=files)
            except discord.Forbidden:  # may write, but not attach files
                await message.edit(content=job_text(job), view=view)
