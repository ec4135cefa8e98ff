"""The bot when Discord is at its worst."""

import pytest

from tests.bot.discord.process import BotProcess
from tests.loopback import Code, Guild, Interaction, LoopbackDiscord, User

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def ask(server: LoopbackDiscord, guild: Guild, user: User) -> Interaction:
    return await server.slash("verse", {"query": "number my days"}, user=user, where=guild)


async def test_a_cut_websocket_is_resumed_and_nothing_is_missed(
    server: LoopbackDiscord, bot: BotProcess, chapel: Guild, ann: User
) -> None:
    session = server.drop()
    asked = await ask(server, chapel, ann)
    assert asked.message.embeds[0]["title"] == "Psalm 90:12"
    await server.resumed(session)
    session = server.ask_to_reconnect()
    await server.react(asked.message, "👍", user=ann)
    await bot.eventually(
        "SELECT value FROM ratings JOIN messages USING (query_id) WHERE message_id = ?",
        asked.message.id,
        expected=[(1,)],
    )


async def test_a_rate_limit_is_waited_for(
    server: LoopbackDiscord, bot: BotProcess, chapel: Guild, ann: User
) -> None:
    server.faults.rate_limit("POST", "/interactions/*", retry_after_s=0.2)
    asked = await ask(server, chapel, ann)
    assert asked.message.embeds[0]["title"] == "Psalm 90:12"
    assert asked.callback_after_s is not None
    assert asked.callback_after_s > 0.2


async def test_an_error_at_the_edge_is_tried_again(
    server: LoopbackDiscord, bot: BotProcess, chapel: Guild, ann: User
) -> None:
    server.faults.server_error("POST", "/interactions/*", status=502)
    asked = await ask(server, chapel, ann)
    assert asked.message.embeds[0]["title"] == "Psalm 90:12"


async def test_an_expired_interaction_costs_nothing_but_itself(
    server: LoopbackDiscord, bot: BotProcess, chapel: Guild, ann: User
) -> None:
    before = len(bot.log)
    server.faults.expire_interactions()
    assert not (await ask(server, chapel, ann)).acknowledged
    assert (await ask(server, chapel, ann)).message.embeds[0]["title"] == "Psalm 90:12"
    assert "nobody waited any more" in bot.log[before:]
    assert "Traceback" not in bot.log[before:]


@pytest.mark.parametrize("code", [Code.MISSING_PERMISSIONS, Code.UNKNOWN_MESSAGE])
async def test_reactions_that_are_refused_are_not_missed(
    server: LoopbackDiscord, bot: BotProcess, chapel: Guild, ann: User, code: Code
) -> None:
    fault = server.faults.refuse("PUT", "/channels/*/reactions/*", code)
    asked = await ask(server, chapel, ann)
    await server.until(lambda: fault.times == 0, what="the bot tries to react")
    thanks = await server.click(asked.message, asked.message.button("👍")["custom_id"], user=ann)
    assert "Psalm 90:12" in thanks.text


async def test_a_session_that_discord_forgot_is_begun_anew(
    server: LoopbackDiscord, bot: BotProcess, chapel: Guild, ann: User
) -> None:
    server.forget_session()
    await server.until(lambda: server.sessions, what="a new session")
    assert (await ask(server, chapel, ann)).message.embeds[0]["title"] == "Psalm 90:12"
