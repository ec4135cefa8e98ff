"""The one command, `verse`: this room's commands, and the other rooms' mounted beside them.

Nothing heavy is imported here; each command imports what it needs.
"""

from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.console import Console

from bot.feedback_cli import app as feedback_app
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
        except (typer.Exit, typer.Abort, typer.TyperException, BrokenPipeError):
            raise  # typer knows what they mean; the last is a reader such as `head` that has read enough
        except Exception as error:
            _complain(_sentence(error))
            raise typer.Exit(1) from error


def _sentence(error: Exception) -> str:
    if any(base.__module__ in _SPEAKING for base in type(error).__mro__):
        return str(error)
    if isinstance(error, ValidationError):
        return _setting_sentence(error)
    directory = BotSettings().logs_dir
    error_id = keep_traceback(directory, error)
    return (
        f"Something went wrong that should not ({type(error).__name__});"
        f" please report what {directory / 'errors.log'} says of error {error_id}."
    )


def _setting_sentence(error: ValidationError) -> str:
    first = error.errors()[0]
    reason = first["msg"].removeprefix("Value error, ").rstrip(".")
    if not first["loc"]:
        return f"The settings do not fit together: {reason}."
    name = str(first["loc"][0]).upper()
    variable = name if name.startswith("DISCORD_") else f"VERSE_{name}"
    return f"The setting {variable} is not usable: {reason}."


def _complain(sentence: str) -> None:
    Console(stderr=True).print(sentence, style="red", markup=False, highlight=False, soft_wrap=True)


console = Console()
app = typer.Typer(
    name="verse",
    cls=_Verse,
    help="Finds the Bible verse that somebody half remembers.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


@app.command(rich_help_panel="Bot")
def start() -> None:
    """Build the index if there is none, then serve Discord, or chat here without a token."""
    from bot.start import start_everything

    start_everything(BotSettings(), console)


@app.command(rich_help_panel="Bot")
def bot() -> None:
    """Serve Discord until stopped; needs DISCORD_TOKEN."""
    import asyncio

    from bot.discord_app.run import run_bot
    from bot.logs import set_up_logging

    set_up_logging()
    asyncio.run(run_bot(BotSettings()))


@app.command(rich_help_panel="Bot")
def chat() -> None:
    """Search in this terminal, with ratings."""
    import asyncio

    from bot.console import run_chat

    with suppress(KeyboardInterrupt):  # everything is saved by then
        asyncio.run(run_chat(BotSettings(), console))


@app.command(rich_help_panel="Bot")
def doctor() -> None:
    """Check everything that a start needs, and say what mends it."""
    from bot.doctor import examine

    if not examine(BotSettings(), console):
        raise typer.Exit(1)


app.add_typer(feedback_app, name="feedback", rich_help_panel="Bot")


@app.command(rich_help_panel="Bot")
def backup(
    to: Annotated[Path | None, typer.Option(help="Where backups go; by default backups in the data.")] = None,
) -> None:
    """Copy the database and its key, also while the bot runs; old backups are deleted."""
    from bot.store.backup import back_up

    settings = BotSettings()
    made = back_up(settings.database, to or settings.backups_dir, keep_days=settings.backup_days)
    console.print(f"The backup is {made}.", markup=False, soft_wrap=True)


@app.command(rich_help_panel="Bot")
def restore(
    source: Annotated[Path, typer.Argument(metavar="BACKUP", help="A directory that `verse backup` made.")],
) -> None:
    """Put a backup in place of the database; stop the bot first."""
    from bot.occupancy import occupied
    from bot.store.backup import restore as put_back

    settings = BotSettings()
    with occupied(settings.data_dir, alone=True):
        aside = put_back(source, settings.database)
    kept = f" What was there is kept in {aside}." if aside else ""
    console.print(f"The backup is in place.{kept}", markup=False, soft_wrap=True)
