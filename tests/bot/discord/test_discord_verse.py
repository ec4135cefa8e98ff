"""`/verse` from Discord's side to a real worker and a real index, and back."""

import asyncio

import pytest

from tests.bot.discord.process import BotProcess
from tests.loopback import Callback, Guild, LoopbackDiscord, Message, NotOfferedError, User

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def invited(server: LoopbackDiscord, message: Message) -> None:
    await server.until(lambda: len(message.reactions) == 2, what="the bot invites reactions")


async def test_number_my_days(server: LoopbackDiscord, bot: BotProcess, chapel: Guild, ann: User) -> None:
    asked = await server.slash("verse", {"query": "number my days"}, user=ann, where=chapel)
    message = asked.message
    assert message.embeds[0]["title"] == "Psalm 90:12"
    assert "So teach us to **number our days**" in message.embeds[0]["description"]
    assert "Found by its words" in message.embeds[0]["description"]
    assert "World English Bible" in message.text
    assert all(f"**{rank}.**" in message.text for rank in (2, 3, 4, 5))
    assert not asked.ephemeral
    assert [item["emoji"]["name"] for item in message.buttons if "emoji" in item] == ["👍", "👎"]
    await invited(server, message)
    assert list(message.reactions) == ["👍", "👎"]


async def test_the_query_is_kept_with_its_answer_and_without_who_asked(
    server: LoopbackDiscord, bot: BotProcess, chapel: Guild, ann: User
) -> None:
    await server.slash("verse", {"query": "the lord is my shepherd"}, user=ann, where=chapel)
    found = await bot.eventually(
        "SELECT id, who, place, source, consent FROM queries WHERE text = 'the lord is my shepherd'",
        expected=lambda rows: len(rows) == 1,
    )
    query_id, who, place, source, consent = found[0]
    assert (source, consent) == ("discord", 0)
    for hidden in (ann.id, chapel.id):
        assert str(hidden) not in f"{who} {place}"
    assert len(bot.rows("SELECT 1 FROM results WHERE query_id = ?", query_id)) == 5


async def test_threads_and_direct_messages(server: LoopbackDiscord, chapel: Guild, ann: User) -> None:
    for where in (chapel.threads[0], None):
        message = (await server.slash("verse", {"query": "number my days"}, user=ann, where=where)).message
        assert message.embeds[0]["title"] == "Psalm 90:12"
        await invited(server, message)


async def test_installed_by_a_user_it_answers_where_it_is_no_member(
    server: LoopbackDiscord, bot: BotProcess, elsewhere: Guild, ann: User
) -> None:
    stranger = elsewhere.owner
    before = len(server.requests)
    asked = await server.slash("verse", {"query": "number my days"}, user=stranger, where=elsewhere)
    assert asked.message.embeds[0]["title"] == "Psalm 90:12"
    clicked = await server.click(asked.message, asked.message.button("👍")["custom_id"], user=stranger)
    assert "Psalm 90:12" in clicked.text
    # A guest can neither read the channel nor react, so it must not try.
    assert {request.path.split("/")[1] for request in server.requests[before:]} == {"interactions"}
    elsewhere.add(ann)
    with pytest.raises(NotOfferedError):
        await server.slash("verse", {"query": "number my days"}, user=ann, where=elsewhere)


async def test_where_it_may_neither_write_nor_react_it_still_answers(
    server: LoopbackDiscord, bot: BotProcess, chapel: Guild, ann: User
) -> None:
    before = len(server.requests)
    quiet = chapel.channel("quiet")
    asked = await server.slash("verse", {"query": "number my days"}, user=ann, where=quiet)
    clicked = await server.click(asked.message, asked.message.button("👍")["custom_id"], user=ann)
    assert "Psalm 90:12" in clicked.text
    assert [request.status for request in server.requests[before:]] == [200, 200]


async def test_another_translation(
    server: LoopbackDiscord, bot: BotProcess, chapel: Guild, ann: User
) -> None:
    asked = await server.slash(
        "verse", {"query": "number our days", "translation": "kjv"}, user=ann, where=chapel
    )
    assert "apply our hearts unto wisdom" in asked.text.replace("*", "")
    assert "King James Version" in asked.text


async def test_a_private_answer_is_seen_by_nobody_else(
    server: LoopbackDiscord, bot: BotProcess, chapel: Guild, ann: User
) -> None:
    asked = await server.slash("verse", {"query": "jesus wept", "private": True}, user=ann, where=chapel)
    assert asked.ephemeral
    assert asked.message.embeds[0]["title"] == "John 11:35"
    clicked = await server.click(asked.message, asked.message.button("👍")["custom_id"], user=ann)
    assert clicked.ephemeral
    assert not asked.message.reactions


