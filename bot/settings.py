"""Settings of this room; every one can be set as an environment variable or in `.env`.

The variables are `VERSE_` and the field's name in capitals, and `DISCORD_TOKEN`. Where the index lies
and which translation people see are `index.settings`.
"""

from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class BotSettings(BaseSettings):
    """What the bot, the console and the jobs need to know."""

    model_config = SettingsConfigDict(
        env_prefix="VERSE_", env_file=".env", extra="ignore", populate_by_name=True
    )

    data_dir: Path = Field(default=Path("data"), description="Everything that is written lies under it.")
    translation: str = Field(default="WEB", description="The translation shown when nobody chose one.")

    discord_token: SecretStr | None = Field(
        default=None,
        validation_alias="DISCORD_TOKEN",
        description="The bot's token, from the developer portal.",
    )
    discord_api: str | None = Field(
        default=None, description="Another Discord to talk to, for tests: the REST base URL."
    )
    admin_ids: Annotated[frozenset[int], NoDecode] = Field(
        default=frozenset(),
        description="Discord users, by id and comma, who may train and rebuild like the owner.",
    )
    admin_guild: int | None = Field(
        default=None,
        description="The only server that sees /admin; without it every server sees it, and is checked.",
    )
    encoder_url: str | None = Field(
        default=None, description="A running `verse worker`; without it one is started."
    )
    encoder_secret: SecretStr | None = Field(
        default=None, description="The secret that worker asks for, if it does."
    )

    cooldown_uses: int = Field(
        default=5, ge=1, description="Searches a person may make in each `cooldown_s`."
    )
    cooldown_s: float = Field(default=10.0, gt=0, description="Seconds.")
    feedback_uses: int = Field(
        default=20, ge=1, description="Ratings, corrections and openings a person may make in `feedback_s`."
    )
    feedback_s: float = Field(default=60.0, gt=0, description="Seconds.")
    server_queue: int = Field(
        default=200, ge=1, description="Questions of one server that may be in work at a time."
    )
    retention_days: int = Field(
        default=365,
        ge=1,
        description="Days after which what was logged without consent to training is deleted.",
    )
    backup_days: int = Field(
        default=30, ge=1, description="Days after which a backup is deleted, at the next one."
    )
    metrics_port: int | None = Field(
        default=None,
        ge=0,
        le=65535,
        description="Port of /healthz and /metrics on `metrics_host`; none without it.",
    )
    metrics_host: str = Field(
        default="127.0.0.1", description="Address that /healthz and /metrics listen on."
    )

    @field_validator("admin_ids", mode="before")
    @classmethod
    def _split_ids(cls, value: Any) -> Any:
        return value.replace(",", " ").split() if isinstance(value, str) else value

    @field_validator(
        "discord_token",
        "discord_api",
        "admin_guild",
        "encoder_url",
        "encoder_secret",
        "metrics_port",
        mode="before",
    )
    @classmethod
    def _empty_is_unset(cls, value: Any) -> Any:
        return None if isinstance(value, str) and not value.strip() else value

    @property
    def database(self) -> Path:
        """The SQLite file with queries, ratings and settings."""
        return self.data_dir / "verse.sqlite3"

    @property
    def backups_dir(self) -> Path:
        """Where `verse backup` puts its copies."""
        return self.data_dir / "backups"

    @property
    def regression_file(self) -> Path:
        """The curated questions that a model must answer rightly to be promoted."""
        return self.data_dir / "feedback" / "regression.jsonl"

    @property
    def logs_dir(self) -> Path:
        """Where jobs write their logs."""
        return self.data_dir / "logs"
