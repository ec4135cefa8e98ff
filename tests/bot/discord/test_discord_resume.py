"""A job that a stop cut off says so, and goes on when a keeper says so."""

import shutil
from pathlib import Path

import pytest

from tests.bot.discord.process import own_bot
from tests.loopback import Guild, LoopbackDiscord, User

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_job_that_a_stop_cut_off_is_resumed(installed: Path, worker_url: str, tmp_path: Path) -> None:
    data_dir = Path(shutil.copytree(installed, tmp_path / "data"))
    owner, abbot = User("Owner"), User("Abbot")
    guild = Guild("Chapel", owner=abbot, members=[owner], channels=["jobs"])
    server = LoopbackDiscord(owner=owner, guilds=[guild])
    async with own_bot(server, data_dir, VERSE_ENCODER_URL=worker_url) as bot:
        await server.slash("admin rebuild", user=owner, where=guild, anyway=True)
        message = await server.until(
            lambda: next(iter(server.messages(guild.channel("jobs"))), None), what="the message of the job"
        )
        assert await bot.stop() == 0
        assert "interrupted" in message.text
        assert bot.rows("SELECT state FROM jobs") == [("interrupted",)]
        await bot.start()
        resume = message.button("Resume")["custom_id"]
        refused = await server.click(message, resume, user=abbot)
        assert "people who run this bot" in refused.text
        await server.click(message, resume, user=owner)
        await bot.eventually(
            "SELECT kind, state FROM jobs ORDER BY id",
            expected=[("rebuild", "interrupted"), ("rebuild", "running")],
        )