async def test_a_reference_is_looked_up(
    server: LoopbackDiscord, bot: BotProcess, chapel: Guild, ann: User
) -> None:
    one = await server.slash("verse", {"query": "jn3.16"}, user=ann, where=chapel)
    assert one.message.embeds[0]["title"] == "John 3:16"
    some = await server.slash("verse", {"query": "john 3:16–17"}, user=ann, where=chapel)
    assert some.message.embeds[0]["title"] == "John 3:16-17"
    assert "**17** For God didn" in some.text


@pytest.mark.parametrize(
    ("options", "answer"),
    [
        ({"query": " "}, "There are no words in that"),
        ({"query": "🙏🙏"}, "There are no words in that"),
        ({"query": "john 99:99"}, "21 chapters"),
        ({"query": "light", "translation": "NIV"}, "KJV"),
        ({"query": "light", "book": "Hesitations"}, "Hesitations"),
    ],
)
async def test_bad_input_gets_one_helpful_sentence(
    server: LoopbackDiscord,
    bot: BotProcess,
    chapel: Guild,
    ann: User,
    options: dict[str, str],
    answer: str,
) -> None:
    before = len(bot.log)
    asked = await server.slash("verse", options, user=ann, where=chapel)
    assert answer in asked.message.content
    assert not asked.message.embeds
    assert asked.ephemeral
    assert "Traceback" not in bot.log[before:]


async def test_the_longest_query_is_answered(
    server: LoopbackDiscord, bot: BotProcess, chapel: Guild, ann: User
) -> None:
    longest = ("number our days " * 125).ljust(2000, "x")
    asked = await server.slash("verse", {"query": longest}, user=ann, where=chapel)
    assert asked.message.embeds[0]["title"] == "Psalm 90:12"
    assert "Only the first" in asked.text


async def test_not_being_sure_looks_different(
    server: LoopbackDiscord, bot: BotProcess, chapel: Guild, ann: User
) -> None:
    sure = await server.slash("verse", {"query": "number my days"}, user=ann, where=chapel)
    unsure = await server.slash("verse", {"query": "xyzzy plugh"}, user=ann, where=chapel)
    assert unsure.message.embeds[0]["author"]["name"].startswith("Not sure.")
    assert "author" not in sure.message.embeds[0]
    assert unsure.message.embeds[0]["color"] != sure.message.embeds[0]["color"]


async def test_nobody_is_pinged(server: LoopbackDiscord, bot: BotProcess, chapel: Guild, ann: User) -> None:
    before = len(server.requests)
    for options in ({"query": "@everyone <@&1> light"}, {"query": "light", "book": "@everyone"}):
        await server.slash("verse", options, user=ann, where=chapel)
    sent = [request for request in server.requests[before:] if request.path.endswith("/callback")]
    assert len(sent) == 2
    for request in sent:
        assert isinstance(request.body, dict)
        assert request.body["data"]["allowed_mentions"] == {"parse": []}


async def test_the_menu_opens_another_verse_in_place(
    server: LoopbackDiscord, bot: BotProcess, chapel: Guild, ann: User, ben: User
) -> None:
    asked = await server.slash("verse", {"query": "number my days"}, user=ann, where=chapel)
    message = asked.message
    menu = message.selects[0]
    third = menu["options"][2]
    chosen = await server.select(message, menu["custom_id"], [third["value"]], user=ann)
    assert chosen.callback is Callback.UPDATE
    assert message.embeds[0]["title"] in third["label"]
    # Somebody else may look too, but does not change what is on show for all.
    first = menu["options"][0]
    peeked = await server.select(message, menu["custom_id"], [first["value"]], user=ben)
    assert peeked.ephemeral
    assert peeked.message.embeds[0]["title"] == "Psalm 90:12"
    assert message.embeds[0]["title"] in third["label"]


async def test_who_asks_too_often_hears_when_to_come_back(
    server: LoopbackDiscord, bot: BotProcess, chapel: Guild, ann: User, ben: User
) -> None:
    asked = [await server.slash("verse", {"query": "light"}, user=ann, where=chapel) for _ in range(6)]
    assert [bool(one.message.embeds) for one in asked] == [True] * 5 + [False]
    assert "you can ask again <t:" in asked[5].message.content
    assert (await server.slash("verse", {"query": "light"}, user=ben, where=chapel)).message.embeds


async def test_many_at_once_are_all_answered(server: LoopbackDiscord, bot: BotProcess, chapel: Guild) -> None:
    people = [server.join(chapel, f"Guest {number}") for number in range(50)]
    asked = await asyncio.gather(
        *(server.slash("verse", {"query": "number my days"}, user=one, where=chapel) for one in people)
    )
    assert {one.message.embeds[0]["title"] for one in asked} == {"Psalm 90:12"}
