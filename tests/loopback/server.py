"""A Discord of our own on 127.0.0.1, with which an unmodified client logs in, and whose users the tests play."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Self, TypeVar

from aiohttp import web

from tests.loopback.errors import JSON, Code, DiscordError
from tests.loopback.faults import Faults
from tests.loopback.gateway import Session
from tests.loopback.message import Message
from tests.loopback.people import People
from tests.loopback.permissions import NOTHING, Permission
from tests.loopback.pulse import DEADLINE_S
from tests.loopback.rest import PREFIX, Rest, in_json
from tests.loopback.routes import commands, identity, interactions, messages, reactions
from tests.loopback.schema import Schema
from tests.loopback.state import CommandKey, Request, State
from tests.loopback.world import Channel, Guild, User

T = TypeVar("T")
TABLES = (identity.routes, commands.routes, messages.routes, reactions.routes, interactions.routes)


class LoopbackDiscord(People):
    """REST v10 and a gateway under one address; use it as an asynchronous context manager.

    Leaving it raises if the bot did what Discord does not know or would refuse; `check` does so in between.

    Args:
        owner: of the application; a user of its own when not given.
        team: members of the application's team with their roles: admin, developer, read_only.
        guilds, users: who is there before the bot comes.
        token: the only one that is accepted.
        shards: how many Discord recommends, and the fewest it accepts.
        acknowledge_within_s: how long an interaction waits for its first answer: with Discord 3 s, which the
            bench asks for; here only as long as anything is waited for.
        heartbeat_ms: what HELLO asks for.
    """

    def __init__(
        self,
        *,
        owner: User | None = None,
        team: Mapping[User, str] | None = None,
        guilds: Iterable[Guild] = (),
        users: Iterable[User] = (),
        token: str = "loopback.token",
        shards: int = 1,
        acknowledge_within_s: float = DEADLINE_S,
        heartbeat_ms: int = 41_250,
    ) -> None:
        state = State(
            owner=owner or User("Owner"),
            team=team or {},
            token=token,
            shards=shards,
            acknowledge_within_s=acknowledge_within_s,
            heartbeat_ms=heartbeat_ms,
        )
        state.settle(guilds, users)
        super().__init__(state)
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_get("/gateway/", state.gateway.handle)
        app.router.add_get("/attachments/{attachment_id}/{filename}", self._file)
        Rest(state, Schema.from_environment(), *TABLES).mount(app)
        self._runner = web.AppRunner(app, shutdown_timeout=1.0)

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self._state.host = f"{host}:{port}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for session in self.sessions:
            self._state.gateway.drop(session.shard[0], code=1001)
        await self._runner.cleanup()
        if error is None:
            self.check()

    @property
    def url(self) -> str:
        """What `discord.http.Route.BASE` has to be."""
        return self._state.base_url + PREFIX

    @property
    def gateway_url(self) -> str:
        """What `DiscordWebSocket.DEFAULT_GATEWAY` has to be."""
        return self._state.gateway_url

    @property
    def token(self) -> str:
        """The bot's token."""
        return self._state.token

    @property
    def bot(self) -> User:
        """The bot's user, whose id is that of the application."""
        return self._state.bot

    @property
    def owner(self) -> User:
        """Who owns the application."""
        return self._state.owner

    @property
    def faults(self) -> Faults:
        """What goes wrong on purpose."""
        return self._state.faults

    @property
    def commands(self) -> Mapping[CommandKey, JSON]:
        """The registered commands by (server id or None, type, name)."""
        return self._state.commands

    @property
    def requests(self) -> Sequence[Request]:
        """Every request so far."""
        return self._state.requests

    @property
    def complaints(self) -> list[str]:
        """What the bot did wrong; a test that provokes it clears the list."""
        return self._state.complaints

    @property
    def sessions(self) -> list[Session]:
        """The connected gateway sessions by shard."""
        return self._state.gateway.live

    def messages(self, channel: Channel) -> list[Message]:
        """What stands in a channel for everybody, oldest first."""
        return [
            message
            for message in self._state.messages.values()
            if message.channel is channel and not message.deleted and not message.ephemeral
        ]

    def join(self, guild: Guild, name: str, permissions: Permission = NOTHING) -> User:
        """Somebody new comes into a server."""
        user = User(name)
        guild.add(user, permissions)
        self._state.users[user.id] = user
        return user

    def check(self) -> None:
        """Raises if the bot did what Discord does not know or would refuse, and forgets it.

        Raises:
            AssertionError: naming every such request.
        """
        complaints, self._state.complaints[:] = list(self._state.complaints), []
        if complaints:
            raise AssertionError("\n".join(["the bot and Discord disagree:", *complaints]))

    async def until(self, condition: Callable[[], T | None], *, what: str) -> T:
        """Waits for any condition, asked again whenever a request or a frame came in."""
        return await self._state.pulse.until(condition, what=what)

    async def ready(self) -> list[Session]:
        """Waits until every shard has identified and got its READY."""

        def complete() -> list[Session] | None:
            shards = [session.shard for session in self.sessions]
            return self.sessions if shards and len(shards) == shards[0][1] else None

        return await self.until(complete, what="the bot logs in with every shard")

    def drop(self, *, shard: int = 0) -> Session:
        """Cuts a websocket; its session waits for a RESUME."""
        return self._state.gateway.drop(shard)

    def ask_to_reconnect(self, *, shard: int = 0) -> Session:
        """Tells a shard to come back on a new websocket, with a RESUME."""
        return self._state.gateway.ask_to_reconnect(shard)

    def forget_session(self, *, shard: int = 0) -> Session:
        """Makes a session invalid, so that the bot has to IDENTIFY anew."""
        return self._state.gateway.forget(shard)

    async def resumed(self, session: Session, *, times: int = 1) -> None:
        """Waits until a session was resumed."""
        await self.until(lambda: session.resumes >= times, what="the bot resumes its session")

    async def _file(self, request: web.Request) -> web.Response:
        wanted = request.match_info["attachment_id"]
        for message in self._state.messages.values():
            for attachment in message.attachments:
                if str(attachment.id) == wanted:
                    return web.Response(body=attachment.content)
        error = DiscordError.of(Code.UNKNOWN_MESSAGE)
        return in_json(error.to_json(), error.status)
