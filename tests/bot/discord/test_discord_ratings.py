"""👍 and 👎, as buttons and as reactions, from Discord to SQLite."""

import pytest

from tests.bot.discord.process import BotProcess
from tests.loopback import Guild, Interaction, LoopbackDiscord, Message, User

pytestmark = pytest.mark.asyncio(loop_scope="session")

OF_MESSAGE = """
SELECT r.value, r.via FROM ratings r JOIN messages m ON m.query_id = r.query_id AND m.verse_id = r.verse_id
WHERE m.message_id = ? ORDER BY r.rated_at
"""


async def ask(server: LoopbackDiscord, where: Guild, user: User) -> Message:
    asked = await server.slash("verse", {"query": "number my days"}, user=user, where=where)
    return asked.message


async def press(server: LoopbackDiscord, message: Message, emoji: str, user: User) -> Interaction:
    return await server.click(message, message.button(emoji)["custom_id"], user=user)


async def test_a_button_reaches_the_database_and_a_second_rating_replaces_the_first(
    server: LoopbackDiscord, bot: BotProcess, chapel: Guild, ann: User
) -> None:
    message = await ask(server, chapel, ann)
    thanks = await press(server, message, "👍", ann)
    assert thanks.ephemeral
    assert "Psalm 90:12" in thanks.text
    assert bot.rows(OF_MESSAGE, message.id) == [(1, "button")]
    await press(server, message, "👎", ann)
    assert bot.rows(OF_MESSAGE, message.id) == [(-1, "button")]


async def test_everybody_has_a_rating_of_their_own(
    server: LoopbackDiscord, bot: BotProcess, chapel: Guild, ann: User, ben: User
) -> None:
    message = await ask(server, chapel, ann)
    await press(server, message, "👍", ann)
    await press(server, message, "👎", ben)
    assert bot.rows(OF_MESSAGE, message.id) == [(1, "button"), (-1, "button")]


async def test_a_reaction_reaches_the_database_changes_and_goes(
    server: LoopbackDiscord, bot: BotProcess, chapel: Guild, ann: User, ben: User
) -> None:
    message = await ask(server, chapel, ann)
    await server.react(message, "👍", user=ben)
    await bot.eventually(OF_MESSAGE, message.id, expected=[(1, "reaction")])
    await server.react(message, "👎🏽", user=ben)
    await bot.eventually(OF_MESSAGE, message.id, expected=[(-1, "reaction")])
    # Taking back the thumb that no longer counts changes nothing; the other one takes the rating along.
    await server.unreact(message, "👍", user=ben)
    await press(server, message, "👍", ann)
    await bot.eventually(OF_MESSAGE, message.id, expected=[(-1, "reaction"), (1, "button")])
    await server.unreact(message, "👎🏽", user=ben)
    await bot.eventually(OF_MESSAGE, message.id, expected=[(1, "button")])


async def test_reactions_in_direct_messages_count_too(
    server: LoopbackDiscord, bot: BotProcess, ann: User
) -> None:
    asked = await server.slash("verse", {"query": "number my days"}, user=ann)
    await server.react(asked.message, "👎", user=ann)
    await bot.eventually(OF_MESSAGE, asked.message.id, expected=[(-1, "reaction")])


async def test_neither_its_own_reactions_nor_other_emojis_nor_other_messages_count(
    server: LoopbackDiscord, bot: BotProcess, chapel: Guild, ann: User, ben: User
) -> None:
    before = bot.rows("SELECT count(*) FROM ratings")
    message = await ask(server, chapel, ann)
    await server.until(lambda: len(message.reactions) == 2, what="the bot invites reactions")
    said = await server.say("good morning", user=ben, where=chapel)
    await server.react(said, "👍", user=ann)
    await server.react(message, "🎉", user=ann)
    # Events come in order, so once this reaction is in, those before it were heard.
    await server.react(message, "👍", user=ben)
    await bot.eventually(OF_MESSAGE, message.id, expected=[(1, "reaction")])
    assert bot.rows("SELECT count(*) FROM ratings") == [(before[0][0] + 1,)]


async def test_a_rating_counts_for_the_verse_on_show(
    server: LoopbackDiscord, bot: BotProcess, chapel: Guild, ann: User, ben: User
) -> None:
    message = await ask(server, chapel, ann)
    menu = message.selects[0]
    other = menu["options"][1]["value"]
    await server.select(message, menu["custom_id"], [other], user=ann)
    await bot.eventually(
        "SELECT verse_id FROM messages WHERE message_id = ?", message.id, expected=[(int(other),)]
    )
    await press(server, message, "👍", ann)
    await server.react(message, "👎", user=ben)
    await bot.eventually(OF_MESSAGE, message.id, expected=[(1, "button"), (-1, "reaction")])
    rated = bot.rows(
        "SELECT DISTINCT r.verse_id FROM ratings r JOIN messages m USING (query_id) WHERE message_id = ?",
        message.id,
    )
    assert rated == [(int(other),)]


async def test_ratings_are_exported(
    server: LoopbackDiscord, bot: BotProcess, chapel: Guild, ann: User
) -> None:
    message = await ask(server, chapel, ann)
    await press(server, message, "👍", ann)
    code, lines = await bot.verse("feedback", "export")
    assert code == 0
    assert '"query":"number my days"' in lines.replace('": "', '":"')
    assert "PSA 90:12" in lines
    assert str(ann.id) not in lines
