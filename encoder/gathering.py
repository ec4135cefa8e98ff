"""Queries of many people in one request to the encoder."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from encoder.client import EncoderClient
from encoder.errors import EncoderError, EncoderUnavailable

TOGETHER = 32
"""Texts of a request; the worker batches about as many."""

Vector = npt.NDArray[np.float32]


@dataclass(eq=False)
class _Waiting:
    text: str
    model: str
    answer: asyncio.Future[Vector] = field(default_factory=asyncio.Future)

    def settle(self, outcome: Vector | EncoderError) -> None:
        """The first outcome counts."""
        if self.answer.done():
            return
        if isinstance(outcome, EncoderError):
            self.answer.set_exception(outcome)
        else:
            self.answer.set_result(outcome)


class Gathering:
    """Sends a text at once; those that come while a request is on its way go together with the next.

    For a request costs half a millisecond here and one in the worker, whatever it holds. Use it in one event loop.
    """

    def __init__(self, client: EncoderClient) -> None:
        self._client = client
        self._waiting: list[_Waiting] = []
        self._sending: asyncio.Task[None] | None = None

    async def embed(self, text: str, model: str) -> Vector:
        """(D,) unit vector of a query; raises what `EncoderClient.embed` raises."""
        waiting = _Waiting(text, model)
        self._waiting.append(waiting)
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._send_all(), name="encode")
        return await waiting.answer

    async def _send_all(self) -> None:
        while self._waiting:
            await self._send(self._next())

    def _next(self) -> list[_Waiting]:
        """Those that go together: of one model, the longest waiting first."""
        model = self._waiting[0].model
        chosen = [waiting for waiting in self._waiting if waiting.model == model][:TOGETHER]
        self._waiting = [waiting for waiting in self._waiting if waiting not in chosen]
        return chosen

    async def _send(self, together: Sequence[_Waiting]) -> None:
        texts = [waiting.text for waiting in together]
        try:
            vectors = await self._client.embed(texts, kind="query", model=together[0].model)
            for waiting, vector in zip(together, vectors, strict=True):
                waiting.settle(vector)
        except EncoderError as error:
            for waiting in together:
                waiting.settle(error)
        finally:  # cancelled, as when the process stops
            for waiting in together:
                waiting.settle(EncoderUnavailable("The encoder was let go."))
