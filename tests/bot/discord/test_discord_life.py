"""Starting, stopping, dying and coming back."""

import asyncio
import os
import shutil
import signal
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.bot.discord.process import BotProcess, becomes_true, own_bot
from tests.loopback import Guild, Interaction, LoopbackDiscord, User
from tests.loopback.pulse import DEADLINE_S
from tests.loopback.state import Request


@pytest.fixture
def ann() -> User:
    return User("Ann")


@pytest.fixture
def guild(ann: User, owner: User) -> Guild:
    return Guild("Chapel", owner=User("Abbot"), members=[ann, owner])


@pytest.fixture
def own(guild: Guild, owner: User) -> LoopbackDiscord:
    """A Discord that the test may break."""
    return LoopbackDiscord(owner=owner, guilds=[guild])


async def ask(server: LoopbackDiscord, guild: Guild, user: User) -> Interaction:
    return await server.slash("verse", {"query": "number my days"}, user=user, where=guild)


def syncs(server: LoopbackDiscord) -> Sequence[Request]:
    return [one for one in server.requests if one.method == "PUT" and one.path.endswith("/commands")]


async def encoder_answers(server: LoopbackDiscord) -> None:
    """Waits until /admin status says that the encoder is there."""

    async def there() -> bool:
        return " on cpu" in (await server.slash("admin status", user=server.owner)).text

    assert await becomes_true(there)


@pytest.mark.parametrize(
    ("token", "sentence"), [("wrong", "Discord does not accept the DISCORD_TOKEN"), ("", "`verse chat`")]
)
async def test_without_a_right_token_it_ends_with_one_sentence(
    own: LoopbackDiscord, tmp_path: Path, token: str, sentence: str
) -> None:
    async with own:
        bot = BotProcess(own, tmp_path, DISCORD_TOKEN=token)
        await bot.launch()
        assert await bot.ended() == 1
        assert sentence in bot.log
        assert "Traceback" not in bot.log


async def test_without_an_index_it_says_which_command_mends_that(
    own: LoopbackDiscord, guild: Guild, ann: User, data_dir: Path, worker_url: str
) -> None:
    shutil.rmtree(data_dir / "index")
    async with own_bot(own, data_dir, VERSE_ENCODER_URL=worker_url):
        asked = await ask(own, guild, ann)
        assert "verse index build" in asked.text
        assert asked.ephemeral


async def test_buttons_menus_and_reactions_outlive_restarts_and_nothing_is_synced_twice(
    own: LoopbackDiscord, guild: Guild, ann: User, data_dir: Path, worker_url: str
) -> None:
    async with own_bot(own, data_dir, VERSE_ENCODER_URL=worker_url) as bot:
        message = (await ask(own, guild, ann)).message
        assert await bot.stop() == 0, bot.log
        assert "voice" not in bot.log
        once = syncs(own)
        assert once

        await bot.start()
        thanks = await own.click(message, message.button("👍")["custom_id"], user=ann)
        assert "Psalm 90:12" in thanks.text
        await own.react(message, "👎", user=guild.owner)
        await bot.eventually("SELECT value FROM ratings ORDER BY rated_at", expected=[(1,), (-1,)])
        menu = message.selects[0]
        await own.select(message, menu["custom_id"], [menu["options"][1]["value"]], user=ann)
        assert message.embeds[0]["title"] in menu["options"][1]["label"]

        await bot.stop(signal.SIGKILL)
        await bot.start()
        await own.click(message, message.button("👎")["custom_id"], user=ann)
        assert [row[0] for row in bot.rows("SELECT text FROM queries")] == ["number my days"]
        assert syncs(own) == once


async def test_sigterm_lets_finish_what_has_begun_loses_nothing_and_leaves_no_process(
    own: LoopbackDiscord, guild: Guild, ann: User, data_dir: Path
) -> None:
    async with own_bot(own, data_dir) as bot:
        await encoder_answers(own)
        workers = bot.children("encoder")
        fault = own.faults.slow("POST", "/interactions/*", delay_s=0.3)
        asking = asyncio.create_task(ask(own, guild, ann))
        await own.until(lambda: fault.times == 0, what="the answer is on its way")
        assert await bot.stop() == 0, bot.log
        assert (await asking).message.embeds[0]["title"] == "Psalm 90:12"
        assert bot.rows("SELECT text FROM queries") == [("number my days",)]
        assert len(workers) == 1
        with pytest.raises(ProcessLookupError):
            os.kill(workers[0], 0)
        assert "Traceback" not in bot.log


async def test_a_stop_does_not_wait_for_what_hangs(
    own: LoopbackDiscord, guild: Guild, ann: User, data_dir: Path, worker_url: str
) -> None:
    async with own_bot(own, data_dir, VERSE_ENCODER_URL=worker_url) as bot:
        fault = own.faults.slow("POST", "/interactions/*", delay_s=2 * DEADLINE_S)
        asking = asyncio.create_task(ask(own, guild, ann))
        await own.until(lambda: fault.times == 0, what="the answer hangs")
        assert await bot.stop() == 0, bot.log
        asking.cancel()
        assert bot.rows("SELECT text FROM queries") == [("number my days",)]


async def test_a_dead_worker_means_words_only_and_says_so_until_it_is_back(
    own: LoopbackDiscord, guild: Guild, ann: User, data_dir: Path
) -> None:
    async with own_bot(own, data_dir, VERSE_COOLDOWN_USES="1000") as bot:

        async def whole() -> bool:
            return "Note" not in (await ask(own, guild, ann)).text

        assert await becomes_true(whole)
        os.kill(bot.children("encoder")[0], signal.SIGKILL)
        words_only = await ask(own, guild, ann)
        assert words_only.message.embeds[0]["title"] == "Psalm 90:12"
        note = words_only.message.embeds[0]["fields"][-1]
        assert note["name"] == "Note"
        assert "words" in note["value"].lower()
        assert await becomes_true(whole)


async def test_a_job_cut_off_by_a_crash_is_marked_and_does_not_live_on(
    own: LoopbackDiscord, guild: Guild, owner: User, data_dir: Path, worker_url: str
) -> None:
    async with own_bot(own, data_dir, VERSE_ENCODER_URL=worker_url, VERSE_TRANSLATIONS="WEB") as bot:
        await own.slash("admin rebuild", user=owner, where=guild, anyway=True)
        progress = await own.until(
            lambda: next(iter(own.messages(guild.channel())), None), what="a message with the progress"
        )
        assert await becomes_true(lambda: bool(bot.children("bot.job_process")))
        jobs = bot.children("bot.job_process")
        await bot.stop(signal.SIGKILL)
        assert await becomes_true(lambda: not any(Path(f"/proc/{job}").exists() for job in jobs))

        await bot.start()
        await own.until(lambda: "was interrupted" in progress.content, what="the message says so")
        assert bot.rows("SELECT kind, state FROM jobs") == [("rebuild", "interrupted")]


async def test_two_shards_serve_their_servers(
    ann: User, owner: User, data_dir: Path, worker_url: str
) -> None:
    guilds = [Guild(f"Chapel {index}", owner=owner, members=[ann], shard=(index, 2)) for index in range(2)]
    server = LoopbackDiscord(owner=owner, guilds=guilds, shards=2)
    async with own_bot(server, data_dir, VERSE_ENCODER_URL=worker_url):
        assert [one.shard for one in server.sessions] == [(0, 2), (1, 2)]
        for guild in guilds:
            assert (await ask(server, guild, ann)).message.embeds[0]["title"] == "Psalm 90:12"
