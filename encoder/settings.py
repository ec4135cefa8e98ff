"""Settings of the encoder's worker; every one can be set as an environment variable or in `.env`."""

import ipaddress
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

Precision = Literal["auto", "float32", "bfloat16"]


class EncoderSettings(BaseSettings):
    """Where the model lies, what it runs on, how the worker is reached, and what it accepts."""

    model_config = SettingsConfigDict(env_prefix="VERSE_", env_file=".env", extra="ignore")

    data_dir: Path = Field(Path("data"), description="Everything that is written lies under it.")
    model_dir: Path | None = Field(None, description="A model to serve whatever the current one is.")
    device: Literal["auto", "cpu", "cuda"] = Field("auto", description="`auto` is a GPU when there is one.")
    precision: Precision = Field(
        "auto", description="`float32`, `bfloat16`, or `auto` for bfloat16 where the device computes with it."
    )
    threads: int = Field(
        1,
        ge=1,
        description="CPU threads of a forward pass. More gain little on a query, and on a busy machine they wait "
        "for each other: 90 % within 16 ms with one, within 50 to 1,000 ms with two (measured).",
    )

    worker_host: str = Field("127.0.0.1", description="Address to listen on; all but loopback need a secret.")
    worker_port: int = Field(7040, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    worker_socket: Path | None = Field(None, description="Unix socket to listen on instead of host and port.")
    encoder_secret: SecretStr | None = Field(None, description="What callers must send as a bearer token.")

    worker_max_texts: int = Field(256, ge=1, description="Texts in one request.")
    worker_max_characters: int = Field(4000, ge=1, description="Characters in one text.")
    worker_max_batch_tokens: int | None = Field(
        None, ge=1, description="Tokens in one forward pass; 1,024 on a CPU and 16,384 on a GPU if unset."
    )
    worker_max_wait_ms: float = Field(2.0, ge=0, description="How long a batch may wait for company.")
    worker_max_queue_tokens: int = Field(
        16_384, ge=1, description="Tokens waiting from which on callers get 503."
    )
    worker_cache_texts: int = Field(4096, ge=0, description="Query vectors remembered; 0 remembers none.")
    worker_keep_old_s: float = Field(60.0, ge=0, description="Idle seconds until a replaced model is freed.")

    @field_validator("model_dir", "worker_socket", "encoder_secret", "worker_max_batch_tokens", mode="before")
    @classmethod
    def _empty_is_unset(cls, value: Any) -> Any:
        return None if value == "" else value

    @model_validator(mode="after")
    def _strangers_need_the_secret(self) -> Self:
        if self.worker_socket is None and not is_loopback(self.worker_host) and self.encoder_secret is None:
            raise ValueError(
                f"listening on {self.worker_host} would let strangers in: set VERSE_ENCODER_SECRET, "
                "or listen on 127.0.0.1"
            )
        return self

    @property
    def models_dir(self) -> Path:
        """The models made on this machine."""
        return self.data_dir / "models"


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach `host`."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
