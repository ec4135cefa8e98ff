"""Registering application commands, everywhere and for one server."""

from typing import Any

from tests.loopback.errors import JSON, Code, DiscordError
from tests.loopback.limits.commands import CommandKind, check_commands
from tests.loopback.rest import Call, Routes
from tests.loopback.snowflake import snowflake
from tests.loopback.state import State

routes = Routes()


@routes.on("GET", "/applications/{application_id}/commands")
@routes.on("GET", "/applications/{application_id}/guilds/{guild_id}/commands")
def read(state: State, call: Call) -> list[JSON]:
    """The registered commands."""
    guild_id = _scope(state, call)
    return [command for key, command in state.commands.items() if key[0] == guild_id]


@routes.on("PUT", "/applications/{application_id}/commands")
@routes.on("PUT", "/applications/{application_id}/guilds/{guild_id}/commands")
def overwrite(state: State, call: Call) -> list[JSON]:
    """Replaces all commands; one that keeps its name and type keeps its id."""
    guild_id = _scope(state, call)
    check_commands(call.body)
    before = {key: state.commands.pop(key) for key in list(state.commands) if key[0] == guild_id}
    for body in call.body:
        kind = body.get("type") or CommandKind.SLASH
        key = (guild_id, int(kind), body["name"])
        command_id = before[key]["id"] if key in before else str(snowflake())
        state.commands[key] = _registered(state, body, command_id, guild_id)
    return [command for key, command in state.commands.items() if key[0] == guild_id]


def _scope(state: State, call: Call) -> int | None:
    if call["application_id"] != str(state.bot.id):
        raise DiscordError(403, 20012, "You are not authorized to perform this action on this application")
    if "guild_id" not in call.params:
        return None
    guild = state.guilds.get(int(call["guild_id"]))
    if guild is None or not guild.with_bot:
        raise DiscordError.of(Code.MISSING_ACCESS)
    return guild.id


def _registered(state: State, body: JSON, command_id: str, guild_id: int | None) -> JSON:
    permissions = body.get("default_member_permissions")
    command: JSON = {
        "id": command_id,
        "application_id": str(state.bot.id),
        "version": str(snowflake()),
        "type": int(body.get("type") or CommandKind.SLASH),
        "name": body["name"],
        "description": body.get("description") or "",
        "default_member_permissions": None if permissions is None else str(permissions),
        "nsfw": bool(body.get("nsfw")),
        "options": [_option(option) for option in body.get("options") or ()],
    }
    if guild_id is not None:
        return command | {"guild_id": str(guild_id)}
    return command | {
        "dm_permission": body.get("dm_permission") is not False,
        "contexts": body.get("contexts"),
        "integration_types": body.get("integration_types") or [0],
    }


def _option(option: JSON) -> JSON:
    """An option as Discord hands it back: without what was null."""

    def clean(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: clean(item) for key, item in value.items() if item is not None}
        return [clean(item) for item in value] if isinstance(value, list) else value

    cleaned: JSON = clean(option)
    return cleaned
