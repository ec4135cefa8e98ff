"""The Discord client: logs in, offers the commands, hears reactions, keeps the jobs' messages alive."""

import asyncio
import logging
from collections.abc import Coroutine
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import discord
import yarl
from discord.gateway import DiscordWebSocket

from bot.cooldown import Cooldown
from bot.discord_app import reactions
from bot.discord_app.admin import Admin
from bot.discord_app.daily import Daily, post_daily
from bot.discord_app.handling import Inflight, Tree
from bot.discord_app.help import help_
from bot.discord_app.items import DYNAMIC_ITEMS
from bot.discord_app.keepers import Keepers
from bot.discord_app.limits import Crowd
from bot.discord_app.privacy import Privacy
from bot.discord_app.progress import JobMessages
from bot.discord_app.rating_items import take_form
from bot.discord_app.settings_panel import settings
from bot.discord_app.sync import sync_commands
from bot.discord_app.verse import COMMANDS
from bot.errors import NoIndex
from bot.jobs import JobRunner
from bot.service import Person, VerseService
from bot.store.database import tidy

log = logging.getLogger(__name__)

_LOOK_FOR_NEW_INDEX_S = 5.0
_PURGE_EVERY_S = 86_400.0
_LAST_WORDS_S = 1.0  # for the message of a job that is interrupted by the stop


class VerseClient(discord.AutoShardedClient):
    """Wires Discord's events to the service. No privileged intent is asked for."""

    def __init__(self, service: VerseService, jobs: JobRunner) -> None:
        intents = discord.Intents.none()
        intents.guilds = True
        intents.guild_reactions = True
        intents.dm_reactions = True
        super().__init__(
            intents=intents,
            allowed_mentions=discord.AllowedMentions.none(),
            chunk_guilds_at_startup=False,
            max_messages=None,
        )
        self.service = service
        self.jobs = jobs
        self.inflight = Inflight()
        self.keepers = Keepers(service.settings.admin_ids)
        self.cooldown = Cooldown(service.settings.cooldown_uses, service.settings.cooldown_s)
        self.crowd = Crowd(service.settings.server_queue)
        self.job_messages = JobMessages(self)
        self.started_at = datetime.now(UTC)
        self.tree = Tree(self)
        self._background: set[asyncio.Task[Any]] = set()
        self._add_commands()

    def _add_commands(self) -> None:
        guild = self.service.settings.admin_guild
        for command in (*COMMANDS, settings, Privacy(), Daily(), help_):
            self.tree.add_command(command)
        self.tree.add_command(Admin(everywhere=guild is None), guild=discord.Object(guild) if guild else None)

    async def setup_hook(self) -> None:
        """After login, before the gateway: everything that must not wait for a first event."""
        self.add_dynamic_items(*DYNAMIC_ITEMS)
        self.keepers.learn(await self.application_info())
        if self.service.settings.discord_api is not None:
            # Where a session that was forgotten is begun anew; by default that is Discord itself.
            _, url, _ = await self.http.get_bot_gateway()
            DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(url)
        await sync_commands(self.tree, self.service.store.facts, self.service.settings.admin_guild)
        for record in await self.jobs.mark_interrupted():
            self.in_background(self.job_messages.show_interrupted(record))
        self.in_background(self._watch_index())
        self.in_background(post_daily(self))
        self.in_background(self._purge_daily())

    async def on_raw_reaction_add(self, payload: discord.RawReactionActionEvent) -> None:
        """Somebody reacted to a message."""
        with self.inflight:
            await reactions.take(self, payload)

    async def on_raw_reaction_remove(self, payload: discord.RawReactionActionEvent) -> None:
        """Somebody took a reaction back."""
        with self.inflight:
            await reactions.take(self, payload)

    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """Every interaction; commands and buttons find their own way, forms are read here."""
        if interaction.type is discord.InteractionType.modal_submit:
            await take_form(interaction)

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        """An event handler failed; the next event is another matter."""
        log.exception("while handling %s", event_method)

    @property
    def translations(self) -> dict[str, str]:
        """{code: name} of what the index can show."""
        return self.service.index.searcher.translations

    def person(self, interaction: discord.Interaction[Any]) -> Person:
        """Whoever acted."""
        return self.person_by_id(interaction.user.id, interaction.guild_id)

    def person_by_id(self, user_id: int, guild_id: int | None) -> Person:
        """A Discord user as the service knows them."""
        identity = self.service.store.identity
        return Person(
            who=identity.person(user_id),
            source="discord",
            place=identity.place(guild_id) if guild_id else None,
            is_admin=self.keepers.include(user_id),
        )

    def in_background(self, work: Coroutine[Any, Any, Any]) -> "asyncio.Task[Any]":
        """Runs something that nobody waits for; it is cancelled when the bot stops."""
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background_done)
        return task

    async def stop(self, timeout_s: float) -> None:
        """Refuses what is new, lets finish what has begun, then leaves Discord."""
        self.inflight.refusing = True
        drained, _ = await asyncio.gather(self.inflight.drained(timeout_s), self.jobs.close())
        if not drained:
            log.warning("%d interactions did not finish in time", self.inflight.count)
        await self.job_messages.settled(_LAST_WORDS_S)
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        await self.close()

    def _background_done(self, task: "asyncio.Task[Any]") -> None:
        self._background.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("in the background", exc_info=error)

    async def _purge_daily(self) -> None:
        while True:
            await self.service.store.people.purge(self.service.settings.retention_days)
            await asyncio.to_thread(tidy, self.service.store.database.path)
            await asyncio.sleep(_PURGE_EVERY_S)

    async def _watch_index(self) -> None:
        # `verse index build` in a terminal replaces the index too.
        while True:
            await asyncio.sleep(_LOOK_FOR_NEW_INDEX_S)
            with suppress(NoIndex):
                await self.service.refresh()
