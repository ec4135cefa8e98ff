"""The models made on this machine: `data/models/<fingerprint>/`, and a file CURRENT that names the one in use.

CURRENT has one name a line, the one in use first and those before it after, so that a roll-back needs nothing
else. It is replaced atomically: whoever reads it sees the old state or the new one. Without it the model that
ships, named `default`, is in use.
"""

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from encoder.checkpoint import CARD, default_model_dir, fingerprint
from encoder.errors import ModelDirectoryError
from encoder.warmup import load_warm

CURRENT = "CURRENT"
DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class StoredModel:
    """A model that can be used; `problem` says why it cannot."""

    name: str
    path: Path
    current: bool
    fingerprint: str | None
    problem: str | None

    @property
    def title(self) -> str:
        """The first line of its card."""
        try:
            lines = (self.path / CARD).read_text(encoding="utf-8").splitlines()
        except OSError:
            return ""
        return next((line.lstrip("# ") for line in lines if line.strip()), "")


def current_model_dir(models_dir: Path) -> Path:
    """The model in use; raises ModelDirectoryError when CURRENT names one that is gone."""
    name = _history(models_dir)[0]
    path = _path(models_dir, name)
    if name != DEFAULT and not path.is_dir():
        raise ModelDirectoryError(
            f"The current model {name} is not in {models_dir}: choose another with `verse model promote`."
        )
    return path


def list_models(models_dir: Path) -> list[StoredModel]:
    """The model that ships, then those made here, by name."""
    in_use = _history(models_dir)[0]
    made_here = sorted(p.name for p in models_dir.glob("[!.]*") if p.is_dir()) if models_dir.is_dir() else []
    models = []
    for name in dict.fromkeys([DEFAULT, *made_here, in_use]):
        path = _path(models_dir, name)
        try:
            models.append(StoredModel(name, path, name == in_use, fingerprint(path), None))
        except ModelDirectoryError as error:
            models.append(StoredModel(name, path, name == in_use, None, str(error)))
    return models


def find_model(models_dir: Path, model: str) -> Path:
    """The directory of a model: a name that `list_models` gives, or a directory; raises ModelDirectoryError."""
    path = _path(models_dir, model) if _is_kept(models_dir, model) else Path(model)
    if not path.is_dir():
        raise ModelDirectoryError(f"There is no model {model}: `verse model list` shows those there are.")
    return path


def promote(models_dir: Path, model: str) -> str:
    """Put a model in use and return its name.

    Args:
        models_dir: where the models made here are kept.
        model: a name that `list_models` gives, or a model directory elsewhere, which is copied.

    Raises:
        ModelDirectoryError: no such model, or it does not answer with unit vectors; nothing has changed.
    """
    path = find_model(models_dir, model)
    load_warm(path, "cpu")
    name = model if _is_kept(models_dir, model) else _keep(models_dir, path)
    history = _history(models_dir)
    if name != history[0]:
        _write_history(models_dir, [name, *history])
    return name


def rollback(models_dir: Path) -> str:
    """Put the model before the current one in use and return its name.

    Raises ModelDirectoryError when there was none, or it does not answer any more; nothing has changed then.
    """
    history = _history(models_dir)
    if len(history) == 1:
        raise ModelDirectoryError(f"There is no model before {history[0]} to go back to.")
    load_warm(_path(models_dir, history[1]), "cpu")
    _write_history(models_dir, history[1:])
    return history[1]


def _is_kept(models_dir: Path, model: str) -> bool:
    return Path(model).name == model and _path(models_dir, model).is_dir()


def _keep(models_dir: Path, source: Path) -> str:
    """Copy a model directory, whole or not at all, and return its name."""
    name = fingerprint(source)
    if not (models_dir / name).is_dir():
        models_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".incoming.", dir=models_dir) as staging:
            copy = shutil.copytree(source, Path(staging) / name)
            copy.rename(models_dir / name)
    return name


def _path(models_dir: Path, name: str) -> Path:
    return default_model_dir() if name == DEFAULT else models_dir / name


def _history(models_dir: Path) -> list[str]:
    """The current model's name, then those before it; never empty."""
    try:
        names = (models_dir / CURRENT).read_text(encoding="utf-8").split()
    except FileNotFoundError:
        names = []
    return names or [DEFAULT]


def _write_history(models_dir: Path, names: list[str]) -> None:
    models_dir.mkdir(parents=True, exist_ok=True)
    staging = models_dir / f".{CURRENT}.{os.getpid()}"
    with staging.open("w", encoding="utf-8") as file:
        file.write("".join(f"{name}\n" for name in names))
        file.flush()
        os.fsync(file.fileno())
    staging.replace(models_dir / CURRENT)
