"""What client and worker say to each other over HTTP, so that neither repeats the other.

    POST /embed    {"texts": [...], "kind": "query", "outputs": ["pooled"], "model": fingerprint or null}
    POST /reload   switch to the model that is current now
    GET  /healthz  200 once the model has answered a warm-up; needs no secret
    GET  /info     WorkerInfo
    GET  /metrics  Prometheus

An answer is JSON or, on `Accept: application/octet-stream`, little-endian float32: first the pooled vectors
(N, D), then the token vectors of the texts one after another (sum of `Verse-Token-Counts`, D), whichever were
asked for.
An error is `{"error": {"type", "message"}}`, the type being the name of a class in `encoder.errors`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from encoder.errors import BadRequest

BINARY = "application/octet-stream"
TIMEOUT_HEADER = "Verse-Timeout-Ms"
"""How long the caller still waits; a relative time needs no clocks that agree."""
FINGERPRINT_HEADER = "Verse-Fingerprint"
SHAPE_HEADER = "Verse-Shape"
TOKEN_COUNTS_HEADER = "Verse-Token-Counts"

Vectors = NDArray[np.float32]


class EmbedRequest(BaseModel):
    """The body of `POST /embed`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    texts: list[str] = Field(min_length=1)
    kind: Literal["query", "document"] = "query"
    outputs: list[Literal["pooled", "tokens"]] = Field(default=["pooled"], min_length=1)
    model: str | None = None

    @classmethod
    def parse(cls, body: bytes) -> "EmbedRequest":
        """Read a body; raises BadRequest with the first thing that is wrong."""
        try:
            return cls.model_validate_json(body)
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False, include_input=False)[0]
            where = ".".join(map(str, first["loc"])) or "body"
            raise BadRequest(f"The request is not understood: {where}: {first['msg']}.") from error

    def check(self, max_texts: int, max_characters: int) -> None:
        """Raises BadRequest when there are more or longer texts than that."""
        if len(self.texts) > max_texts:
            raise BadRequest(f"{len(self.texts)} texts are more than {max_texts} in one request: send fewer.")
        if any(len(text) > max_characters for text in self.texts):
            raise BadRequest(f"A text is longer than {max_characters} characters: shorten it.")


class WorkerInfo(BaseModel):
    """What a worker holds and accepts: the answer of `/info`, `/healthz` and `/reload`."""

    model_config = ConfigDict(frozen=True)

    fingerprint: str
    dim: int
    device: str
    precision: str
    loaded: list[str]
    """Fingerprints of all models in memory: the current one and those not yet freed."""
    max_texts: int
    max_characters: int


@dataclass(frozen=True, slots=True)
class Embedding:
    """The answer of `POST /embed`: what was asked for, N texts of T_i tokens."""

    fingerprint: str
    pooled: Vectors | None = None
    """(N, D) unit vectors."""
    tokens: Sequence[Vectors] | None = None
    """N arrays (T_i, D) of unit vectors."""

    def to_json(self) -> dict[str, Any]:
        """The body of a JSON answer."""
        answer: dict[str, Any] = {"fingerprint": self.fingerprint}
        if self.pooled is not None:
            answer["vectors"] = self.pooled.tolist()
        if self.tokens is not None:
            answer["token_vectors"] = [text.tolist() for text in self.tokens]
        return answer

    def to_binary(self) -> tuple[dict[str, str], bytes]:
        """Headers and body of a binary answer."""
        headers = {FINGERPRINT_HEADER: self.fingerprint}
        parts: list[Vectors] = []
        if self.pooled is not None:
            headers[SHAPE_HEADER] = ",".join(map(str, self.pooled.shape))
            parts.append(self.pooled)
        if self.tokens is not None:
            headers[TOKEN_COUNTS_HEADER] = ",".join(str(len(text)) for text in self.tokens)
            parts.extend(self.tokens)
        return headers, b"".join(part.astype("<f4", copy=False).tobytes() for part in parts)

    @classmethod
    def from_binary(cls, headers: Mapping[str, str], body: bytes) -> "Embedding":
        """The inverse of `to_binary`; raises ValueError when headers and body do not agree."""
        numbers = np.frombuffer(body, dtype="<f4").astype(np.float32)
        pooled = tokens = None
        if SHAPE_HEADER in headers:
            n, dim = map(int, headers[SHAPE_HEADER].split(","))
            pooled, numbers = numbers[: n * dim].reshape(n, dim), numbers[n * dim :]
        if TOKEN_COUNTS_HEADER in headers:
            counts = [int(count) for count in headers[TOKEN_COUNTS_HEADER].split(",")]
            rows, numbers = numbers.reshape(sum(counts), -1), numbers[:0]
            tokens = np.split(rows, np.cumsum(counts)[:-1])
        if numbers.size:
            raise ValueError(f"{numbers.size} numbers more than the headers say")
        return cls(headers.get(FINGERPRINT_HEADER, ""), pooled, tokens)
