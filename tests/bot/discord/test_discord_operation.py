"""What keepers do and see: jobs, feedback, figures, health, metrics."""

import asyncio
import json
import re

import aiohttp
import pytest
from discord import app_commands

from bot.discord_app.admin import Admin
from tests.bot.discord.process import BotProcess
from tests.loopback import Guild, Interaction, LoopbackDiscord, Message, User
from tests.loopback.pulse import DEADLINE_S

pytestmark = pytest.mark.asyncio(loop_scope="session")

COMMANDS = [one for one in Admin().walk_commands() if isinstance(one, app_commands.Command)]


async def last(server: LoopbackDiscord, asked: Interaction) -> Message:
    """The message that a deferred answer ended as."""
    await server.until(lambda: asked.followups or asked.message.text, what="the answer")
    return asked.followups[-1] if asked.followups else asked.message


async def test_only_keepers_may(server: LoopbackDiscord, bot: BotProcess, chapel: Guild) -> None:
    abbot = chapel.owner  # manages the server, but not the bot
    for command in COMMANDS:
        options = {one.name: "x" for one in command.parameters if one.required}
        asked = await server.slash(command.qualified_name, options, user=abbot, where=chapel)
        assert asked.ephemeral
        assert "people who run this bot" in asked.text, command.qualified_name
    assert bot.rows("SELECT * FROM jobs") == []


async def test_feedback_shows_what_was_missed_and_exports(
    server: LoopbackDiscord, bot: BotProcess, chapel: Guild, owner: User, ann: User
) -> None:
    asked = await server.slash("verse", {"query": "my days are the worst"}, user=ann, where=chapel)
    formed = await server.click(asked.message, asked.message.button("👎")["custom_id"], user=ann)
    await server.submit_modal(formed, {"reference": "john 11:35"})
    shown = await last(
        server, await server.slash("admin feedback", {"export": True}, user=owner, where=chapel, anyway=True)
    )
    assert "“my days are the worst”: asked 1×, 1 👎, meant was John 11:35" in shown.text
    lines = [json.loads(line) for line in shown.attachments[0].content.decode().splitlines()]
    assert any(line["query"] == "my days are the worst" and line["verdict"] == "rated_down" for line in lines)
    assert bot.rows("SELECT count(*) FROM audit WHERE action = 'export'") == [(1,)]


async def test_stats_are_drawn(
    server: LoopbackDiscord, bot: BotProcess, chapel: Guild, owner: User, ann: User
) -> None:
    await server.slash("verse", {"query": "number my days"}, user=ann, where=chapel)
    shown = await last(server, await server.slash("admin stats", user=owner, where=chapel, anyway=True))
    assert "Questions in the last 30 days" in shown.text
    assert shown.attachments[0].content.startswith(b"\x89PNG")


async def test_sync_sends_the_commands_again(
    server: LoopbackDiscord, bot: BotProcess, chapel: Guild, owner: User
) -> None:
    before = len(server.requests)
    shown = await last(server, await server.slash("admin sync", user=owner, where=chapel, anyway=True))
    assert "sent" in shown.text
    assert [r.method for r in server.requests[before:] if r.path.endswith("/commands")] == ["PUT"]


async def test_a_job_is_listed_cancelled_and_nothing_runs_beside_it(
    server: LoopbackDiscord, bot: BotProcess, chapel: Guild, owner: User
) -> None:
    idle = await server.slash("admin cancel", user=owner, where=chapel, anyway=True)
    assert "No job" in (await last(server, idle)).text
    # Where the bot may not write, the job is followed with /admin jobs.
    started = await server.slash("admin rebuild", user=owner, where=chapel.channel("quiet"), anyway=True)
    assert "`/admin jobs`" in (await last(server, started)).text
    second = await server.slash("admin rebuild", user=owner, where=chapel, anyway=True)
    assert "is running" in second.text
    listed = await server.slash("admin jobs", user=owner, where=chapel, anyway=True)
    assert "⏳ **rebuild**" in listed.text
    cancelled = await server.slash("admin cancel", user=owner, where=chapel, anyway=True)
    assert "Stopped: rebuild" in (await last(server, cancelled)).text
    listed = await server.slash("admin jobs", user=owner, where=chapel, anyway=True)
    assert "rebuild: cancelled" in listed.text
    assert bot.children("job_process") == []
    assert [
        action for (action,) in bot.rows("SELECT action FROM audit WHERE action IN ('rebuild', 'cancel')")
    ] == [
        "rebuild",
        "cancel",
    ]


async def test_health_and_metrics(server: LoopbackDiscord, bot: BotProcess, chapel: Guild, ann: User) -> None:
    await server.slash("verse", {"query": "number my days"}, user=ann, where=chapel)
    (address,) = re.findall(r"health and metrics at (http://[\d.]+:\d+)", bot.log)
    async with aiohttp.ClientSession(address) as session:
        health = {"ok": False}
        async with asyncio.timeout(
            DEADLINE_S
        ):  # discord.py waits two seconds for servers that may still come
            while not health["ok"]:
                async with session.get("/healthz") as response:
                    health = await response.json()
                    assert response.status == (200 if health["ok"] else 503)
        text = ""
        async with asyncio.timeout(
            DEADLINE_S
        ):  # an interaction counts when it is over, a little after its answer
            while 'verse_interactions_total{name="verse",outcome="done"}' not in text:
                async with session.get("/metrics") as response:
                    text = await response.text()
    assert 'verse_search_seconds_bucket{le="0.005",stage="all"}' in text
    for hidden in (str(ann.id), str(chapel.id), "number my days"):
        assert hidden not in text


async def test_a_discord_that_knows_an_older_command_is_told_to_reload(
    server: LoopbackDiscord, bot: BotProcess, chapel: Guild, ann: User
) -> None:
    (command,) = [known for key, known in server.commands.items() if key[2] == "verse"]
    (query,) = [option for option in command["options"] if option["name"] == "query"]
    query["name"] = "words"  # as it may have been called in an earlier version
    try:
        asked = await server.slash("verse", {"words": "number my days"}, user=ann, where=chapel)
    finally:
        query["name"] = "query"
    assert "reload Discord" in asked.text
    assert asked.ephemeral
