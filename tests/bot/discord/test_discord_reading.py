"""What can be read from an answer on: context, chapter, related verses, translations; and other commands."""

import pytest

from tests.bot.discord.process import BotProcess
from tests.loopback import Callback, Guild, LoopbackDiscord, Message, User

pytestmark = pytest.mark.asyncio(loop_scope="session")


def labelled(message: Message, label: str) -> str:
    (found,) = [item for item in message.buttons if item.get("label") == label]
    return str(found["custom_id"])


async def test_what_is_around_a_verse(
    server: LoopbackDiscord, bot: BotProcess, chapel: Guild, ann: User, ben: User
) -> None:
    asked = await server.slash("verse", {"query": "number my days"}, user=ann, where=chapel)
    around = {}
    for label in ("Context", "Chapter", "Related", "Compare"):
        looked = await server.click(asked.message, labelled(asked.message, label), user=ben)
        assert looked.ephemeral
        around[label] = looked.message.embeds[0]
    assert around["Context"]["title"] == "Psalm 90:9-15"
    assert "**12 So teach us to number our days" in around["Context"]["description"]
    assert around["Chapter"]["title"] == "Psalm 90"
    assert around["Related"]["title"] == "Related to Psalm 90:12"
    assert "Psalm 90:12" not in around["Related"]["description"]
    for name in ("World English Bible", "King James Version"):
        assert name in around["Compare"]["description"]


async def test_a_long_chapter_has_pages(
    server: LoopbackDiscord, bot: BotProcess, chapel: Guild, ann: User
) -> None:
    asked = await server.slash("verse", {"query": "thy word is a lamp unto my feet"}, user=ann, where=chapel)
    assert asked.message.embeds[0]["title"] == "Psalm 119:105"
    looked = await server.click(asked.message, labelled(asked.message, "Chapter"), user=ann)
    assert "page 1 of" in looked.text
    turned = await server.click(looked.message, labelled(looked.message, "▶"), user=ann)
    assert turned.callback is Callback.UPDATE
    assert "page 2 of" in looked.message.text
    back = await server.click(looked.message, labelled(looked.message, "◀"), user=ann)
    assert back.callback is Callback.UPDATE
    assert "page 1 of" in looked.message.text


async def test_a_long_passage_is_turned_by_the_asker_for_all_and_by_others_for_themselves(
    server: LoopbackDiscord, bot: BotProcess, chapel: Guild, ann: User, ben: User
) -> None:
    asked = await server.slash("passage", {"reference": "psalm 119"}, user=ann, where=chapel)
    assert asked.message.embeds[0]["title"].startswith("Psalm 119:1-")
    peeked = await server.click(asked.message, labelled(asked.message, "▶"), user=ben)
    assert peeked.ephemeral
    assert "page 2 of" in peeked.text
    assert "page 1 of" in asked.message.text
    await server.click(asked.message, labelled(asked.message, "▶"), user=ann)
    assert "page 2 of" in asked.message.text


async def test_passage_refuses_what_is_no_reference(
    server: LoopbackDiscord, bot: BotProcess, chapel: Guild, ann: User
) -> None:
    for command in ("passage", "compare"):
        asked = await server.slash(command, {"reference": "the lost sheep"}, user=ann, where=chapel)
        assert asked.ephemeral
        assert "not a reference" in asked.text
        asked = await server.slash(command, {"reference": "john 99:99"}, user=ann, where=chapel)
        assert "21 chapters" in asked.text


async def test_compare_shows_all_translations(
    server: LoopbackDiscord, bot: BotProcess, chapel: Guild, ann: User
) -> None:
    asked = await server.slash("compare", {"reference": "jn 11:35"}, user=ann, where=chapel)
    assert asked.message.embeds[0]["title"] == "John 11:35"
    assert asked.text.count("Jesus wept.") == 2
    chapter = await server.slash("compare", {"reference": "psalm 23"}, user=ann, where=chapel)
    assert chapter.text == "I compare one verse at a time; write for example Psalm 23:1."


async def test_random_verses(server: LoopbackDiscord, bot: BotProcess, chapel: Guild, ann: User) -> None:
    drawn = await server.slash("random", user=ann, where=chapel)
    assert drawn.message.embeds[0]["description"]
    assert labelled(drawn.message, "Context")
    themed = await server.slash("random", {"theme": "shepherd"}, user=ann, where=chapel)
    assert themed.message.embeds[0]["description"]
    nothing = await server.slash("random", {"theme": "🙏"}, user=ann, where=chapel)
    assert "another theme" in nothing.text


