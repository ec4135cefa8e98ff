"""The loopback Discord when things go wrong: cut websockets, limits, errors, permissions, strangers."""

import discord
import pytest
from discord.http import Route

from tests.loopback import Code, Guild, LoopbackDiscord, Permission, User
from tests.loopback.pulse import DEADLINE_S
from tests.loopback.small_client import SmallClient, point_at, running

ALICE, BOB = User("Alice"), User("Bob")


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Discord lets one shard in every five seconds; the loopback has no such limit."""

    async def hook(client: SmallClient, shard_id: int | None, *, initial: bool = False) -> None: ...

    monkeypatch.setattr(SmallClient, "before_identify_hook", hook)


def chapel(*, shard: tuple[int, int] | None = None) -> Guild:
    return Guild("Chapel", owner=ALICE, members=[BOB], shard=shard)


async def test_dropped_websocket_is_resumed_and_nothing_is_missed() -> None:
    async with LoopbackDiscord(guilds=[chapel()]) as server, running(server):
        for number, cut in enumerate([server.drop, server.ask_to_reconnect], start=1):
            session = cut()
            # Asked while nobody listens: the event waits for the resume.
            asked = await server.slash("verse", {"query": "days"}, user=BOB)
            assert "found days" in asked.text
            await server.resumed(session, times=number)
        assert len(server.sessions) == 1


async def test_a_forgotten_session_is_begun_anew(at_once: None) -> None:
    async with LoopbackDiscord(guilds=[chapel()]) as server, running(server):
        old = server.forget_session()
        await server.until(lambda: server.sessions, what="a new session")
        assert server.sessions != [old]
        assert "found days" in (await server.slash("verse", {"query": "days"}, user=BOB)).text


async def test_heartbeats_are_answered() -> None:
    async with LoopbackDiscord(guilds=[chapel()], heartbeat_ms=20) as server, running(server) as client:
        session = server.sessions[0]
        await server.until(lambda: session.heartbeats > 2, what="three heartbeats")
        assert 0 < client.latency < DEADLINE_S


async def test_two_shards_each_hear_of_their_own_server(at_once: None) -> None:
    guilds = [chapel(shard=(index, 2)) for index in range(2)]
    async with LoopbackDiscord(guilds=guilds, shards=2) as server, running(server):
        assert [session.shard for session in server.sessions] == [(0, 2), (1, 2)]
        before = [len(session.events) for session in server.sessions]
        for guild in guilds:
            await server.slash("verse", {"query": "days"}, user=BOB, where=guild)
        assert [len(session.events) for session in server.sessions] == [count + 1 for count in before]


async def test_rate_limit_is_waited_for_and_the_answer_still_comes_in_time() -> None:
    async with LoopbackDiscord(guilds=[chapel()]) as server, running(server):
        server.faults.rate_limit("POST", "/interactions/*", retry_after_s=0.05)
        server.faults.slow("POST", "/interactions/*", delay_s=0.05)
        asked = await server.slash("verse", {"query": "days"}, user=BOB)
        assert "found days" in asked.text
        assert asked.callback_after_s is not None
        assert asked.callback_after_s > 0.1
        assert [request.status for request in server.requests if "/callback" in request.path] == [429, 200]


async def test_server_error_is_retried_once_before_the_three_seconds_are_over() -> None:
    async with LoopbackDiscord(guilds=[chapel()]) as server, running(server):
        server.faults.server_error("POST", "/interactions/*", status=503)
        asked = await server.slash("verse", {"query": "days"}, user=BOB)
        assert "found days" in asked.text
        assert [request.status for request in server.requests if "/callback" in request.path] == [503, 200]


async def test_expired_interaction_and_unknown_message() -> None:
    guild = chapel()
    async with LoopbackDiscord(guilds=[guild]) as server, running(server) as client:
        server.faults.expire_interactions()
        asked = await server.slash("verse", {"query": "days"}, user=BOB, where=guild)
        assert not asked.acknowledged
        assert server.requests[-1].status == 404
        said = await server.say("hello", user=BOB, where=guild)
        await server.delete(said)
        channel = client.get_partial_messageable(said.channel.id)
        with pytest.raises(discord.NotFound) as refused:
            await channel.get_partial_message(said.id).add_reaction("👍")
        assert refused.value.code == Code.UNKNOWN_MESSAGE


async def test_an_answer_after_the_three_seconds_is_too_late() -> None:
    async with LoopbackDiscord(guilds=[chapel()], acknowledge_within_s=0.0) as server, running(server):
        with pytest.raises(AssertionError, match="expired: answered after"):
            await server.slash("verse", {"query": "days"}, user=BOB)


@pytest.mark.parametrize(
    ("lacks", "answer"),
    [
        (Permission.SEND_MESSAGES, f"refused: {Code.MISSING_PERMISSIONS}"),
        (Permission.VIEW_CHANNEL, f"refused: {Code.MISSING_ACCESS}"),
        (Permission.ADD_REACTIONS, f"refused: {Code.MISSING_PERMISSIONS}"),
        (Permission.MANAGE_MESSAGES, "done"),
    ],
)
async def test_missing_permissions(lacks: Permission, answer: str) -> None:
    guild = chapel()
    async with LoopbackDiscord(guilds=[guild]) as server:
        guild.channel().deny(server.bot, lacks)
        async with running(server):
            asked = await server.slash("post", {"text": "hello"}, user=BOB, where=guild)
            assert asked.text == answer


async def test_messages_of_others_cannot_be_edited() -> None:
    guild = chapel()
    async with LoopbackDiscord(guilds=[guild]) as server, running(server) as client:
        said = await server.say("hello", user=BOB, where=guild)
        message = client.get_partial_messageable(said.channel.id).get_partial_message(said.id)
        with pytest.raises(discord.Forbidden) as refused:
            await message.edit(content="goodbye")
        assert refused.value.code == Code.NOT_THE_AUTHOR


async def test_direct_messages_to_who_accepts_them() -> None:
    shy = User("Dora", accepts_messages=False)
    async with LoopbackDiscord(guilds=[chapel()], users=[shy]) as server, running(server) as client:
        await (await client.fetch_user(BOB.id)).send("good morning")
        with pytest.raises(discord.Forbidden) as refused:
            await (await client.fetch_user(shy.id)).send("good morning")
        assert refused.value.code == Code.CANNOT_SEND_TO_USER


async def test_wrong_token_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    async with LoopbackDiscord() as server:
        point_at(server, monkeypatch)
        client = SmallClient()
        with pytest.raises(discord.LoginFailure):
            await client.start("wrong")
        await client.close()


async def test_privileged_intents_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    async with LoopbackDiscord() as server:
        point_at(server, monkeypatch)
        client = discord.Client(intents=discord.Intents.all())
        with pytest.raises(discord.PrivilegedIntentsRequired):
            await client.start(server.token)
        await client.close()


async def test_an_unknown_endpoint_is_named() -> None:
    async with LoopbackDiscord(guilds=[chapel()]) as server, running(server) as client:
        with pytest.raises(discord.NotFound):
            await client.http.request(Route("GET", "/voice/regions"))
        with pytest.raises(AssertionError, match=r"unknown endpoint: GET /api/v10/voice/regions"):
            server.check()
