"""`/privacy`: people see, take along, and end what is kept about them."""

import json

import pytest

from tests.bot.discord.process import BotProcess
from tests.loopback import Guild, LoopbackDiscord, User

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def ask_and_rate(server: LoopbackDiscord, chapel: Guild, user: User, query: str) -> None:
    asked = await server.slash("verse", {"query": query}, user=user, where=chapel)
    await server.click(asked.message, asked.message.button("👍")["custom_id"], user=user)


async def test_people_see_and_take_along_what_is_kept(
    server: LoopbackDiscord, bot: BotProcess, chapel: Guild, ann: User
) -> None:
    await ask_and_rate(server, chapel, ann, "the lord is my shepherd i shall not want")
    shown = await server.slash("privacy show", user=ann, where=chapel)
    assert shown.ephemeral
    assert "Questions: 1" in shown.text
    assert "Ratings: 1" in shown.text
    exported = await server.slash("privacy export", user=ann, where=chapel)
    await server.until(lambda: exported.followups or exported.message.attachments, what="the file")
    message = exported.followups[0] if exported.followups else exported.message
    everything = json.loads(message.attachments[0].content)
    assert everything["questions"][0]["question"] == "the lord is my shepherd i shall not want"
    assert everything["questions"][0]["verses"][0] == "PSA 23:1"
    assert everything["ratings"][0]["rating"] == 1


async def test_deletion_leaves_nothing(
    server: LoopbackDiscord, bot: BotProcess, chapel: Guild, ann: User
) -> None:
    await ask_and_rate(server, chapel, ann, "delete me if you can")
    await bot.eventually("SELECT count(*) FROM queries WHERE text = 'delete me if you can'", expected=[(1,)])
    warned = await server.slash("privacy delete", user=ann, where=chapel)
    assert bot.rows("SELECT count(*) FROM queries WHERE text = 'delete me if you can'") == [(1,)]
    await server.click(warned.message, "v1:delete-me", user=ann)
    assert "deleted" in warned.message.content
    assert bot.rows("SELECT count(*) FROM queries WHERE text = 'delete me if you can'") == [(0,)]
    shown = await server.slash("privacy show", user=ann, where=chapel)
    assert "Questions: 0" in shown.text
    assert "Ratings: 0" in shown.text


async def test_who_opted_out_is_answered_and_forgotten(
    server: LoopbackDiscord, bot: BotProcess, chapel: Guild, ann: User
) -> None:
    await server.slash("privacy optout", user=ann, where=chapel)
    asked = await server.slash("verse", {"query": "number our days secretly"}, user=ann, where=chapel)
    assert asked.message.embeds[0]["title"] == "Psalm 90:12"
    assert "👍" not in str(asked.message.buttons)
    # What follows is kept, so the write before it has been made if there was one.
    await server.slash("privacy optout", {"out": False}, user=ann, where=chapel)
    await ask_and_rate(server, chapel, ann, "number our days openly")
    texts = {text for (text,) in bot.rows("SELECT text FROM queries WHERE text LIKE 'number our days %ly'")}
    assert texts == {"number our days openly"}


async def test_consent_is_given_and_taken_back(
    server: LoopbackDiscord, bot: BotProcess, chapel: Guild, ann: User
) -> None:
    def consents() -> list[tuple[int]]:
        return bot.rows("SELECT consent FROM queries WHERE text = 'may you learn from this light'")

    await ask_and_rate(server, chapel, ann, "may you learn from this light")
    assert consents() == [(0,)]
    await server.slash("privacy consent", {"allow": True}, user=ann, where=chapel)
    assert consents() == [(1,)]
    await server.slash("privacy consent", {"allow": False}, user=ann, where=chapel)
    assert consents() == [(0,)]
