"""`/daily`, a verse a day in a channel, and the loop that posts it."""

import asyncio
import logging
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands

from bot.discord_app import completion
from bot.discord_app.answer_items import add_studies
from bot.discord_app.components import Interaction, client_of
from bot.discord_app.handling import handling
from bot.discord_app.managers import check_manager
from bot.discord_app.markup import escape
from bot.discord_app.render import draw_chosen
from bot.errors import NotAllowed
from bot.random_verse import verse_of_the_day
from bot.schedule import clock, due, first_day, local_day, parse_time, parse_zone
from bot.store.daily import DailyPlan
from index.results import Hit

if TYPE_CHECKING:
    from bot.discord_app.client import VerseClient

log = logging.getLogger(__name__)

_LOOK_EVERY_S = 20.0
_HEADING = "Verse of the day"


@app_commands.allowed_installs(guilds=True, users=False)
@app_commands.allowed_contexts(guilds=True, dms=False, private_channels=False)
@app_commands.default_permissions(manage_guild=True)
class Daily(app_commands.Group, name="daily", description="A verse a day in this channel."):
    """For people who manage the server, checked here too."""

    @app_commands.command(name="on", description="Post a verse in this channel every day.")
    @app_commands.describe(
        time="When, such as 7:30",
        zone="Of which time zone",
        translation="Which translation to show",
        theme="What the verses should be about; without it well-known verses come",
    )
    @app_commands.autocomplete(zone=completion.zones, translation=completion.translations)
    async def switch_on(
        self,
        interaction: Interaction,
        time: app_commands.Range[str, 1, 10],
        zone: app_commands.Range[str, 1, 50] = "UTC",
        translation: app_commands.Range[str, 1, 20] | None = None,
        theme: app_commands.Range[str, 1, 100] | None = None,
    ) -> None:
        """Begins or changes it."""
        async with handling(interaction) as client:
            place = await check_manager(interaction)
            at_minute, where = parse_time(time), parse_zone(zone)
            _check_may_post(interaction)
            plan = DailyPlan(
                channel_id=interaction.channel_id or 0,
                place=place,
                at_minute=at_minute,
                zone=where.key,
                translation=translation.upper() if translation else None,
                theme=theme,
                last_day=first_day(where, at_minute, datetime.now(UTC)),
            )
            await _verse_for(
                client, plan, local_day(plan.zone, datetime.now(UTC))
            )  # what cannot be posted is refused now
            await client.service.store.daily.put(plan)
            await _note(interaction, "daily on", f"{clock(at_minute)} {where.key}")
            await interaction.response.send_message(
                f"Every day at {clock(at_minute)} ({where.key}) a verse comes to this channel.",
                ephemeral=True,
            )

    @app_commands.command(name="off", description="Post no daily verse in this channel any more.")
    async def switch_off(self, interaction: Interaction) -> None:
        """Ends it."""
        async with handling(interaction) as client:
            await check_manager(interaction)
            await client.service.store.daily.remove(interaction.channel_id or 0)
            await _note(interaction, "daily off", "")
            await interaction.response.send_message("No daily verse comes here any more.", ephemeral=True)

    @app_commands.command(name="now", description="Post today's verse of this channel now.")
    async def post_now(self, interaction: Interaction) -> None:
        """Shows it once more."""
        async with handling(interaction) as client:
            await check_manager(interaction)
            plan = await _plan_here(interaction)
            drawn, view = await _message(client, plan, local_day(plan.zone, datetime.now(UTC)))
            await interaction.response.send_message(**drawn, view=view)

    @app_commands.command(description="Say when the daily verse of this channel comes.")
    async def status(self, interaction: Interaction) -> None:
        """Describes the plan."""
        async with handling(interaction):
            plan = await _plan_here(interaction)
            about = f" about {escape(plan.theme)}" if plan.theme else ""
            shown = f" in {escape(plan.translation)}" if plan.translation else ""
            await interaction.response.send_message(
                f"Every day at {clock(plan.at_minute)} ({plan.zone}) a verse{about}{shown} comes here;"
                f" the last one was that of {plan.last_day}.",
                ephemeral=True,
            )


async def post_daily(client: "VerseClient") -> None:
    """Posts what is due, for ever; a channel that fails costs the others nothing."""
    await client.wait_until_ready()
    while True:
        for plan in await client.service.store.daily.all():
            try:
                day = due(plan, datetime.now(UTC))
                if day is not None:
                    await _post(client, plan, day)
            except Exception:
                log.exception("a daily verse was not posted")
        await asyncio.sleep(_LOOK_EVERY_S)


async def _post(client: "VerseClient", plan: DailyPlan, day: date) -> None:
    daily = client.service.store.daily
    with client.inflight:
        try:
            drawn, view = await _message(client, plan, day)
            await client.get_partial_messageable(plan.channel_id).send(**drawn, view=view)
        except discord.NotFound:
            log.info("a channel with a daily verse is gone")
            await daily.remove(plan.channel_id)
            return
        except discord.Forbidden:
            log.warning("a daily verse may not be posted in its channel")
        await daily.posted(plan.channel_id, day.isoformat())


async def _message(
    client: "VerseClient", plan: DailyPlan, day: date
) -> tuple[dict[str, Any], discord.ui.View]:
    hit = await _verse_for(client, plan, day)
    view = discord.ui.View(timeout=None)
    add_studies(view, hit.verse_id, hit.translation)
    return draw_chosen(hit, client.translations, heading=_HEADING).to_send(), view


async def _verse_for(client: "VerseClient", plan: DailyPlan, day: date) -> Hit:
    service = client.service
    server = await service.store.preferences.of_server(plan.place)
    translation = plan.translation or server.translation or service.default_translation
    return await verse_of_the_day(service, plan.theme, translation, seed=plan.channel_id, day=day)


async def _plan_here(interaction: Interaction) -> DailyPlan:
    plan = await client_of(interaction).service.store.daily.get(interaction.channel_id or 0)
    if plan is None:
        raise NotAllowed("No daily verse comes to this channel; `/daily on` changes that.")
    return plan


async def _note(interaction: Interaction, action: str, details: str) -> None:
    client = client_of(interaction)
    await client.service.store.audit.note(client.person(interaction).who, action, details)


def _check_may_post(interaction: Interaction) -> None:
    may = interaction.app_permissions
    in_thread = isinstance(interaction.channel, discord.Thread)
    if not (may.send_messages_in_threads if in_thread else may.send_messages) or not may.view_channel:
        raise NotAllowed("I may not write in this channel; allow me to send messages here, then try again.")
    if not may.embed_links:
        raise NotAllowed("I may not embed links in this channel; allow me that here, then try again.")
