"""One Discord and one bot for all tests that leave both as they were; those that break things make their own."""

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.bot.discord.process import BotProcess
from tests.loopback import Guild, LoopbackDiscord, Permission, User


@pytest.fixture(scope="session")
def owner() -> User:
    """Who owns the application."""
    return User("Owner")


@pytest.fixture(scope="session")
def chapel(owner: User) -> Guild:
    """A server that the bot is in; it belongs to somebody else than the bot."""
    guild = Guild("Chapel", owner=User("Abbot"), members=[owner], channels=["general", "quiet", "jobs"])
    guild.thread("questions", under=guild.channel())
    return guild


@pytest.fixture(scope="session")
def abbey() -> Guild:
    """Another server that the bot is in, for what changes a whole server."""
    guild = Guild("Abbey", owner=User("Prior"), channels=["general", "verses"])
    guild.thread("question", under=guild.channel("verses"))
    return guild


@pytest.fixture(scope="session")
def elsewhere() -> Guild:
    """A server that the bot is not in, with a member who has installed the application for themselves."""
    return Guild("Elsewhere", owner=User("Stranger", installed=True), with_bot=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared_server(
    owner: User, chapel: Guild, abbey: Guild, elsewhere: Guild
) -> AsyncIterator[LoopbackDiscord]:
    async with LoopbackDiscord(owner=owner, guilds=[chapel, abbey, elsewhere]) as discord:
        # In this channel the bot may neither write nor react; what it answers still arrives.
        for permission in (Permission.SEND_MESSAGES, Permission.ADD_REACTIONS):
            chapel.channel("quiet").deny(discord.bot, permission)
        yield discord


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared_bot(
    shared_server: LoopbackDiscord, installed: Path, worker_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[BotProcess]:
    data_dir = Path(shutil.copytree(installed, tmp_path_factory.mktemp("bot") / "data"))
    settings = {"VERSE_ENCODER_URL": worker_url, "VERSE_METRICS_PORT": "0"}
    # Long enough that six questions of one person fall into it, however slow the machine is.
    bot = BotProcess(shared_server, data_dir, VERSE_COOLDOWN_S="3600", **settings)
    await bot.start()
    yield bot
    assert await bot.stop() == 0, bot.log


@pytest.fixture
def server(shared_server: LoopbackDiscord) -> Iterator[LoopbackDiscord]:
    """The shared Discord; the test fails if the bot does there what Discord refuses."""
    yield shared_server
    shared_server.check()


@pytest.fixture
def bot(server: LoopbackDiscord, shared_bot: BotProcess) -> BotProcess:
    """The shared bot, logged in."""
    return shared_bot


@pytest.fixture
def ann(server: LoopbackDiscord, chapel: Guild) -> User:
    """A member whom the bot has never met, so that no cooldown of another test applies."""
    return server.join(chapel, "Ann")


@pytest.fixture
def ben(server: LoopbackDiscord, chapel: Guild) -> User:
    """Another one."""
    return server.join(chapel, "Ben")
