"""Channels and the ordinary messages in them."""

from tests.loopback.errors import JSON, Code, DiscordError
from tests.loopback.gateway import Intent
from tests.loopback.limits.messages import check_message
from tests.loopback.message import Message
from tests.loopback.permissions import NOTHING, Permission
from tests.loopback.rest import Call, Routes
from tests.loopback.state import State
from tests.loopback.world import Channel, ChannelKind

routes = Routes()
PAGE = 50  # messages that a listing returns unless asked for fewer


@routes.on("POST", "/users/@me/channels")
def open_direct(state: State, call: Call) -> JSON:
    """Opens direct messages with a user."""
    user = state.users.get(int(call.body["recipient_id"]))
    if user is None:
        raise DiscordError.of(Code.UNKNOWN_USER)
    return state.direct(user, state.bot).payload(reader=state.bot)


@routes.on("GET", "/channels/{channel_id}")
def channel(state: State, call: Call) -> JSON:
    """A channel."""
    return state.channel(call["channel_id"]).payload(reader=state.bot)


@routes.on("POST", "/channels/{channel_id}/typing")
def typing(state: State, call: Call) -> None:
    """The bot is typing."""
    _writable(state, call, NOTHING)


@routes.on("POST", "/channels/{channel_id}/messages")
def create(state: State, call: Call) -> JSON:
    """Writes a message."""
    body = call.body
    needed = Permission.EMBED_LINKS if body.get("embeds") else NOTHING
    if call.files:
        needed |= Permission.ATTACH_FILES
    place = _writable(state, call, needed)
    check_message(body, call.files)
    message = Message(place, state.bot)
    reference = body.get("message_reference")
    if reference is not None:
        state.message(place, str(reference["message_id"]))
        message.reference = {"type": 0, "channel_id": str(place.id)} | reference
    message.apply(body, call.files, edit=False)
    state.show(message, event="MESSAGE_CREATE")
    return _payload(state, message)


@routes.on("GET", "/channels/{channel_id}/messages")
def listing(state: State, call: Call) -> list[JSON]:
    """The newest messages of a channel."""
    place = state.channel(call["channel_id"])
    _require(state, place, Permission.READ_MESSAGE_HISTORY)
    before = int(call.query.get("before", 1 << 63))
    standing = [
        message
        for message in sorted(state.messages.values(), key=lambda message: message.id, reverse=True)
        if message.channel is place and not message.deleted and not message.ephemeral
        if message.id < before
    ]
    return [_payload(state, message) for message in standing[: int(call.query.get("limit", PAGE))]]


@routes.on("GET", "/channels/{channel_id}/messages/{message_id}")
def read(state: State, call: Call) -> JSON:
    """One message."""
    place = state.channel(call["channel_id"])
    _require(state, place, Permission.READ_MESSAGE_HISTORY)
    return _payload(state, state.message(place, call["message_id"]))


@routes.on("PATCH", "/channels/{channel_id}/messages/{message_id}")
def edit(state: State, call: Call) -> JSON:
    """Edits a message of the bot."""
    message = state.message(state.channel(call["channel_id"]), call["message_id"])
    if message.author is not state.bot:
        raise DiscordError.of(Code.NOT_THE_AUTHOR)
    check_message(call.body, call.files, was=message)
    message.apply(call.body, call.files, edit=True)
    state.show(message, event="MESSAGE_UPDATE")
    return _payload(state, message)


@routes.on("DELETE", "/channels/{channel_id}/messages/{message_id}")
def delete(state: State, call: Call) -> None:
    """Deletes a message of the bot, or of somebody else where the bot may manage messages."""
    place = state.channel(call["channel_id"])
    message = state.message(place, call["message_id"])
    if message.author is not state.bot:
        _require(state, place, Permission.MANAGE_MESSAGES)
    remove(state, message)


def remove(state: State, message: Message) -> None:
    """Takes a message away and tells the bot."""
    message.deleted = True
    data: JSON = {"id": str(message.id), "channel_id": str(message.channel.id)}
    if message.channel.guild is not None:
        data["guild_id"] = str(message.channel.guild.id)
    if not message.ephemeral:
        state.tell(message.channel, "MESSAGE_DELETE", data, Intent.GUILD_MESSAGES, Intent.DIRECT_MESSAGES)


def _payload(state: State, message: Message) -> JSON:
    return message.payload(reader=state.bot, base_url=state.base_url)


def _require(state: State, place: Channel, permission: Permission) -> None:
    if permission & ~place.permissions_of(state.bot):
        raise DiscordError.of(Code.MISSING_PERMISSIONS)


def _writable(state: State, call: Call, also: Permission) -> Channel:
    place = state.channel(call["channel_id"])
    if place.kind is ChannelKind.DM and not all(user.accepts_messages for user in place.recipients):
        raise DiscordError.of(Code.CANNOT_SEND_TO_USER)
    thread = place.kind is ChannelKind.THREAD
    write = Permission.SEND_MESSAGES_IN_THREADS if thread else Permission.SEND_MESSAGES
    _require(state, place, write | also)
    return place
