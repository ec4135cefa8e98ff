"""`verse feedback …`: this room's commands about what people asked. Nothing heavy is imported here."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bot.settings import BotSettings

console = Console()
app = typer.Typer(no_args_is_help=True, help="What people asked, how they rated it, and what was meant.")


@app.command()
def review(
    curator: Annotated[
        str | None,
        typer.Option(help="Whose decisions these are; by default the name you are logged in with."),
    ] = None,
) -> None:
    """Go through the questions that teach most, and decide which verse was right."""
    from bot.review.run import run_review

    asyncio.run(run_review(BotSettings(), console, curator))


@app.command()
def export(
    out: Annotated[Path | None, typer.Option("--out", "-o", help="A file, instead of the terminal.")] = None,
    consented_only: Annotated[
        bool, typer.Option("--consented-only", help="Only what may be used for training.")
    ] = False,
) -> None:
    """Write every decision, rating, correction and opening as a line of JSON."""
    from bot.feedback import export_to

    count = asyncio.run(export_to(BotSettings(), out, consented_only=consented_only))
    if out is not None:
        console.print(f"{count:,} lines are in {out}.", markup=False, soft_wrap=True)


@app.command("import")
def import_(
    source: Annotated[
        Path, typer.Argument(metavar="FILE", help="What `verse feedback export` wrote elsewhere.")
    ],
) -> None:
    """Merge curators' decisions made elsewhere: all of a file, or, if a line is wrong, none."""
    from bot.feedback import import_from

    asyncio.run(import_from(BotSettings(), source, console))


@app.command()
def simulate(
    days: Annotated[int, typer.Option(help="How long people use the bot.")] = 30,
    questions: Annotated[int, typer.Option(help="How often they ask in all that time.")] = 3_000,
    malicious: Annotated[float, typer.Option(help="The share of people who rate against the truth.")] = 0.05,
    seed: Annotated[int, typer.Option(help="Of everything that is drawn.")] = 0,
) -> None:
    """Fill an empty log with simulated use, to try review and retraining with."""
    from bot.simulation import simulate as run

    count = asyncio.run(run(BotSettings(), days, questions, malicious, seed))
    console.print(
        f"{count:,} simulated questions are in the log; `verse feedback review` goes through them.",
        soft_wrap=True,
    )


@app.command()
def stats() -> None:
    """Count what was asked and rated; name what was missed most, who disagrees, and what looks like abuse."""
    from bot.feedback import show_stats

    asyncio.run(show_stats(BotSettings(), console))


@app.command()
def undo(
    author: Annotated[
        str, typer.Option(help="The account, as `verse feedback stats` or an export names it.")
    ],
    yes: Annotated[bool, typer.Option("--yes", help="Without asking.")] = False,
) -> None:
    """Delete every rating, correction and opening of one account, for good."""
    from bot.feedback import undo_all

    asyncio.run(undo_all(BotSettings(), author, console, sure=yes))


@app.command()
def regression() -> None:
    """Write the questions that every later model must answer rightly, from what curators decided."""
    from bot.feedback import write_regression_set

    asyncio.run(write_regression_set(BotSettings(), console))
