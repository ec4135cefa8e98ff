"""Feedback that floods or moves one verse: it is refused, named, and undone from Discord."""

import pytest

from bot.store.abuse import FEWEST_BY_ACCOUNT
from tests.bot.discord.process import BotProcess
from tests.bot.discord.test_discord_operation import last
from tests.loopback import Guild, LoopbackDiscord, Message, User

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def mallory(server: LoopbackDiscord, chapel: Guild) -> User:
    return server.join(chapel, "Mallory")


async def ask(server: LoopbackDiscord, where: Guild, user: User) -> Message:
    asked = await server.slash("verse", {"query": "jesus wept"}, user=user, where=where)
    assert "John 11:35" in asked.text
    return asked.message


async def press(server: LoopbackDiscord, message: Message, user: User) -> str:
    return (await server.click(message, message.button("👍")["custom_id"], user=user)).text


async def test_a_flood_of_ratings_is_stopped_and_others_go_on(
    server: LoopbackDiscord, bot: BotProcess, chapel: Guild, ann: User, ben: User, mallory: User
) -> None:
    message = await ask(server, chapel, ann)
    said = [await press(server, message, mallory) for _ in range(21)]
    assert all("Thank you" in one for one in said[:20])
    assert "much feedback at once" in said[20]
    assert "Thank you" in await press(server, message, ben)


async def test_who_moves_a_verse_is_named_to_keepers_and_undone(
    server: LoopbackDiscord, bot: BotProcess, chapel: Guild, owner: User, ann: User, mallory: User
) -> None:
    for _ in range(FEWEST_BY_ACCOUNT):
        await press(server, await ask(server, chapel, ann), mallory)
    who, mine = bot.rows(
        "SELECT who, count(*) FROM ratings GROUP BY who ORDER BY max(rated_at) DESC LIMIT 1"
    )[0]
    assert mine == FEWEST_BY_ACCOUNT
    others = bot.rows("SELECT count(*) FROM ratings WHERE who <> ?", who)

    shown = await last(server, await server.slash("admin feedback", user=owner, where=chapel, anyway=True))
    assert f"judgements of John 11:35 in 30 days come from one account, {who}" in shown.text

    refused = await server.slash("admin feedback", {"undo": who}, user=chapel.owner, where=chapel)
    assert "people who run this bot" in refused.text
    asked = await server.slash("admin feedback", {"undo": who}, user=owner, where=chapel, anyway=True)
    offer = await last(server, asked)
    assert f"{FEWEST_BY_ACCOUNT} ratings, 0 corrections, 0 openings" in offer.text
    assert bot.rows("SELECT count(*) FROM ratings WHERE who = ?", who) == [(FEWEST_BY_ACCOUNT,)]

    await server.click(offer, offer.button("Delete all of it")["custom_id"], user=owner)
    assert bot.rows("SELECT count(*) FROM ratings WHERE who = ?", who) == [(0,)]
    assert bot.rows("SELECT count(*) FROM ratings WHERE who <> ?", who) == others
    assert bot.rows("SELECT details FROM audit WHERE action = 'undo'") == [
        (f"{who}: {FEWEST_BY_ACCOUNT} ratings, 0 corrections, 0 openings",)
    ]
    again = await server.slash("admin feedback", {"undo": who}, user=owner, where=chapel, anyway=True)
    assert "No feedback is kept" in (await last(server, again)).text


async def test_what_was_on_show_and_opened_is_logged_with_whose_it_is(
    server: LoopbackDiscord, bot: BotProcess, chapel: Guild, ann: User
) -> None:
    asked = await server.slash("verse", {"query": "Number my  DAYS!"}, user=ann, where=chapel)
    menu = asked.message.selects[0]
    await server.select(asked.message, menu["custom_id"], [menu["options"][2]["value"]], user=ann)
    await bot.eventually(
        "SELECT q.normalised, q.on_show, q.who = o.who, o.verse_id FROM messages m"
        " JOIN queries q ON q.id = m.query_id JOIN openings o ON o.query_id = q.id WHERE m.message_id = ?",
        asked.message.id,
        expected=[("number my days", 5, 1, int(menu["options"][2]["value"]))],
    )
