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
from encoder.promotion import Judge
from encoder.settings import EncoderSettings

if TYPE_CHECKING:
    from encoder.protocol import WorkerInfo

out = Console()
err = Console(stderr=True)


def create_app(judge: Judge | None = None) -> typer.Typer:
    """The commands `worker` and `model …`; without a judge every model that answers is promoted."""
    models = typer.Typer(help="List, promote and roll back models.", no_args_is_help=True)
    models.command("list")(list_models)
    models.command()(rollback)

    @models.command()
    def promote(
        model: Annotated[str, typer.Argument(help="A name of `verse model list`, or a directory.")],
        force: Annotated[bool, typer.Option("--force", help="Whatever it measures.")] = False,
        check: Annotated[
            bool, typer.Option("--check", help="Only compare it with the one in use; change nothing.")
        ] = False,
    ) -> None:
        """Put a model in use, unless it finds verses worse than the one in use."""
        if check:
            _check(model, judge)
        else:
            _promote(model, None if force else judge)

    app = typer.Typer(help="The encoder.", no_args_is_help=True)
    app.command()(worker)
    app.add_typer(models, name="model")
    return app


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


def list_models() -> None:
    """Show the models there are, and which one is in use."""
    from encoder import model_store

    table = Table("", "Model", "Fingerprint", "Card", box=None)
    for stored in model_store.list_models(EncoderSettings().models_dir):
        told = f"[red]{stored.problem}[/]" if stored.problem else stored.title
        table.add_row("→" if stored.current else "", stored.name, stored.fingerprint or "", told)
    out.print(table)


def rollback() -> None:
    """Go back to the model that was in use before."""
    from encoder import model_store

    _say_in_use(lambda: model_store.rollback(EncoderSettings().models_dir))


def _promote(model: str, judge: Judge | None) -> None:
    from encoder import model_store

    models_dir = EncoderSettings().models_dir
    try:
        candidate = model_store.find_model(models_dir, model)
        if judge is not None and (current := _working_model(models_dir)) is not None:
            verdict = judge(candidate, current)
            out.print(verdict.sentence, soft_wrap=True, highlight=False)
            if verdict.worse:
                raise EncoderError(f"Model {model} stays where it is; --force promotes it all the same.")
    except EncoderError as error:
        _fail(error, supervised=False)
    _say_in_use(lambda: model_store.promote(models_dir, model))


def _check(model: str, judge: Judge | None) -> None:
    from encoder import model_store

    models_dir = EncoderSettings().models_dir
    try:
        candidate = model_store.find_model(models_dir, model)
        if judge is None:
            raise EncoderError("Nobody here can measure models; run `verse model promote --check`.")
        if (current := _working_model(models_dir)) is None:
            sentence = "The model in use does not answer, so any other is better."
        else:
            sentence = judge(candidate, current).sentence
    except EncoderError as error:
        _fail(error, supervised=False)
    out.print(sentence, soft_wrap=True, highlight=False)


def _working_model(models_dir: Path) -> Path | None:
    """The model in use, None when it does not answer: any other is better."""
    from encoder import model_store
    from encoder.warmup import load_warm

    try:
        path = model_store.current_model_dir(models_dir)
        load_warm(path, "cpu")
    except EncoderError:
        return None
    return path


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


app = create_app()
