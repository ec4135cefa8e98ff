"""Which commands Discord's client offers to whom and where, and so on whose behalf they would be called."""

from __future__ import annotations

from enum import IntEnum

from tests.loopback.errors import JSON
from tests.loopback.limits.commands import CommandKind
from tests.loopback.permissions import Permission
from tests.loopback.state import State
from tests.loopback.world import Channel, User


class Context(IntEnum):
    """Discord's interaction contexts."""

    GUILD = 0
    BOT_DM = 1
    PRIVATE_CHANNEL = 2


class NotOfferedError(LookupError):
    """Discord's client would not show this command to this user here."""


def context_of(state: State, channel: Channel) -> Context:
    """What kind of place a channel is for the bot."""
    if channel.guild is not None:
        return Context.GUILD
    return Context.BOT_DM if state.bot in channel.recipients else Context.PRIVATE_CHANNEL


def owners_of(state: State, channel: Channel, user: User, types: list[int]) -> dict[str, str]:
    """Discord's `authorizing_integration_owners`: which installations make a command available here."""
    owners: dict[str, str] = {}
    if 0 in types:
        if channel.guild is not None and channel.guild.with_bot:
            owners["0"] = str(channel.guild.id)
        elif context_of(state, channel) is Context.BOT_DM and _share_a_server(state, user):
            owners["0"] = "0"
    if 1 in types and user.installed:
        owners["1"] = str(user.id)
    return owners


def registered(state: State, kind: CommandKind, name: str, channel: Channel) -> JSON | None:
    """The command of this name, that of the server before that for everywhere."""
    own = state.commands.get((channel.guild_id, int(kind), name))
    return own or state.commands.get((None, int(kind), name))


def offered(
    state: State, command: JSON, channel: Channel, user: User, *, anyway: bool = False
) -> dict[str, str]:
    """On whose behalf a user can call a command here (`authorizing_integration_owners`).

    ``anyway`` passes over the permissions that the command asks for by default, as a server's administrators
    can: only the bot's own check then stands between the user and the command.

    Raises:
        NotOfferedError: saying why Discord's client would not show the command.
    """
    name = command["name"]
    context = context_of(state, channel)
    contexts = command.get("contexts")
    if contexts is not None and context not in contexts:
        raise NotOfferedError(f"/{name} is not for {context.name}, only for {contexts}")
    if context is not Context.GUILD and command.get("dm_permission") is False:
        raise NotOfferedError(f"/{name} is not for direct messages")
    owners = owners_of(state, channel, user, command.get("integration_types") or [0])
    if not owners:
        raise NotOfferedError(f"/{name} is installed neither here nor by {user.name}")
    if channel.guild is not None and not anyway:
        has = channel.permissions_of(user)
        wanted = command["default_member_permissions"]
        # "0" is Discord's way of saying that only administrators see it.
        default = Permission.ADMINISTRATOR if wanted == "0" else Permission(int(wanted or 0))
        needed = default | Permission.USE_APPLICATION_COMMANDS
        if needed & ~has:
            raise NotOfferedError(f"/{name} is not shown to {user.name}, who lacks {needed & ~has!r}")
    return owners


def _share_a_server(state: State, user: User) -> bool:
    return any(guild.with_bot and user.id in guild.members for guild in state.guilds.values())
