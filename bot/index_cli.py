"""`verse search` and `verse index` with what they need from the other rooms."""

from importlib.resources import files
from pathlib import Path

from bot.settings import BotSettings
from index.cli import Parts, create_app
from index.errors import EmbedderUnavailable
from index.vectors import TextEmbedder

_VECTORS = "vectors.safetensors"


def _model_dir() -> Path:
    from encoder.errors import EncoderError
    from encoder.model_store import current_model_dir

    try:
        return current_model_dir(BotSettings().data_dir / "models")
    except EncoderError as error:
        raise EmbedderUnavailable(str(error)) from error


def _load_embedder() -> TextEmbedder:
    from encoder.embedder import Embedder  # imports torch, which takes seconds
    from encoder.errors import EncoderError

    try:
        return Embedder.load(_model_dir())
    except EncoderError as error:
        raise EmbedderUnavailable(str(error)) from error


def _vectors() -> Path | None:
    path = _model_dir() / _VECTORS
    return path if path.is_file() else None


def _training_data() -> Path:
    return Path(str(files("training") / "data"))


app = create_app(Parts(_load_embedder, _vectors, _training_data))
