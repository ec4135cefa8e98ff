"""Settings of this room; every one can be set as an environment variable or in `.env`."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class IndexSettings(BaseSettings):
    """Where the index lies and which translation people see."""

    model_config = SettingsConfigDict(env_prefix="VERSE_", env_file=".env", extra="ignore")

    data_dir: Path = Field(Path("data"), description="Everything that is written lies under it.")
    translation: str = Field("WEB", description="The translation shown when none is asked for.")

    @property
    def index_dir(self) -> Path:
        """The snapshots."""
        return self.data_dir / "index"
