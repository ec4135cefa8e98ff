"""The encoder under Ray Serve: many replicas behind the worker's HTTP interface.

    pip install -e '.[ray]'
    serve run deploy.ray_serve:app

VERSE_RAY_REPLICAS and VERSE_RAY_MAX_REPLICAS say how many (default 1 to 4, by load), VERSE_RAY_GPUS how much of a
GPU each one has (default none); the rest is the worker's settings. Ray batches, queues and replaces replicas that
die. A new model comes by `serve run` again, which replaces replica after replica, so there is no `POST /reload`;
Ray has its own metrics.
"""

import asyncio
import hmac
import os

import numpy as np
from ray import serve
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from encoder.errors import BadRequest, EncoderError, EncoderUnavailable, ModelMismatch
from encoder.model_store import current_model_dir
from encoder.protocol import BINARY, TIMEOUT_HEADER, Embedding, EmbedRequest, WorkerInfo
from encoder.settings import EncoderSettings
from encoder.warmup import load_warm
from encoder.worker import STATUSES

REPLICAS = int(os.environ.get("VERSE_RAY_REPLICAS", "1"))
MAX_REPLICAS = int(os.environ.get("VERSE_RAY_MAX_REPLICAS", str(max(4, REPLICAS))))
GPUS = float(os.environ.get("VERSE_RAY_GPUS", "0"))
BATCH_REQUESTS = 64
ONGOING_PER_REPLICA = 2 * BATCH_REQUESTS
"""One batch computes while the next gathers."""


@serve.deployment(
    autoscaling_config={
        "min_replicas": REPLICAS,
        "max_replicas": MAX_REPLICAS,
        "target_ongoing_requests": BATCH_REQUESTS,
    },
    max_ongoing_requests=ONGOING_PER_REPLICA,
    ray_actor_options={"num_cpus": 1, "num_gpus": GPUS},
    health_check_period_s=2,
    health_check_timeout_s=10,
)
class Encoder:
    """One replica: a model in memory."""

    def __init__(self) -> None:
        self._settings = settings = EncoderSettings()
        device = "cuda" if GPUS else "cpu"
        self._embedder = load_warm(settings.model_dir or current_model_dir(settings.models_dir), device)

    async def __call__(self, request: Request) -> Response:
        """Answer like `verse worker`, but for /reload and /metrics."""
        try:
            return await self._route(request)
        except EncoderError as error:
            body = {"error": {"type": type(error).__name__, "message": str(error)}}
            return JSONResponse(body, STATUSES[type(error)])

    async def _route(self, request: Request) -> Response:
        route = request.method, request.url.path
        if route == ("GET", "/healthz"):
            return JSONResponse(self._info())
        self._authorize(request)
        if route == ("GET", "/info"):
            return JSONResponse(self._info())
        if route == ("POST", "/embed"):
            return await self._embed(request)
        raise BadRequest(f"{route[0]} {route[1]} is not known here.")

    async def _embed(self, request: Request) -> Response:
        ask = EmbedRequest.parse(await request.body())
        ask.check(self._settings.worker_max_texts, self._settings.worker_max_characters)
        if ask.model not in (None, self._embedder.fingerprint):
            raise ModelMismatch(f"The encoder holds model {self._embedder.fingerprint}, not {ask.model}.")
        timeout_ms = request.headers.get(TIMEOUT_HEADER)
        try:
            async with asyncio.timeout(float(timeout_ms) / 1000 if timeout_ms else None):
                embedding = await self._batched(ask)
        except TimeoutError as error:
            raise EncoderUnavailable("The caller's time passed before the model was free.") from error
        if request.headers.get("accept") == BINARY:
            headers, body = embedding.to_binary()
            return Response(body, headers=headers, media_type=BINARY)
        return JSONResponse(embedding.to_json())

    @serve.batch(  # type: ignore[untyped-decorator]
        max_batch_size=BATCH_REQUESTS, batch_wait_timeout_s=0.002
    )
    async def _batched(self, asks: list[EmbedRequest]) -> list[Embedding]:
        """Everything that waits, in one go, off the event loop."""
        return await asyncio.to_thread(self._compute, asks)

    def _compute(self, asks: list[EmbedRequest]) -> list[Embedding]:
        rows = [row for ask in asks for row in self._embedder.tokenize(ask.texts, ask.kind)]
        ends = np.cumsum([len(ask.texts) for ask in asks])
        pooled = self._embedder.embed_rows(rows)
        answers = []
        for ask, end in zip(asks, ends, strict=True):
            mine = slice(end - len(ask.texts), end)
            tokens = self._embedder.token_rows(rows[mine]) if "tokens" in ask.outputs else None
            wanted = pooled[mine] if "pooled" in ask.outputs else None
            answers.append(Embedding(self._embedder.fingerprint, wanted, tokens))
        return answers

    def _authorize(self, request: Request) -> None:
        if self._settings.encoder_secret is not None:
            given = request.headers.get("authorization", "").removeprefix("Bearer ")
            secret = self._settings.encoder_secret.get_secret_value()
            if not hmac.compare_digest(given.encode(), secret.encode()):
                raise BadRequest("The encoder wants its secret: set VERSE_ENCODER_SECRET.")

    def _info(self) -> dict[str, object]:
        info = WorkerInfo(
            fingerprint=self._embedder.fingerprint,
            dim=self._embedder.dim,
            device=str(self._embedder.device),
            precision="float32",
            loaded=[self._embedder.fingerprint],
            max_texts=self._settings.worker_max_texts,
            max_characters=self._settings.worker_max_characters,
        )
        return info.model_dump()


app = Encoder.bind()  # type: ignore[attr-defined]
