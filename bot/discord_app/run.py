"""`verse bot`: from settings to a clean stop."""

import asyncio
import logging
import signal
from contextlib import AsyncExitStack

import aiohttp
import discord

from bot.discord_app.client import VerseClient
from bot.discord_app.monitor import monitored
from bot.errors import StartUpError
from bot.jobs import JobRunner
from bot.service import VerseService
from bot.settings import BotSettings

log = logging.getLogger(__name__)

_NO_TOKEN = (
    "There is no DISCORD_TOKEN: put the bot's token into .env as DISCORD_TOKEN=…, or search in this"
    " terminal with `verse chat`."
)
_FINISH_S = 4.0  # of the 10 s that a stop may take, for interactions that have begun


async def run_bot(settings: BotSettings) -> None:
    """Serves Discord until SIGTERM or Ctrl-C, then saves everything and returns.

    Raises:
        StartUpError: there is no token, Discord refuses it, or cannot be reached.
        StoreError: the database cannot be opened.

    """
    if settings.discord_token is None:
        raise StartUpError(_NO_TOKEN)
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False  # nothing here speaks
    if settings.discord_api is not None:
        discord.http.Route.BASE = settings.discord_api.rstrip("/")
    async with VerseService.opened(settings) as service, AsyncExitStack() as stack:
        jobs = JobRunner(service.store.jobs, settings.logs_dir)
        client = VerseClient(service, jobs)
        await stack.enter_async_context(monitored(client, settings.metrics_host, settings.metrics_port))
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        connected = asyncio.create_task(_connect(client, settings.discord_token.get_secret_value()))
        stopped = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({connected, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if connected.done():
                connected.result()
        finally:
            log.info("stopping")
            stopped.cancel()
            await client.stop(_FINISH_S)
            await asyncio.gather(connected, return_exceptions=True)
    log.info("stopped")


async def _connect(client: VerseClient, token: str) -> None:
    try:
        await client.start(token)
    except discord.LoginFailure as error:
        raise StartUpError(
            "Discord does not accept the DISCORD_TOKEN; copy it anew from the developer portal (Bot, Reset Token)."
        ) from error
    except (aiohttp.ClientError, OSError, discord.GatewayNotFound) as error:
        raise StartUpError(f"Discord cannot be reached ({error}); check the network.") from error
