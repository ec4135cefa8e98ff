"""Settings of this room; every one can be set as an environment variable or in `.env`."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from index.catalogue import installed_translations


class IndexSettings(BaseSettings):
    """Where the index lies and which translation people see."""

    model_config = SettingsConfigDict(env_prefix="VERSE_", env_file=".env", extra="ignore")

    data_dir: Path = Field(Path("data"), description="Everything that is written lies under it.")
    translation: str = Field("WEB", description="The translation shown when none is asked for.")
    translations: Annotated[tuple[str, ...], NoDecode] = Field(
        default_factory=installed_translations,
        description="The translations to search, by code and comma; by default every free one that is installed.",
    )

    @field_validator("translations", mode="before")
    @classmethod
    def _split_codes(cls, value: Any) -> Any:
        codes = value.replace(",", " ").split() if isinstance(value, str) else value
        return codes or installed_translations()

    @property
    def index_dir(self) -> Path:
        """The snapshots."""
        return self.data_dir / "index"
