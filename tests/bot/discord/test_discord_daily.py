"""`/daily`: a verse a day in a channel."""

import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.bot.discord.process import BotProcess, own_bot
from tests.loopback import Code, Guild, LoopbackDiscord, NotOfferedError, Permission, User

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_it_is_switched_on_shown_and_off(
    server: LoopbackDiscord, bot: BotProcess, abbey: Guild
) -> None:
    prior = abbey.owner
    none = await server.slash("daily status", user=prior, where=abbey)
    assert "No daily verse" in none.text
    options = {"time": "7:30", "zone": "Europe/Berlin", "translation": "kjv", "theme": "light"}
    begun = await server.slash("daily on", options, user=prior, where=abbey)
    assert "07:30 (Europe/Berlin)" in begun.text
    status = await server.slash("daily status", user=prior, where=abbey)
    assert "about light in KJV" in status.text
    posted = await server.slash("daily now", user=prior, where=abbey)
    assert not posted.ephemeral
    assert "Verse of the day" in posted.text
    assert "King James Version" in posted.text
    await server.slash("daily off", user=prior, where=abbey)
    assert "No daily verse" in (await server.slash("daily status", user=prior, where=abbey)).text
    actions = {action for (action,) in bot.rows("SELECT action FROM audit")}
    assert {"daily on", "daily off"} <= actions


async def test_what_cannot_work_is_refused_at_once(
    server: LoopbackDiscord, bot: BotProcess, abbey: Guild, chapel: Guild, ann: User
) -> None:
    async def refusal(**options: str) -> str:
        return (await server.slash("daily on", options, user=abbey.owner, where=abbey)).text

    assert "time of day" in await refusal(time="noon")
    assert "time zone" in await refusal(time="7:30", zone="Mars/Olympus")
    assert "no translation" in await refusal(time="7:30", translation="NIV")
    assert "another theme" in await refusal(time="7:30", theme="🙏")
    quiet = chapel.channel("quiet")
    muted = await server.slash("daily on", {"time": "7:30"}, user=chapel.owner, where=quiet)
    assert "may not write" in muted.text
    chapel.channel("jobs").deny(server.bot, Permission.EMBED_LINKS)
    bare = await server.slash("daily on", {"time": "7:30"}, user=chapel.owner, where=chapel.channel("jobs"))
    chapel.channel("jobs").allow(server.bot, Permission.EMBED_LINKS)
    assert "may not embed links" in bare.text
    with pytest.raises(NotOfferedError):
        await server.slash("daily on", {"time": "7:30"}, user=ann, where=chapel)
    anyway = await server.slash("daily on", {"time": "7:30"}, user=ann, where=chapel, anyway=True)
    assert "Manage Server" in anyway.text
    assert bot.rows("SELECT * FROM daily") == []


async def test_zones_are_suggested(server: LoopbackDiscord, bot: BotProcess, abbey: Guild) -> None:
    choices = await server.autocomplete("daily on", "zone", "new york", user=abbey.owner, where=abbey)
    assert "America/New_York" in [choice["value"] for choice in choices]


async def test_what_was_missed_while_the_bot_was_away_comes_once(
    installed: Path, worker_url: str, tmp_path: Path
) -> None:
    data_dir = Path(shutil.copytree(installed, tmp_path / "data"))
    keeper = User("Abbot")
    guild = Guild("Chapel", owner=keeper, channels=["general", "gone"])
    server = LoopbackDiscord(guilds=[guild])
    async with own_bot(server, data_dir, VERSE_ENCODER_URL=worker_url) as bot:
        for channel in guild.channels:
            await server.slash("daily on", {"time": "0:00"}, user=keeper, where=channel)
        assert await bot.stop() == 0
        connection = sqlite3.connect(data_dir / "verse.sqlite3")
        connection.execute("UPDATE daily SET last_day = '2020-01-01'")
        connection.commit()
        connection.close()
        gone = guild.channel("gone").id
        server.faults.refuse("POST", f"/channels/{gone}/messages", Code.UNKNOWN_CHANNEL)
        await bot.start()
        posted = await server.until(
            lambda: [one for one in server.messages(guild.channel()) if "Verse of the day" in one.text],
            what="the verse that was missed",
        )
        assert len(posted) == 1
        # The channel that is gone is not tried for ever.
        await bot.eventually("SELECT count(*) FROM daily", expected=[(1,)])
        await bot.eventually("SELECT count(*) FROM daily WHERE last_day < '2026'", expected=[(0,)])
