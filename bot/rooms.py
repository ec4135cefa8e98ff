"""Mounts the command lines of the other rooms under `verse`, each imported only when it is called.

So `verse --help` loads neither torch nor discord.py.
"""

import importlib
from dataclasses import dataclass
from typing import Any

from typer.core import TyperCommand, TyperGroup
from typer.main import get_group


@dataclass(frozen=True, slots=True)
class Mounted:
    """A command of another room: its name, its app ("module:app" or "module:make_app()"), its help."""

    name: str
    app: str
    help: str
    panel: str


ROOMS = (
    Mounted("search", "bot.index_parts:index_app()", "Find verses, once or for a file of queries.", "Search"),
    Mounted("index", "bot.index_parts:index_app()", "Build, check and roll back the index.", "Search"),
    Mounted("corpus", "bot.index_parts:index_app()", "List, audit and add translations.", "Search"),
    Mounted("worker", "encoder.cli:app", "Serve the encoder to bots here and elsewhere.", "Model"),
    Mounted("model", "training.cli:models_app()", "List, promote and roll back models.", "Model"),
    Mounted("train", "training.cli:app", "Train the encoder.", "Model"),
    Mounted("eval", "training.cli:app", "Measure search on a file of queries.", "Model"),
)
_BY_NAME = {room.name: room for room in ROOMS}


class RoomsGroup(TyperGroup):
    """A group that knows the rooms' commands by name and loads one when it is called."""

    def list_commands(self, ctx: Any) -> list[str]:
        """This room's commands and those of all others."""
        return [*super().list_commands(ctx), *_BY_NAME]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command; of another room's only its name and help."""
        if (room := _BY_NAME.get(cmd_name)) is None:
            return super().get_command(ctx, cmd_name)
        return TyperCommand(room.name, help=room.help, rich_help_panel=room.panel)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that the arguments begin with, loaded."""
        name, command, rest = super().resolve_command(ctx, args)
        if name is not None and (room := _BY_NAME.get(name)) is not None:
            module, _, attribute = room.app.partition(":")
            app = getattr(importlib.import_module(module), attribute.removesuffix("()"))
            group = get_group(app() if attribute.endswith("()") else app)
            command = group.get_command(ctx, room.name)
            if command is None:
                ctx.fail(f"This build of Verse has no command '{room.name}'.")
        return name, command, rest
