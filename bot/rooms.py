"""Mounts the command lines of the other rooms under `verse`, each imported only when it is called.

So `verse --help` does not load torch or discord.py. A room's `cli.py` has a typer `app` with the
commands named in `ROOMS`.
"""

import importlib
from dataclasses import dataclass
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group


@dataclass(frozen=True, slots=True)
class Mounted:
    """A command of another room: its name, the module whose `app` has it, and its line in the help."""

    name: str
    module: str
    help: str
    panel: str


ROOMS = (
    Mounted("search", "bot.index_cli", "Find verses, once or for a file of queries.", "Search"),
    Mounted("index", "bot.index_cli", "Build, check and roll back the search index.", "Search"),
    Mounted("corpus", "index.cli", "List, audit and add translations.", "Search"),
    Mounted("worker", "encoder.cli", "Serve the encoder to bots on this and other machines.", "Model"),
    Mounted("model", "encoder.cli", "List, promote and roll back models.", "Model"),
    Mounted("train", "training.cli", "Train the encoder.", "Model"),
    Mounted("eval", "training.cli", "Measure search on a file of queries.", "Model"),
)
_BY_NAME = {room.name: room for room in ROOMS}


class RoomsGroup(TyperGroup):
    """A group that knows the rooms' commands by name and loads one when it is called."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The commands of all rooms."""
        return [*super().list_commands(ctx), *_BY_NAME]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command; for another room's only its name and help."""
        if (room := _BY_NAME.get(cmd_name)) is None:
            return super().get_command(ctx, cmd_name)
        return TyperCommand(room.name, help=room.help, rich_help_panel=room.panel)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that the arguments begin with, loaded."""
        name, command, rest = super().resolve_command(ctx, args)
        if name is not None and (room := _BY_NAME.get(name)) is not None:
            module = importlib.import_module(room.module)
            command = get_group(_app_of(module)).get_command(ctx, room.name)
        return name, command, rest


def _app_of(module: Any) -> typer.Typer:
    app: typer.Typer = module.app
    return app
