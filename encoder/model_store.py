"""The models made on this machine: directories in `data/models`, and a file CURRENT that names one.

Without CURRENT the model that ships is in use. A switch replaces CURRENT atomically, so that whoever reads it
sees the old name or the new one.
"""

from pathlib import Path

from encoder.checkpoint import default_model_dir
from encoder.errors import ModelDirectoryError

CURRENT = "CURRENT"


def current_model_dir(models_dir: Path) -> Path:
    """The model in use; raises ModelDirectoryError when CURRENT names one that is gone."""
    try:
        name = (models_dir / CURRENT).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return default_model_dir()
    if not (models_dir / name).is_dir():
        raise ModelDirectoryError(
            f"The current model {name} is not in {models_dir}: choose another with `verse model promote`."
        )
    return models_dir / name
