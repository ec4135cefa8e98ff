"""`verse worker` and `verse model`: this room's part of the command line. Importing it imports no torch."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from encoder import lifeline
from encoder.errors import EncoderError
from encoder.settings import EncoderSettings

if TYPE_CHECKING:
    from encoder.protocol import WorkerInfo

app = typer.Typer(help="The encoder.", no_args_is_help=True)
models = typer.Typer(help="List, promote and roll back models.", no_args_is_help=True)
app.add_typer(models, name="model")
out = Console()
err = Console(stderr=True)


@app.callback()
def _encoder() -> None:
    """The encoder."""


@app.command()
def worker(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.")] = None,
    socket: Annotated[Path | None, typer.Option(help="Unix socket to listen on instead.")] = None,
    device: Annotated[str | None, typer.Option(help="auto, cpu or cuda.")] = None,
    model: Annotated[Path | None, typer.Option(help="Model directory, instead of the current one.")] = None,
    supervised: Annotated[bool, typer.Option(hidden=True)] = False,
) -> None:
    """Keep the encoder in memory and answer over HTTP."""
    if supervised:
        lifeline.hold()
    logging.basicConfig(
        level=logging.WARNING if supervised else logging.INFO, format="%(asctime)s %(levelname)s %(message)s"
    )
    options = {"worker_host": host, "worker_port": port, "worker_socket": socket, "device": device}
    given: dict[str, Any] = {name: value for name, value in options.items() if value is not None}
    if model is not None:
        given["model_dir"] = model
    if supervised:
        given["worker_socket"] = None  # a parent knows its worker by port, whatever the environment says
    try:
        settings = EncoderSettings(**given)
        _serve(settings, supervised=supervised)
    except (EncoderError, ValidationError) as error:
        _fail(error, supervised=supervised)


@models.command("list")
def list_models() -> None:
    """Show the models there are, and which one is in use."""
    from encoder import model_store

    table = Table("", "Model", "Fingerprint", "Card", box=None)
    for stored in model_store.list_models(EncoderSettings().models_dir):
        told = f"[red]{stored.problem}[/]" if stored.problem else stored.title
        table.add_row("→" if stored.current else "", stored.name, stored.fingerprint or "", told)
    out.print(table)


@models.command()
def promote(
    model: Annotated[str, typer.Argument(help="A name of `verse model list`, or a directory.")],
) -> None:
    """Put a model in use."""
    from encoder import model_store

    _say_in_use(lambda: model_store.promote(EncoderSettings().models_dir, model))


@models.command()
def rollback() -> None:
    """Go back to the model that was in use before."""
    from encoder import model_store

    _say_in_use(lambda: model_store.rollback(EncoderSettings().models_dir))


def _say_in_use(change: Callable[[], str]) -> None:
    try:
        name = change()
    except EncoderError as error:
        _fail(error, supervised=False)
    out.print(f"Model [bold]{name}[/] is in use. Now `verse index build` makes an index with it.")


def _serve(settings: EncoderSettings, *, supervised: bool) -> None:
    from encoder.worker import serve  # imports torch, which takes seconds

    def ready(url: str, info: WorkerInfo) -> None:
        if supervised:
            _tell_parent({"url": url, "fingerprint": info.fingerprint})
        else:
            err.print(f"Model [bold]{info.fingerprint}[/] on {info.device} answers at [bold]{url}[/]")

    asyncio.run(serve(settings, ready=ready))


def _fail(error: EncoderError | ValidationError, *, supervised: bool) -> NoReturn:
    if isinstance(error, ValidationError):
        message = "; ".join(problem["msg"].removeprefix("Value error, ") for problem in error.errors())
    else:
        message = str(error)
    if supervised:
        _tell_parent({"error": message})
    else:
        err.print(f"[red]{message}[/]")
    raise typer.Exit(1)


def _tell_parent(event: dict[str, str]) -> None:
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()
