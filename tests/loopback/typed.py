"""What a user types into a command's options or a form, as Discord's client checks it and sends it."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from tests.loopback.errors import JSON
from tests.loopback.limits.commands import OptionKind
from tests.loopback.message import ComponentKind, walk
from tests.loopback.world import Channel, Role, User

TEXT_OPTION = 6000
TEXT_INPUT = 4000
_PYTHON: dict[OptionKind, type | tuple[type, ...]] = {
    OptionKind.STRING: str,
    OptionKind.INTEGER: int,
    OptionKind.BOOLEAN: bool,
    OptionKind.NUMBER: (int, float),
    OptionKind.USER: User,
    OptionKind.CHANNEL: Channel,
    OptionKind.ROLE: Role,
}
Place = tuple[list[JSON], Sequence[JSON]]


class ImpossibleInputError(ValueError):
    """Discord's client would not let a user send this, so a test that sends it proves nothing."""


def nested(command: JSON, path: Sequence[str]) -> Place:
    """Follows sub-commands.

    Returns:
        the options of the interaction's data, nested as deep as the path, and what may be filled in there:
        the list of the first is where the values go.

    Raises:
        ImpossibleInputError: when there is no such sub-command.
    """
    there = command.get("options") or []
    levels: list[JSON] = []
    for name in path:
        found = next((option for option in there if option["name"] == name), None)
        if found is None or found["type"] > OptionKind.GROUP:
            raise ImpossibleInputError(f"/{command['name']} has no sub-command {name!r}")
        levels.append({"name": name, "type": found["type"], "options": []})
        there = found.get("options") or []
    if any(option["type"] <= OptionKind.GROUP for option in there):
        raise ImpossibleInputError(f"/{command['name']} cannot be called without a sub-command")
    for outer, inner in itertools.pairwise(levels):
        outer["options"].append(inner)
    return levels, there


def filled(
    declared: Sequence[JSON], values: Mapping[str, Any], *, focused: str | None = None
) -> tuple[list[JSON], JSON]:
    """The options as an interaction carries them, and the things that they mention (`resolved`).

    Args:
        declared: the command's options.
        values: what the user typed, by option name; users, channels and roles as such.
        focused: the option that is being completed; nothing is required then.

    Raises:
        ImpossibleInputError: when Discord's client would not send it.
    """
    known = {option["name"]: option for option in declared}
    if unknown := set(values) - set(known):
        raise ImpossibleInputError(f"no such options: {sorted(unknown)}; there are {sorted(known)}")
    missing = [name for name, option in known.items() if option.get("required") and name not in values]
    if missing and focused is None:
        raise ImpossibleInputError(f"required: {missing}")
    resolved: JSON = {}
    sent: list[JSON] = []
    for name, value in values.items():
        option = known[name]
        if name == focused:
            sent.append({"name": name, "type": option["type"], "value": value, "focused": True})
            continue
        _check_option(option, value)
        sent.append({"name": name, "type": option["type"], "value": mention(value, resolved)})
    return sent, resolved


def mention(value: Any, resolved: JSON) -> Any:
    """The id that stands for a user, channel or role, which is noted under ``resolved``; else the value itself."""
    if isinstance(value, User):
        resolved.setdefault("users", {})[str(value.id)] = value.payload()
    elif isinstance(value, Channel):
        partial = value.payload() | {"permissions": "0"}
        resolved.setdefault("channels", {})[str(value.id)] = partial
    elif isinstance(value, Role):
        resolved.setdefault("roles", {})[str(value.id)] = value.payload(1)
    else:
        return value
    return str(value.id)


def _check_option(option: JSON, value: Any) -> None:
    kind = OptionKind(option["type"])
    name = option["name"]
    if not isinstance(value, _PYTHON[kind]) or (isinstance(value, bool) and kind is not OptionKind.BOOLEAN):
        raise ImpossibleInputError(f"{name} takes {kind.name}, not {value!r}")
    choices = [choice["value"] for choice in option.get("choices") or ()]
    if choices and value not in choices:
        raise ImpossibleInputError(f"{name} offers {choices}, not {value!r}")
    if isinstance(value, str):
        low, high = option.get("min_length", 1), option.get("max_length", TEXT_OPTION)
        if not low <= len(value) <= high:
            raise ImpossibleInputError(f"{name} takes {low} to {high} characters, not {len(value)}")
    if isinstance(value, int | float):
        low, high = option.get("min_value", value), option.get("max_value", value)
        if not low <= value <= high:
            raise ImpossibleInputError(f"{name} takes {low} to {high}, not {value}")


def form(modal: JSON, values: Mapping[str, Any]) -> list[JSON]:
    """A form as it is sent back: the rows and labels of the form, with values in place of the questions.

    Args:
        modal: the form that the bot sent.
        values: text, or a list of values for a menu, by custom id; what is not mentioned keeps its preset.

    Raises:
        ImpossibleInputError: when Discord's client would not send it.
    """
    there = {item["custom_id"] for item in walk(modal["components"]) if "custom_id" in item}
    if unknown := set(values) - there:
        raise ImpossibleInputError(f"no such fields: {sorted(unknown)}; there are {sorted(there)}")
    return [_row(row, values) for row in modal["components"]]


def _row(row: JSON, values: Mapping[str, Any]) -> JSON:
    if row["type"] == ComponentKind.ACTION_ROW:
        return {"type": row["type"], "components": [_field(item, values) for item in row["components"]]}
    if row["type"] == ComponentKind.LABEL:
        return {"type": row["type"], "component": _field(row["component"], values)}
    return {"type": row["type"]}


def _field(item: JSON, values: Mapping[str, Any]) -> JSON:
    name = item["custom_id"]
    base: JSON = {"type": item["type"], "custom_id": name}
    if item["type"] != ComponentKind.TEXT_INPUT:
        preset = [option["value"] for option in item.get("options", ()) if option.get("default")]
        return base | {"values": list(values.get(name, preset))}
    text = values.get(name, item.get("value") or "")
    required = item.get("required") is not False
    low = (item.get("min_length") or 1) if required or text else 0
    high = item.get("max_length") or TEXT_INPUT
    if not low <= len(text) <= high:
        raise ImpossibleInputError(f"{name} takes {low} to {high} characters, not {len(text)}")
    return base | {"value": text}
