"""The gateway: HELLO, IDENTIFY, READY, heartbeats, RESUME, shards, intents (Discord's documentation, "Gateway")."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum, IntFlag
from typing import Protocol

import aiohttp
from aiohttp import web

from tests.loopback.connection import Connection
from tests.loopback.errors import JSON
from tests.loopback.pulse import Pulse
from tests.loopback.snowflake import shard_of
from tests.loopback.world import Guild, User

FRAME_BYTES = 4096  # the longest frame that a client may send


class Op(IntEnum):
    """Gateway opcodes."""

    DISPATCH = 0
    HEARTBEAT = 1
    IDENTIFY = 2
    PRESENCE = 3
    RESUME = 6
    RECONNECT = 7
    INVALID_SESSION = 9
    HELLO = 10
    HEARTBEAT_ACK = 11


class Close(IntEnum):
    """Gateway close codes."""

    UNKNOWN_ERROR = 4000
    UNKNOWN_OPCODE = 4001
    DECODE_ERROR = 4002
    NOT_AUTHENTICATED = 4003
    AUTHENTICATION_FAILED = 4004
    ALREADY_AUTHENTICATED = 4005
    INVALID_SHARD = 4010
    SHARDING_REQUIRED = 4011
    INVALID_INTENTS = 4013
    DISALLOWED_INTENTS = 4014


class Intent(IntFlag):
    """What a client subscribes to."""

    GUILDS = 1 << 0
    GUILD_MEMBERS = 1 << 1
    PRESENCES = 1 << 8
    GUILD_MESSAGES = 1 << 9
    GUILD_MESSAGE_REACTIONS = 1 << 10
    DIRECT_MESSAGES = 1 << 12
    DIRECT_MESSAGE_REACTIONS = 1 << 13
    MESSAGE_CONTENT = 1 << 15


PRIVILEGED = Intent.GUILD_MEMBERS | Intent.PRESENCES | Intent.MESSAGE_CONTENT
ANY_INTENT = Intent(0)


class Home(Protocol):
    """What the gateway needs to know of the rest of Discord."""

    token: str
    shards: int
    bot: User
    guilds: dict[int, Guild]
    pulse: Pulse

    @property
    def gateway_url(self) -> str:
        """Where clients connect and resume."""


@dataclass(eq=False)
class Session:
    """What outlives a dropped websocket: the events sent so far, and those that were missed meanwhile."""

    shard: tuple[int, int]
    intents: Intent
    connection: Connection | None
    id: str = field(default_factory=lambda: secrets.token_hex(16))
    events: list[JSON] = field(default_factory=list)
    heartbeats: int = 0
    resumes: int = 0

    def dispatch(self, name: str, data: JSON) -> None:
        """Numbers an event, keeps it for a RESUME, and sends it when there is a websocket."""
        frame: JSON = {"op": Op.DISPATCH, "t": name, "s": len(self.events) + 1, "d": data}
        self.events.append(frame)
        if self.connection is not None:
            self.connection.send(frame)


class Gateway:
    """All sessions of the one bot that this Discord knows."""

    def __init__(self, home: Home, *, heartbeat_ms: int) -> None:
        self._home = home
        self._heartbeat_ms = heartbeat_ms
        self.sessions: dict[str, Session] = {}

    @property
    def live(self) -> list[Session]:
        """Sessions with a websocket, by shard."""
        sessions = [session for session in self.sessions.values() if session.connection is not None]
        return sorted(sessions, key=lambda session: session.shard)

    def dispatch(self, name: str, data: JSON, *, guild_id: int | None, intent: Intent = ANY_INTENT) -> None:
        """Sends an event to the session of its shard, if that subscribed to it.

        A session without a websocket still gets it, for a later RESUME; older sessions of the same shard
        do not, because Discord forgets them at a new IDENTIFY.
        """
        for session in self.sessions.values():
            index, count = session.shard
            if index == shard_of(guild_id, count) and (not intent or intent & session.intents):
                session.dispatch(name, data)

    def drop(self, shard: int, *, code: int = Close.UNKNOWN_ERROR) -> Session:
        """Cuts the websocket of a shard; the session stays and can be resumed."""
        session = self._session(shard)
        self._connection(session).close(code)
        session.connection = None
        return session

    def ask_to_reconnect(self, shard: int) -> Session:
        """Tells a shard to reconnect and resume (opcode 7), as Discord does before maintenance."""
        session = self._session(shard)
        self._connection(session).send({"op": Op.RECONNECT, "d": None})
        session.connection = None
        return session

    def forget(self, shard: int) -> Session:
        """Ends a session for good (opcode 9, not resumable): the client has to IDENTIFY again."""
        session = self._session(shard)
        del self.sessions[session.id]
        self._connection(session).send({"op": Op.INVALID_SESSION, "d": False})
        return session

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        """Speaks with one client until its websocket ends."""
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        connection = Connection(socket, compress=request.query.get("compress") == "zlib-stream")
        connection.send({"op": Op.HELLO, "d": {"heartbeat_interval": self._heartbeat_ms}})
        writer = asyncio.create_task(connection.pump())
        try:
            async for message in socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    self._receive(connection, message.data)
        finally:
            for session in self.sessions.values():
                if session.connection is connection:
                    session.connection = None
            writer.cancel()
            self._home.pulse.beat()
        return socket

    def _receive(self, connection: Connection, text: str) -> None:
        frame = json.loads(text)
        session = next((s for s in self.sessions.values() if s.connection is connection), None)
        answers: dict[int, Callable[[], None]] = {
            Op.HEARTBEAT: lambda: self._heartbeat(connection, session),
            Op.IDENTIFY: lambda: self._identify(connection, session, frame["d"]),
            Op.RESUME: lambda: self._resume(connection, frame["d"]),
            Op.PRESENCE: lambda: None if session else connection.close(Close.NOT_AUTHENTICATED),
        }
        if len(text) > FRAME_BYTES:
            connection.close(Close.DECODE_ERROR)
        elif frame.get("op") not in answers:
            connection.close(Close.UNKNOWN_OPCODE)
        else:
            answers[frame["op"]]()
        self._home.pulse.beat()

    def _heartbeat(self, connection: Connection, session: Session | None) -> None:
        connection.send({"op": Op.HEARTBEAT_ACK, "d": None})
        if session is not None:
            session.heartbeats += 1

    def _identify(self, connection: Connection, session: Session | None, data: JSON) -> None:
        index, count = data.get("shard", (0, 1))
        intents = Intent(data["intents"])
        if session is not None:
            connection.close(Close.ALREADY_AUTHENTICATED)
        elif data["token"] != self._home.token:
            connection.close(Close.AUTHENTICATION_FAILED)
        elif not 0 <= index < count:
            connection.close(Close.INVALID_SHARD)
        elif count < self._home.shards:
            connection.close(Close.SHARDING_REQUIRED)
        elif intents & PRIVILEGED:
            connection.close(Close.DISALLOWED_INTENTS)
        else:
            self._welcome(Session((index, count), intents, connection))

    def _welcome(self, session: Session) -> None:
        index, count = session.shard
        self.sessions = {key: old for key, old in self.sessions.items() if old.shard != session.shard}
        self.sessions[session.id] = session
        bot = self._home.bot
        guilds = [
            guild
            for guild in self._home.guilds.values()
            if guild.with_bot and shard_of(guild.id, count) == index
        ]
        session.dispatch(
            "READY",
            {
                "v": 10,
                "user": bot.payload(),
                "session_id": session.id,
                "resume_gateway_url": self._home.gateway_url,
                "shard": [index, count],
                "application": {"id": str(bot.id), "flags": 0},
                "guilds": [{"id": str(guild.id), "unavailable": True} for guild in guilds],
            },
        )
        if Intent.GUILDS in session.intents:
            for guild in guilds:
                session.dispatch("GUILD_CREATE", guild.payload(bot=bot))

    def _resume(self, connection: Connection, data: JSON) -> None:
        session = self.sessions.get(data["session_id"])
        if data["token"] != self._home.token:
            connection.close(Close.AUTHENTICATION_FAILED)
        elif session is None or (seq := data["seq"] or 0) > len(session.events):
            connection.send({"op": Op.INVALID_SESSION, "d": False})
        else:
            session.connection = connection
            for frame in session.events[seq:]:
                connection.send(frame)
            session.dispatch("RESUMED", {})
            session.resumes += 1

    def _session(self, shard: int) -> Session:
        return next(session for session in self.live if session.shard[0] == shard)

    @staticmethod
    def _connection(session: Session) -> Connection:
        if session.connection is None:
            raise LookupError("this shard has no websocket at the moment")
        return session.connection
