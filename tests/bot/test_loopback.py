"""The loopback Discord by itself: what a small unmodified client sees of it."""

import asyncio
from typing import Any

import pytest

from tests.loopback import (
    Callback,
    Guild,
    ImpossibleInputError,
    LoopbackDiscord,
    NotOfferedError,
    Permission,
    User,
)
from tests.loopback.pulse import DEADLINE_S
from tests.loopback.small_client import running

ALICE, BOB, CAROL = User("Alice"), User("Bob"), User("Carol", installed=True)


def chapel(**options: Any) -> Guild:
    return Guild("Chapel", owner=ALICE, members=[BOB, CAROL], **options)


async def test_login_and_sync_hand_out_command_ids() -> None:
    guild = chapel()
    async with LoopbackDiscord(guilds=[guild]) as server, running(server) as client:
        names = {key[2] for key in server.commands}
        ids = {command.name: command.id for command in await client.tree.fetch_commands()}
        assert names == set(ids) == {"verse", "post", "Find this verse", "admin"}
        again = {command.name: command.id for command in await client.tree.sync()}
        assert again == ids
        assert [known.name for known in client.guilds] == ["Chapel"]
        application = await client.application_info()
        assert application.owner.id == server.owner.id


async def test_slash_command_in_guild_thread_and_direct_message() -> None:
    guild = chapel()
    thread = guild.thread("questions", under=guild.channel())
    async with LoopbackDiscord(guilds=[guild]) as server, running(server):
        for where in (guild, thread, None):
            asked = await server.slash("verse", {"query": "number my days"}, user=BOB, where=where)
            assert "found number my days in WEB" in asked.text
            assert asked.callback is Callback.MESSAGE
            assert not asked.ephemeral


async def test_deferred_answer_replaces_thinking_and_files_arrive() -> None:
    async with LoopbackDiscord(guilds=[chapel()]) as server, running(server):
        asked = await server.slash("verse", {"query": "slowly"}, user=BOB)
        assert asked.deferred
        assert asked.message.content == "found slowly in WEB"
        await server.until(lambda: asked.followups, what="a follow-up")
        assert asked.followups[0].attachments[0].filename == "proof.py"
        assert b"class SmallClient" in asked.followups[0].attachments[0].content


async def test_user_install_works_where_the_bot_is_no_member() -> None:
    elsewhere = chapel(with_bot=False)
    async with LoopbackDiscord(guilds=[elsewhere]) as server, running(server) as client:
        asked = await server.slash("verse", {"query": "stars"}, user=CAROL, where=elsewhere)
        assert "found stars" in asked.text
        assert list(client.guilds) == []
        with pytest.raises(NotOfferedError, match="installed neither"):
            await server.slash("verse", {"query": "stars"}, user=BOB, where=elsewhere)


async def test_autocomplete_and_message_command() -> None:
    guild = chapel()
    async with LoopbackDiscord(guilds=[guild]) as server, running(server):
        choices = await server.autocomplete("verse", "translation", "k", user=BOB, where=guild)
        assert [choice["value"] for choice in choices] == ["KJV"]
        said = await server.say("in the beginning", user=BOB, where=guild)
        asked = await server.message_command("Find this verse", said, user=ALICE)
        assert asked.text == "looking for in the beginning"
        assert asked.ephemeral


async def test_buttons_menus_and_forms() -> None:
    guild = chapel()
    async with LoopbackDiscord(guilds=[guild]) as server, running(server):
        asked = await server.slash("verse", {"query": "days"}, user=BOB, where=guild)
        message = asked.message
        pressed = await server.click(message, message.button("👍")["custom_id"], user=ALICE)
        assert pressed.text == "thumb 7"
        formed = await server.click(message, message.button("Correct")["custom_id"], user=ALICE)
        assert formed.modal is not None
        field = formed.modal["components"][0]["components"][0]["custom_id"]
        sent = await server.submit_modal(formed, {field: "Psalm 90:12"})
        assert sent.text == "noted Psalm 90:12"
        with pytest.raises(ImpossibleInputError, match="1 to 40 characters"):
            await server.submit_modal(formed, {field: "x" * 41})
        chosen = await server.select(message, message.selects[0]["custom_id"], ["Job"], user=ALICE)
        assert chosen.callback is Callback.UPDATE
        assert message.content == "chose Job"
        assert message.history[0].content == ""


async def test_buttons_survive_a_restart() -> None:
    async with LoopbackDiscord(guilds=[chapel()]) as server:
        async with running(server):
            asked = await server.slash("verse", {"query": "days"}, user=BOB)
        async with running(server):
            pressed = await server.click(asked.message, "thumb:7", user=BOB)
        assert pressed.text == "thumb 7"


async def test_reactions_come_and_go() -> None:
    guild = chapel()
    async with LoopbackDiscord(guilds=[guild]) as server, running(server) as client:
        asked = await server.slash("verse", {"query": "days"}, user=BOB, where=guild)
        await server.react(asked.message, "👍", user=ALICE)
        await server.until(lambda: "✅" in asked.message.reactions, what="the bot's own reaction")
        heard = asyncio.ensure_future(client.wait_for("raw_reaction_remove", timeout=DEADLINE_S))
        await server.unreact(asked.message, "👍", user=ALICE)
        event = await heard
        assert (event.emoji.name, event.user_id) == ("👍", ALICE.id)
        assert list(asked.message.reactions) == ["✅"]
        assert ("add", "👍", ALICE.id) in client.reactions


async def test_commands_are_offered_to_those_who_may() -> None:
    guild = chapel()
    guild.add(BOB, Permission.MANAGE_GUILD)
    async with LoopbackDiscord(guilds=[guild]) as server, running(server):
        assert (await server.slash("admin status", user=BOB, where=guild)).text == "all well"
        with pytest.raises(NotOfferedError, match="not shown to Carol"):
            await server.slash("admin status", user=CAROL, where=guild)
        opened = await server.slash("admin status", user=CAROL, where=guild, anyway=True)
        assert opened.text == "all well"
        with pytest.raises(ImpossibleInputError, match="required"):
            await server.slash("verse", user=BOB, where=guild)
        with pytest.raises(ImpossibleInputError, match="1 to 200 characters"):
            await server.slash("verse", {"query": "x" * 2000}, user=BOB, where=guild)
