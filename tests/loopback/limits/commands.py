"""Limits of application commands (Discord's documentation, "Application commands")."""

import unicodedata
from collections import Counter
from collections.abc import Sequence
from enum import IntEnum

from tests.loopback.errors import JSON, Form

NAME = 32
DESCRIPTION = 100
OPTIONS = CHOICES = 25
CHOICE_TEXT = 100
TEXT_OPTION = 6000
TOTAL_CHARACTERS = 8000  # names, descriptions and values of one command with all its options


class CommandKind(IntEnum):
    """Discord's application command types."""

    SLASH = 1
    USER = 2
    MESSAGE = 3


class OptionKind(IntEnum):
    """Discord's option types."""

    SUBCOMMAND = 1
    GROUP = 2
    STRING = 3
    INTEGER = 4
    BOOLEAN = 5
    USER = 6
    CHANNEL = 7
    ROLE = 8
    MENTIONABLE = 9
    NUMBER = 10
    ATTACHMENT = 11


MOST = {CommandKind.SLASH: 100, CommandKind.USER: 15, CommandKind.MESSAGE: 15}
NESTS = (OptionKind.SUBCOMMAND, OptionKind.GROUP)
Path = tuple[str | int, ...]


def check_commands(commands: Sequence[JSON]) -> None:
    """Refuses a set of commands for the whole application or for one server.

    Raises:
        DiscordError: 400, code 50035.
    """
    form = Form()
    kinds = [CommandKind(command.get("type") or CommandKind.SLASH) for command in commands]
    for kind, number in Counter(kinds).items():
        if number > MOST[kind]:
            message = f"Maximum number of application commands reached ({MOST[kind]})."
            form.fault((), "APPLICATION_COMMANDS_LIMIT", message)
    names = Counter(zip(kinds, (command.get("name") for command in commands), strict=True))
    for index, (kind, command) in enumerate(zip(kinds, commands, strict=True)):
        if names[kind, command.get("name")] > 1:
            message = "Application command names must be unique"
            form.fault((index,), "APPLICATION_COMMANDS_DUPLICATE_NAME", message)
        _check_command(form, command, kind, (index,))
    form.check()


def _check_command(form: Form, command: JSON, kind: CommandKind, path: Path) -> None:
    if kind is CommandKind.SLASH:
        _check_name(form, command.get("name"), (*path, "name"))
        form.length((*path, "description"), command.get("description"), 1, DESCRIPTION)
        _check_options(form, command.get("options") or [], (*path, "options"), depth=0)
    else:
        form.length((*path, "name"), command.get("name"), 1, NAME)
        if command.get("description") or command.get("options"):
            message = "Context menu commands have neither description nor options"
            form.fault(path, "APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION", message)
    if (total := _characters(command)) > TOTAL_CHARACTERS:
        message = f"Command exceeds maximum size ({TOTAL_CHARACTERS}): {total}"
        form.fault(path, "APPLICATION_COMMAND_TOO_LARGE", message)


def _check_name(form: Form, name: object, path: Path) -> None:
    form.length(path, name, 1, NAME)
    text = name if isinstance(name, str) else ""
    # Letters and digits of any script, marks for Devanagari and Thai, and the three signs; no capitals.
    odd = [sign for sign in text if sign not in "-_'" and unicodedata.category(sign)[0] not in "LNM"]
    if odd or text != text.lower():
        form.fault(path, "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")


def _check_options(form: Form, options: Sequence[JSON], path: Path, *, depth: int) -> None:
    form.count(path, list(options), 0, OPTIONS)
    names = Counter(option.get("name") for option in options)
    optional_seen = False
    for index, option in enumerate(options):
        place = (*path, index)
        _check_name(form, option.get("name"), (*place, "name"))
        form.length((*place, "description"), option.get("description"), 1, DESCRIPTION)
        if names[option.get("name")] > 1:
            message = "Option names must be unique"
            form.fault((*place, "name"), "APPLICATION_COMMAND_OPTIONS_NAME_INVALID", message)
        if option.get("type") in NESTS:
            if depth == 2:
                form.fault(place, "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "Nested too deeply")
            _check_options(form, option.get("options") or [], (*place, "options"), depth=depth + 1)
            continue
        if option.get("required") and optional_seen:
            message = "Required options must be placed before non-required options"
            form.fault(place, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", message)
        optional_seen = optional_seen or not option.get("required")
        _check_values(form, option, place)


def _check_values(form: Form, option: JSON, path: Path) -> None:
    choices = option.get("choices") or []
    check_choices(form, choices, (*path, "choices"))
    if choices and option.get("autocomplete"):
        message = "Autocomplete and choices exclude each other"
        form.fault(path, "APPLICATION_COMMAND_OPTIONS_AUTOCOMPLETE_CHOICES", message)
    for key in ("min_length", "max_length"):
        if not 0 <= (option.get(key) or 0) <= TEXT_OPTION:
            form.fault((*path, key), "NUMBER_TYPE_MAX", f"Must be between 0 and {TEXT_OPTION}.")


def check_choices(form: Form, choices: Sequence[JSON], path: Path) -> None:
    """Notes every fault of the choices of an option, fixed or from autocomplete."""
    form.count(path, list(choices), 0, CHOICES)
    for index, choice in enumerate(choices):
        form.length((*path, index, "name"), choice.get("name"), 1, CHOICE_TEXT)
        if isinstance(choice.get("value"), str):
            form.length((*path, index, "value"), choice["value"], 1, CHOICE_TEXT)


def _characters(node: JSON) -> int:
    own = sum(len(str(node.get(key) or "")) for key in ("name", "description", "value"))
    return own + sum(_characters(item) for key in ("options", "choices") for item in node.get(key) or ())
