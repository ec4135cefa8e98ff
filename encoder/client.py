"""The worker, as the bot sees it; imports no torch."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Literal, Self

import aiohttp
from pydantic import ValidationError

from encoder.circuit import CircuitBreaker
from encoder.errors import (
    BadRequest,
    EncoderBusy,
    EncoderError,
    EncoderUnavailable,
    ModelDirectoryError,
    ModelMismatch,
)
from encoder.protocol import BINARY, TIMEOUT_HEADER, Embedding, Vectors, WorkerInfo

ATTEMPTS = 2
"""Embedding a text twice does no harm, so a connection or replica that broke is worth one more try."""
FAILURES_TO_OPEN, OPEN_S = 5, 1.0
"""A worker that is restarted is back in about two seconds; meanwhile nobody should wait for it."""
RELOAD_TIMEOUT_S = 120.0
"""Loading and warming a large model from a slow disk."""
UNIX = "unix:"

_KINDS: dict[str, type[EncoderError]] = {
    kind.__name__: kind for kind in (BadRequest, ModelMismatch, ModelDirectoryError, EncoderUnavailable)
}


class _LostByProxy(EncoderUnavailable):
    """A proxy or load balancer between us and the workers answered in their place."""


_BROKEN = (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, _LostByProxy)


class EncoderClient:
    """Asks a worker for vectors over one pool of connections. Use it in one event loop; close it.

    Args:
        url: `http://host:port` or `unix:/path/to/socket`.
        secret: the worker's, if it has one.
        timeout_s: for a whole call, its second attempt included; the worker is told, and drops what is late.
    """

    def __init__(self, url: str, *, secret: str | None = None, timeout_s: float = 1.0) -> None:
        self.url = url
        self._socket = url.removeprefix(UNIX) if url.startswith(UNIX) else None
        self._base = "http://worker" if self._socket else url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        self._timeout_s = timeout_s
        self._breaker = CircuitBreaker(FAILURES_TO_OPEN, OPEN_S)
        self._session: aiohttp.ClientSession | None = None

    async def embed(
        self,
        texts: Sequence[str],
        kind: Literal["query", "document"] = "query",
        model: str | None = None,
    ) -> Vectors:
        """Unit vectors (N, D) float32 of N texts.

        Args:
            texts: at most as many and as long as the worker's `WorkerInfo` says.
            kind: what the texts are.
            model: the fingerprint that the vectors must come from; any model without it.

        Raises:
            EncoderUnavailable: no worker, no answer in time, or too many failures just now.
            EncoderBusy: its queue is full.
            ModelMismatch: it does not hold `model`.
            BadRequest: too many or too long texts, or a wrong secret.
        """
        pooled = (await self._embed(texts, kind, model, "pooled")).pooled
        if pooled is None or len(pooled) != len(texts):
            raise EncoderUnavailable(f"{self.url} did not answer as a worker does.")
        return pooled

    async def embed_tokens(
        self,
        texts: Sequence[str],
        kind: Literal["query", "document"] = "query",
        model: str | None = None,
    ) -> Sequence[Vectors]:
        """Unit vectors (T_i, D) float32 of each text's tokens; arguments and errors as of `embed`."""
        tokens = (await self._embed(texts, kind, model, "tokens")).tokens
        if tokens is None or len(tokens) != len(texts):
            raise EncoderUnavailable(f"{self.url} did not answer as a worker does.")
        return tokens

    async def health(self) -> WorkerInfo:
        """What the worker holds; raises EncoderUnavailable when it is not ready."""
        return self._info(await self._request("GET", "/healthz", timeout_s=self._timeout_s))

    async def reload(self) -> WorkerInfo:
        """Have the worker switch to the model that is current now.

        Raises ModelDirectoryError when that model is not sound; the old one goes on.
        """
        return self._info(await self._request("POST", "/reload", timeout_s=RELOAD_TIMEOUT_S))

    async def metrics(self) -> bytes:
        """The worker's figures in Prometheus' text format."""
        return (await self._request("GET", "/metrics", timeout_s=self._timeout_s))[1]

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _embed(self, texts: Sequence[str], kind: str, model: str | None, output: str) -> Embedding:
        if not self._breaker.allows():
            raise EncoderUnavailable("The encoder does not answer; it is asked again in a second.")
        body = json.dumps({"texts": list(texts), "kind": kind, "outputs": [output], "model": model}).encode()
        try:
            headers, answer = await self._request("POST", "/embed", body, timeout_s=self._timeout_s)
            embedding = Embedding.from_binary(headers, answer)
        except EncoderUnavailable:
            self._breaker.failed()
            raise
        except EncoderError:
            self._breaker.succeeded()
            raise
        except ValueError as error:
            self._breaker.failed()
            raise EncoderUnavailable(f"{self.url} did not answer as a worker does.") from error
        self._breaker.succeeded()
        return embedding

    async def _request(
        self, method: str, path: str, body: bytes | None = None, *, timeout_s: float
    ) -> tuple[Mapping[str, str], bytes]:
        """Headers and body of a good answer; the errors of `embed`, and ModelDirectoryError."""
        deadline = asyncio.get_running_loop().time() + timeout_s
        try:
            async with asyncio.timeout_at(deadline):
                for attempts_left in reversed(range(ATTEMPTS)):
                    try:
                        return await self._attempt(method, path, body, deadline)
                    except _BROKEN:
                        if not attempts_left:
                            raise
        except TimeoutError as error:
            raise EncoderUnavailable(
                f"The encoder at {self.url} gave no answer in {timeout_s:g} s."
            ) from error
        except aiohttp.ClientError as error:
            raise EncoderUnavailable(f"{self.url} cannot be reached: {error}.") from error
        raise AssertionError("the last attempt returns or raises")

    async def _attempt(
        self, method: str, path: str, body: bytes | None, deadline: float
    ) -> tuple[Mapping[str, str], bytes]:
        left_ms = 1000 * (deadline - asyncio.get_running_loop().time())
        headers = {"Accept": BINARY, TIMEOUT_HEADER: f"{left_ms:.0f}"}
        async with self._pool().request(method, self._base + path, data=body, headers=headers) as response:
            answer = await response.read()
            if response.status == 200:
                return response.headers, answer
            raise typed(response.status, response.headers, answer)

    def _pool(self) -> aiohttp.ClientSession:
        if self._session is None:  # made here because a session belongs to a running loop
            connector = aiohttp.UnixConnector(self._socket) if self._socket else aiohttp.TCPConnector(limit=0)
            self._session = aiohttp.ClientSession(
                connector=connector, headers=self._headers, timeout=aiohttp.ClientTimeout(total=None)
            )
        return self._session

    def _info(self, response: tuple[Mapping[str, str], bytes]) -> WorkerInfo:
        try:
            return WorkerInfo.model_validate_json(response[1])
        except ValidationError as error:
            raise EncoderUnavailable(f"{self.url} did not answer as a worker does.") from error


def typed(status: int, headers: Mapping[str, str], body: bytes) -> EncoderError:
    """The error that an answer other than 200 stands for, be it the worker's or of a proxy before it."""
    try:
        error = json.loads(body)["error"]
        name, message = error["type"], error["message"]
    except (ValueError, KeyError, TypeError):
        name, message = "", f"The encoder answered with status {status}."
    if status == 503 and (wait := headers.get("Retry-After", "")).isdecimal():
        return EncoderBusy(message, float(wait))
    if name in _KINDS:
        return _KINDS[name](message)
    if 400 <= status < 500:
        return BadRequest(message)
    return EncoderUnavailable(message) if name else _LostByProxy(message)