async def test_find_this_verse_on_a_message(
    server: LoopbackDiscord, bot: BotProcess, chapel: Guild, ann: User, ben: User
) -> None:
    said = await server.say("isnt it so teach us to number our days, unheard of", user=ben, where=chapel)
    found = await server.message_command("Find this verse", said, user=ann)
    assert found.ephemeral
    assert found.message.embeds[0]["title"] == "Psalm 90:12"
    # Ben did not ask, so his words are not kept and cannot be rated; Ann's own would be.
    assert "👍" not in str(found.message.buttons)
    own = await server.message_command("Find this verse", said, user=ben)
    assert "👍" in str(own.message.buttons)
    await bot.eventually("SELECT count(*) FROM queries WHERE text LIKE '%unheard of'", expected=[(1,)])
    cited = await server.say("read John 11:35 at 7:30, then ps 23:1!", user=ben, where=chapel)
    looked_up = await server.message_command("Find this verse", cited, user=ann)
    assert looked_up.message.embeds[0]["title"] == "John 11:35; Psalm 23:1"
    assert "**John 11:35** Jesus wept." in looked_up.text
    assert "**Psalm 23:1** " in looked_up.text
    picture = await server.say("", user=ben, where=chapel)
    assert "no words" in (await server.message_command("Find this verse", picture, user=ann)).text


async def test_translations_and_books_are_suggested(
    server: LoopbackDiscord, bot: BotProcess, chapel: Guild, ann: User
) -> None:
    async def suggested(option: str, typed: str) -> list[str]:
        choices = await server.autocomplete("verse", option, typed, user=ann, where=chapel)
        return [str(choice["value"]) for choice in choices]

    assert await suggested("translation", "king") == ["KJV"]
    assert await suggested("translation", "") == ["WEB", "KJV"]
    assert (await suggested("book", "jo"))[:2] == ["JOS", "JOB"]
    assert "gospels" in await suggested("book", "gosp")
    assert await suggested("book", "zzz") == []


async def test_a_thumb_down_asks_which_verse_was_meant(
    server: LoopbackDiscord, bot: BotProcess, chapel: Guild, ann: User
) -> None:
    asked = await server.slash("verse", {"query": "number of my regrets"}, user=ann, where=chapel)
    formed = await server.click(asked.message, asked.message.button("👎")["custom_id"], user=ann)
    assert formed.modal is not None
    unreadable = await server.submit_modal(formed, {"reference": "the one with the days"})
    assert "not a reference" in unreadable.text
    again = await server.click(unreadable.message, labelled(unreadable.message, "Try again"), user=ann)
    noted = await server.submit_modal(again, {"reference": "ps 90.12"})
    assert "Psalm 90:12 is noted" in noted.text
    silent = await server.submit_modal(again, {"reference": ""})
    assert "Thank you" in silent.text
    # A form that was opened before an update did not say of which verse.
    assert again.modal is not None
    old = again.modal["custom_id"].rpartition(":")[0]
    again.modal["custom_id"] = old
    assert "is noted" in (await server.submit_modal(again, {"reference": "ps 90:12"})).text
    rows = bot.rows(
        "SELECT value, c.verse_id FROM queries q JOIN ratings r ON r.query_id = q.id"
        " JOIN corrections c ON c.query_id = q.id WHERE q.text = 'number of my regrets'"
    )
    assert rows == [(-1, 19_090_012)]
    await server.click(noted.message, labelled(noted.message, "Take it back"), user=ann)
    assert bot.rows(
        "SELECT count(*) FROM ratings r JOIN queries q ON q.id = r.query_id WHERE q.text LIKE '%regrets'"
    ) == [(0,)]


async def test_a_rating_can_be_taken_back(
    server: LoopbackDiscord, bot: BotProcess, chapel: Guild, ann: User
) -> None:
    asked = await server.slash("verse", {"query": "regret this rating of days"}, user=ann, where=chapel)
    thanked = await server.click(asked.message, asked.message.button("👍")["custom_id"], user=ann)
    select = (
        "SELECT count(*) FROM ratings JOIN queries ON id = query_id WHERE text = 'regret this rating of days'"
    )
    assert bot.rows(select) == [(1,)]
    await server.click(thanked.message, labelled(thanked.message, "Take it back"), user=ann)
    assert bot.rows(select) == [(0,)]


async def test_help_names_every_command_that_people_may_use(
    server: LoopbackDiscord, bot: BotProcess, chapel: Guild, elsewhere: Guild, ann: User
) -> None:
    names = [name for (_, _, name) in server.commands if name != "admin"]
    for user, where in ((ann, chapel), (ann, None), (elsewhere.owner, elsewhere)):
        shown = await server.slash("help", user=user, where=where)
        assert shown.ephemeral
        assert all(name == "help" or f"/{name}`" in shown.text or f"*{name}*" in shown.text for name in names)
        assert "admin" not in shown.text
