"""Where training reads and writes; every value can be set as VERSE_…."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


def packaged_data() -> Path:
    """The queries written for this project, which are part of the package."""
    return Path(str(resources.files("training") / "data"))


class TrainingSettings(BaseSettings):
    """Settings of this room."""

    model_config = SettingsConfigDict(env_prefix="VERSE_", env_file=".env", extra="ignore")

    data_dir: Path = Path("data")
    threads: int | None = None
    """Threads of a CPU run; None leaves it to torch. One a physical core is best, never more."""

    training_translations: Annotated[tuple[str, ...], NoDecode] = ()
    """The translations to train on, by code and comma; none given: all that may be trained on."""
    checkpoint_every_s: float = Field(default=120.0, ge=0)
    """Seconds of training that a kill may cost; a checkpoint of a large model takes seconds to write."""

    @field_validator("training_translations", mode="before")
    @classmethod
    def _split_codes(cls, value: object) -> object:
        return tuple(filter(None, value.split(","))) if isinstance(value, str) else value

    @property
    def runs(self) -> Path:
        """Run directories: checkpoints, metrics, exported models."""
        return self.data_dir / "runs"
