"""Around every interaction: errors become one sentence, and a stop waits for what has begun."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import discord
from discord import app_commands

from bot.discord_app.components import client_of
from bot.discord_app.markup import escape
from bot.discord_app.render import Drawn
from bot.errors import BotError
from bot.logs import new_error_id
from encoder.errors import EncoderError
from index.errors import IndexingError

if TYPE_CHECKING:
    from bot.discord_app.client import VerseClient

log = logging.getLogger(__name__)

T = TypeVar("T")
Interaction = discord.Interaction[Any]

_ACKNOWLEDGE_S = 1.5  # after it was made; Discord waits 3 s, and the way there and back takes its share
_UNKNOWN_INTERACTION = 10062  # it is too old to be answered
_OUTDATED = "This command has changed; reload Discord (Ctrl+R, or close and open it), then try again."
_APOLOGY = "Sorry, something went wrong here. If it happens again, tell the bot's keeper about error {}."


class Inflight:
    """Counts what has begun; `drained` waits until all of it has ended."""

    def __init__(self) -> None:
        self._count = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self.refusing = False

    def __enter__(self) -> None:
        self._count += 1
        self._idle.clear()

    def __exit__(self, *_: object) -> None:
        self._count -= 1
        if not self._count:
            self._idle.set()

    @property
    def count(self) -> int:
        """How many have begun and not ended."""
        return self._count

    async def drained(self, timeout_s: float) -> bool:
        """True when all have ended in that time."""
        try:
            await asyncio.wait_for(self._idle.wait(), timeout_s)
        except TimeoutError:
            return False
        return True


@asynccontextmanager
async def handling(interaction: Interaction, *, keepers_only: bool = False) -> AsyncIterator["VerseClient"]:
    """Runs what an interaction asks for; whatever goes wrong reaches the person as one sentence."""
    client = client_of(interaction)
    metrics = client.service.metrics
    outcome = "refused"
    with client.inflight, metrics.interaction_seconds.time():
        try:
            if client.inflight.refusing:
                raise BotError("I am restarting; please try again in a few seconds.")
            if keepers_only:
                client.keepers.check(interaction.user.id)
            yield client
            outcome = "done"
        except (BotError, IndexingError, EncoderError) as error:
            await tell(interaction, sentence(error))
        except Exception as error:
            if isinstance(error, discord.NotFound) and error.code == _UNKNOWN_INTERACTION:
                outcome = "expired"
                log.info("nobody waited any more for an answer to %s", _name(interaction))
            else:
                outcome = "failed"
                error_id = new_error_id()
                log.exception("error %s", error_id)
                await tell(interaction, _APOLOGY.format(error_id))
    metrics.interactions.labels(_name(interaction), outcome).inc()


def sentence(error: BotError | IndexingError | EncoderError) -> str:
    """What an error says: our own name commands, those of other rooms may quote what was typed."""
    return str(error) if isinstance(error, BotError) else escape(str(error))


class Tree(app_commands.CommandTree[Any]):
    """The commands; tells what is wrong with a call that none of them got."""

    async def on_error(self, interaction: Interaction, error: app_commands.AppCommandError, /) -> None:
        """A person's Discord knows another version of a command, or discord.py could not read its options."""
        if isinstance(error, (app_commands.CommandSignatureMismatch, app_commands.CommandNotFound)):
            await tell(interaction, _OUTDATED)
        else:
            error_id = new_error_id()
            log.error("error %s", error_id, exc_info=error)
            await tell(interaction, _APOLOGY.format(error_id))


async def in_time(
    interaction: Interaction, work: Awaitable[T], *, private: bool = True, update: bool = False
) -> T:
    """The result of `work`; if it takes long, the interaction is acknowledged meanwhile.

    Args:
        interaction: not yet acknowledged.
        work: what the answer waits for.
        private: whether the answer is for the person who acts alone.
        update: whether it replaces the message that was acted on.

    """
    task = asyncio.ensure_future(work)
    try:
        age_s = (discord.utils.utcnow() - interaction.created_at).total_seconds()
        left_s = _ACKNOWLEDGE_S - min(max(age_s, 0.0), _ACKNOWLEDGE_S)
        done, _ = await asyncio.wait({task}, timeout=left_s)
        if not done:
            await interaction.response.defer(ephemeral=private, thinking=not update)
        return await task
    finally:
        task.cancel()


async def respond(
    interaction: Interaction, drawn: Drawn, view: discord.ui.View, *, private: bool
) -> int | None:
    """Answers an interaction, acknowledged or not; the id of the message, if Discord names it."""
    if interaction.response.is_done():
        return (await interaction.edit_original_response(**drawn.to_edit(), view=view)).id
    sent = await interaction.response.send_message(**drawn.to_send(), view=view, ephemeral=private)
    return sent.message_id


async def replace(interaction: Interaction, drawn: Drawn, view: discord.ui.View) -> None:
    """Changes the message that was acted on."""
    if interaction.response.is_done():
        await interaction.edit_original_response(**drawn.to_edit(), view=view)
    else:
        await interaction.response.edit_message(**drawn.to_edit(), view=view)


async def tell(interaction: Interaction, sentence: str) -> None:
    """Says something to the one who acted, and to nobody else."""
    try:
        if interaction.response.is_done():
            await interaction.followup.send(sentence, ephemeral=True)
        else:
            await interaction.response.send_message(sentence, ephemeral=True)
    except discord.HTTPException as error:
        log.warning("a reply could not be sent: %s", error)


def _name(interaction: Interaction) -> str:
    """What was asked for, without on what."""
    if interaction.command is not None:
        return interaction.command.qualified_name
    data: Any = interaction.data or {}
    custom_id = str(data.get("custom_id", ""))
    return ":".join(custom_id.split(":")[:2]) or "other"
