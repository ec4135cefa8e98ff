"""The one command, `verse`: this room's commands, and the other rooms' mounted beside them.

Nothing heavy is imported here; each command imports what it needs.
"""

from typing import Any

import typer
from pydantic import ValidationError
from rich.console import Console

from bot.logs import keep_traceback
from bot.rooms import RoomsGroup
from bot.settings import BotSettings

_SPEAKING = frozenset(f"{room}.errors" for room in ("bot", "encoder", "index", "training"))
"""Modules whose errors say in one sentence, meant for users, what is wrong."""


class _Verse(RoomsGroup):
    """Tells people of an error in one sentence, and keeps tracebacks for the log."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except (typer.Exit, typer.Abort, typer.TyperException):
            raise
        except Exception as error:
            _complain(_sentence(error))
            raise typer.Exit(1) from error


def _sentence(error: Exception) -> str:
    if any(base.__module__ in _SPEAKING for base in type(error).__mro__):
        return str(error)
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"The setting {'.'.join(map(str, first['loc']))} is not usable: {first['msg']}."
    directory = BotSettings().logs_dir
    error_id = keep_traceback(directory, error)
    return (
        f"Something went wrong that should not ({type(error).__name__});"
        f" please report what {directory / 'errors.log'} says of error {error_id}."
    )


def _complain(sentence: str) -> None:
    Console(stderr=True).print(sentence, style="red", markup=False, highlight=False, soft_wrap=True)


app = typer.Typer(
    name="verse",
    cls=_Verse,
    help="Finds the Bible verse that somebody half remembers.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
