"""Who may do what with the whole installation, and a rebuild from Discord under questions."""

import asyncio
import re
from pathlib import Path

import pytest

from tests.bot.discord.process import BotProcess, own_bot
from tests.loopback import Guild, LoopbackDiscord, NotOfferedError, Permission, User

REFUSAL = "Only the people who run this bot can do that."
session = pytest.mark.asyncio(loop_scope="session")
INSTANCE_WIDE = ["status", "rebuild", "train"]


@session
async def test_the_owner_sees_how_the_bot_is(
    server: LoopbackDiscord, bot: BotProcess, chapel: Guild, owner: User
) -> None:
    asked = await server.slash("admin status", user=owner, where=chapel, anyway=True)
    assert asked.ephemeral
    assert (bot.data_dir / "index" / "CURRENT").read_text().strip() in asked.text.replace("\\", "")
    assert "on cpu" in asked.text
    in_private = await server.slash("admin status", user=owner)
    assert "Index" in in_private.text
    await server.slash("admin sync", user=owner, where=chapel, anyway=True)
    acted = await server.slash("admin status", user=owner, where=chapel, anyway=True)
    assert re.search(r"Last actions\n<t:\d+:R> sync", acted.text)


@session
@pytest.mark.parametrize("command", INSTANCE_WIDE)
async def test_neither_members_nor_those_who_manage_another_server_may(
    server: LoopbackDiscord, bot: BotProcess, chapel: Guild, ann: User, command: str
) -> None:
    with pytest.raises(NotOfferedError):
        await server.slash(f"admin {command}", user=ann, where=chapel)
    manager = server.join(chapel, "Manager", Permission.MANAGE_GUILD)
    for user, anyway in ((ann, True), (manager, False), (chapel.owner, False)):
        asked = await server.slash(f"admin {command}", user=user, where=chapel, anyway=anyway)
        assert asked.text == REFUSAL
        assert asked.ephemeral
    assert bot.rows("SELECT count(*) FROM jobs") == [(0,)]


async def test_named_keepers_and_the_team_may_and_only_one_server_sees_admin(
    data_dir: Path, worker_url: str
) -> None:
    named, builder, reader = User("Named"), User("Builder"), User("Reader")
    home = Guild("Home", owner=User("Host"), members=[named, builder, reader])
    other = Guild("Other", owner=User("Else"), members=[named])
    server = LoopbackDiscord(team={builder: "developer", reader: "read_only"}, guilds=[home, other])
    settings = {"VERSE_ADMIN_IDS": f"{named.id}, 12", "VERSE_ADMIN_GUILD": str(home.id)}
    async with own_bot(server, data_dir, VERSE_ENCODER_URL=worker_url, **settings):
        for user, may in ((named, True), (builder, True), (server.owner, True), (reader, False)):
            home.add(user)
            asked = await server.slash("admin status", user=user, where=home, anyway=True)
            assert (asked.text != REFUSAL) is may
        assert (home.id, 1, "admin") in server.commands
        assert (None, 1, "admin") not in server.commands


async def test_rebuild_from_discord_swaps_the_index_under_questions(
    owner: User, data_dir: Path, worker_url: str
) -> None:
    asker = User("Ann")
    guild = Guild("Chapel", owner=User("Abbot"), members=[owner, asker])
    server = LoopbackDiscord(owner=owner, guilds=[guild])
    # The smallest whole translation, a New Testament, takes the place of five books of two others.
    environment = {"VERSE_TRANSLATIONS": "WMTH", "VERSE_COOLDOWN_USES": "100000"}
    async with own_bot(server, data_dir, VERSE_ENCODER_URL=worker_url, **environment) as bot:
        before = await server.slash("admin status", user=owner)
        missing = await server.slash("verse", {"query": "acts 1:1"}, user=asker, where=guild)
        assert "No translation of this index has Acts 1:1" in missing.text

        started = await server.slash("admin rebuild", user=owner, where=guild, anyway=True)
        assert started.ephemeral
        assert "Started" in started.text
        progress = await server.until(
            lambda: next(iter(server.messages(guild.channel())), None), what="a message with the progress"
        )
        again = await server.slash("admin rebuild", user=owner, where=guild, anyway=True)
        assert "is running" in again.text

        answers = 0
        while "rebuild** done" not in progress.content:
            assert "failed" not in progress.content, bot.log
            asked = await server.slash("verse", {"query": "john 11:35"}, user=asker, where=guild)
            # Answered every time: by the old index, or by the new one, which has no WEB and says what it has.
            assert asked.message.embeds or "WMTH" in asked.text
            answers += bool(asked.message.embeds)
            await asyncio.sleep(0.1)
        assert answers > 1
        assert any("█" in earlier.content for earlier in progress.history)

        found = await server.slash(
            "verse", {"query": "acts 1:1", "translation": "WMTH"}, user=asker, where=guild
        )
        assert found.message.embeds[0]["title"] == "Acts 1:1"
        after = await server.slash("admin status", user=owner)
        assert after.message.embeds[0]["fields"][0] != before.message.embeds[0]["fields"][0]
        assert bot.rows("SELECT kind, state FROM jobs") == [("rebuild", "done")]
