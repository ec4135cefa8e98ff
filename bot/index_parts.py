"""Gives the index's command line what it needs of the other rooms.

What would load torch is imported when a command asks for it; most commands never do.
"""

import asyncio
from importlib.resources import files
from pathlib import Path

import typer

from bot.settings import BotSettings
from encoder.errors import EncoderError
from encoder.settings import EncoderSettings
from index.cli import Parts, create_app
from index.dev_set import Praised
from index.errors import EmbedderUnavailable
from index.vectors import TextEmbedder

_VECTORS = "vectors.safetensors"
_MOST_PRAISED = 1_000
"""Questions; fitting takes four seconds for so many."""


def index_app() -> typer.Typer:
    """The commands `search`, `index` and `corpus`."""
    return create_app(Parts(_load_embedder, _vectors, _training_data, _praised))


def _load_embedder() -> TextEmbedder:
    from encoder.embedder import Embedder
    from encoder.model_store import current_model_dir

    settings = EncoderSettings()
    try:
        return Embedder.load(current_model_dir(settings.models_dir), device=settings.device)
    except EncoderError as error:
        raise EmbedderUnavailable(str(error)) from error


def _vectors() -> Path | None:
    from encoder.model_store import current_model_dir

    path = current_model_dir(EncoderSettings().models_dir) / _VECTORS
    return path if path.is_file() else None


def _training_data() -> Path:
    return Path(str(files("training").joinpath("data")))


def _praised() -> tuple[Praised, ...]:
    path = BotSettings().database
    return asyncio.run(_newest_praise(path)) if path.is_file() else ()


async def _newest_praise(path: Path) -> tuple[Praised, ...]:
    from bot.store.praised import praised
    from bot.store.store import Store

    async with await Store.open(path) as store:
        return await praised(store.database, _MOST_PRAISED)
