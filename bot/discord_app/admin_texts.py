"""What `/admin jobs` and `/admin feedback` say."""

from typing import TYPE_CHECKING

import discord

from bot.discord_app.markup import escape, fitting, shorten
from bot.discord_app.progress import SIGNS, job_text
from bot.discord_app.render import PLAIN
from bot.store.abuse import alarm_text
from bot.store.jobs import JobRecord
from bot.store.stats import Missed
from bot.store.store import Store
from index.books import display

if TYPE_CHECKING:
    from bot.discord_app.client import VerseClient

_JOBS = 10
_CONTENT = 1_900
_DESCRIPTION = 4_000
_FIELD = 1_024


async def jobs_text(client: "VerseClient") -> str:
    """The running job and the last ones."""
    lines = []
    if client.jobs.current is not None and client.jobs.running:
        lines = [job_text(client.jobs.current), ""]
    lines += [job_line(record) for record in await client.service.store.jobs.latest(_JOBS)]
    return fitting(lines, _CONTENT) or "No job was started yet."


def job_line(record: JobRecord) -> str:
    """One job in a line."""
    outcome = escape(shorten(record.outcome or "", 150))
    return f"{SIGNS[record.state]} <t:{record.started_at // 1000}:R> {record.kind}: {record.state}. {outcome}"


async def feedback_embed(store: Store) -> discord.Embed:
    """Counts, what was missed most, and who moves a verse alone."""
    totals = await store.stats.totals()
    lines = [_missed_line(missed) for missed in await store.stats.most_missed()]
    embed = discord.Embed(title="Feedback", description=fitting(lines, _DESCRIPTION), colour=PLAIN)
    embed.add_field(name="Questions", value=f"{totals.queries:,} by {totals.people:,} people")
    embed.add_field(name="Ratings", value=f"{totals.up:,} 👍, {totals.down:,} 👎")
    embed.add_field(name="Corrections", value=f"{totals.corrections:,}")
    embed.add_field(name="May be used for training", value=f"{totals.may_train:,} ratings")
    if alarms := [f"⚠ {alarm_text(alarm)}" for alarm in await store.abuse.alarms()]:
        embed.add_field(name="Worth a look", value=fitting(alarms, _FIELD), inline=False)
    return embed


def _missed_line(missed: Missed) -> str:
    meant = f", meant was {display(missed.meant)}" if missed.meant else ""
    return f"“{escape(shorten(missed.text, 120))}”: asked {missed.asked}×, {missed.down} 👎{meant}"
