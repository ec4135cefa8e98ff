"""Reactions, the bot's own and those of people."""

from tests.loopback.errors import JSON, Code, DiscordError
from tests.loopback.gateway import Intent
from tests.loopback.message import Message
from tests.loopback.permissions import Permission
from tests.loopback.rest import Call, Routes
from tests.loopback.state import State
from tests.loopback.world import User

routes = Routes()
DIFFERENT_EMOJIS = 20
_ADDRESS = "/channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}"


@routes.on("PUT", f"{_ADDRESS}/@me")
def add_own(state: State, call: Call) -> None:
    """The bot reacts."""
    message = _message(state, call)
    allowed = message.channel.permissions_of(state.bot)
    needed = Permission.READ_MESSAGE_HISTORY
    if call["emoji_name"] not in message.reactions:
        needed |= Permission.ADD_REACTIONS
    if needed & ~allowed:
        raise DiscordError.of(Code.MISSING_PERMISSIONS)
    add(state, message, call["emoji_name"], state.bot)


@routes.on("DELETE", f"{_ADDRESS}/@me")
def remove_own(state: State, call: Call) -> None:
    """The bot takes its reaction back."""
    remove(state, _message(state, call), call["emoji_name"], state.bot)


@routes.on("DELETE", f"{_ADDRESS}/{{user_id}}")
def remove_of_user(state: State, call: Call) -> None:
    """The bot takes somebody's reaction away."""
    message = _message(state, call)
    if Permission.MANAGE_MESSAGES not in message.channel.permissions_of(state.bot):
        raise DiscordError.of(Code.MISSING_PERMISSIONS)
    remove(state, message, call["emoji_name"], state.users[int(call["user_id"])])


@routes.on("GET", _ADDRESS)
def reactors(state: State, call: Call) -> list[JSON]:
    """Who reacted with an emoji."""
    users = _message(state, call).reactions.get(call["emoji_name"], [])
    return [user.payload() for user in users]


def add(state: State, message: Message, emoji: str, user: User) -> None:
    """Adds a reaction and tells the bot; a second one by the same user changes nothing.

    Raises:
        DiscordError: unknown emoji, or too many different ones.
    """
    if emoji.isascii():
        raise DiscordError.of(Code.UNKNOWN_EMOJI)
    if emoji not in message.reactions and len(message.reactions) == DIFFERENT_EMOJIS:
        raise DiscordError.of(Code.TOO_MANY_REACTIONS)
    users = message.reactions.setdefault(emoji, [])
    if user in users:
        return
    users.append(user)
    data = _event(message, emoji, user) | {"message_author_id": str(message.author.id)}
    guild = message.channel.guild
    if guild is not None:
        data["member"] = guild.members[user.id].payload()
    _tell(state, message, "MESSAGE_REACTION_ADD", data)


def remove(state: State, message: Message, emoji: str, user: User) -> None:
    """Takes a reaction back and tells the bot."""
    users = message.reactions.get(emoji, [])
    if user not in users:
        return
    users.remove(user)
    if not users:
        del message.reactions[emoji]
    _tell(state, message, "MESSAGE_REACTION_REMOVE", _event(message, emoji, user))


def _message(state: State, call: Call) -> Message:
    return state.message(state.channel(call["channel_id"]), call["message_id"])


def _event(message: Message, emoji: str, user: User) -> JSON:
    data: JSON = {
        "user_id": str(user.id),
        "channel_id": str(message.channel.id),
        "message_id": str(message.id),
        "emoji": {"id": None, "name": emoji, "animated": False},
        "burst": False,
        "type": 0,
    }
    guild = message.channel.guild
    return data if guild is None else data | {"guild_id": str(guild.id)}


def _tell(state: State, message: Message, event: str, data: JSON) -> None:
    state.tell(message.channel, event, data, Intent.GUILD_MESSAGE_REACTIONS, Intent.DIRECT_MESSAGE_REACTIONS)
