"""The worker: a process that keeps the model in memory and answers over HTTP (`encoder.protocol`).

    verse worker

It listens before the model is loaded, so that a health check tells "loading" from "gone". SIGHUP reloads,
SIGTERM and SIGINT finish what is being answered and end.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import logging
import signal
from collections.abc import Awaitable, Callable

from aiohttp import web

from encoder.errors import (
    BadRequest,
    EncoderBusy,
    EncoderError,
    EncoderUnavailable,
    ModelDirectoryError,
    ModelMismatch,
)
from encoder.protocol import BINARY, TIMEOUT_HEADER, EmbedRequest, WorkerInfo
from encoder.service import EmbedService
from encoder.settings import EncoderSettings

SHUTDOWN_S = 5.0
"""How long answers in progress may take when the worker stops."""
STATUSES: dict[type[EncoderError], int] = {
    BadRequest: 400,
    ModelMismatch: 409,
    ModelDirectoryError: 422,
    EncoderBusy: 503,
    EncoderUnavailable: 503,
    EncoderError: 500,
}
LONGEST_JSON_CHARACTER = 12
"""Bytes: a surrogate pair, escaped."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

log = logging.getLogger(__name__)


def problem(error: EncoderError, status: int | None = None) -> web.Response:
    """An error as an answer."""
    headers = {}
    if isinstance(error, EncoderBusy):
        headers["Retry-After"] = str(max(1, round(error.retry_after_s)))
    body = {"error": {"type": type(error).__name__, "message": str(error)}}
    return web.json_response(body, status=status or STATUSES[type(error)], headers=headers)


class Worker:
    """The HTTP routes over an EmbedService."""

    def __init__(self, settings: EncoderSettings) -> None:
        self.service = EmbedService(settings)
        self._secret = settings.encoder_secret.get_secret_value() if settings.encoder_secret else None
        body_size = settings.worker_max_texts * settings.worker_max_characters * LONGEST_JSON_CHARACTER
        self.app = web.Application(middlewares=[self._guard], client_max_size=body_size)
        self.app.add_routes(
            [
                web.post("/embed", self._embed),
                web.post("/reload", self._reload),
                web.get("/healthz", self._healthz),
                web.get("/info", self._info),
                web.get("/metrics", self._metrics),
            ]
        )
        self.app.on_cleanup.append(lambda _: self.service.close())

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Ask for the secret, and turn errors into answers."""
        if self._secret is not None and request.path != "/healthz":
            given = request.headers.get("Authorization", "").removeprefix("Bearer ")
            if not hmac.compare_digest(given.encode(), self._secret.encode()):
                return problem(BadRequest("The worker wants its secret: set VERSE_ENCODER_SECRET."), 401)
        try:
            return await handler(request)
        except EncoderError as error:
            return problem(error)
        except web.HTTPException as error:
            return problem(BadRequest(f"{error.reason}."), error.status)

    async def _embed(self, request: web.Request) -> web.StreamResponse:
        try:
            response = await self._answer(request)
        except asyncio.CancelledError:
            self.service.metrics.cancelled.inc()
            raise
        except EncoderError as error:
            response = problem(error)
        except TimeoutError:
            response = problem(EncoderUnavailable("The caller's time passed before the model was free."), 504)
        self.service.metrics.requests.labels(str(response.status)).inc()
        return response

    async def _answer(self, request: web.Request) -> web.Response:
        async with asyncio.timeout(remaining_s(request)):
            embedding, seconds = await self.service.embed(EmbedRequest.parse(await request.read()))
        timing = ", ".join(f"{stage};dur={1000 * value:.2f}" for stage, value in seconds.items())
        if request.headers.get("Accept") == BINARY:
            headers, body = embedding.to_binary()
            headers["Server-Timing"] = timing
            return web.Response(body=body, headers=headers, content_type=BINARY)
        return web.json_response(embedding.to_json(), headers={"Server-Timing": timing})

    async def _reload(self, _: web.Request) -> web.Response:
        return answer_info(await self.service.reload())

    async def _healthz(self, _: web.Request) -> web.Response:
        return answer_info(self.service.health())

    async def _info(self, _: web.Request) -> web.Response:
        return answer_info(self.service.info())

    async def _metrics(self, _: web.Request) -> web.Response:
        metrics = self.service.metrics
        return web.Response(body=metrics.exposition(), headers={"Content-Type": metrics.content_type})


def answer_info(info: WorkerInfo) -> web.Response:
    """WorkerInfo as an answer."""
    return web.Response(text=info.model_dump_json(), content_type="application/json")


def remaining_s(request: web.Request) -> float | None:
    """How long the caller still waits; raises BadRequest."""
    text = request.headers.get(TIMEOUT_HEADER)
    try:
        return None if text is None else float(text) / 1000
    except ValueError as error:
        raise BadRequest(f"{TIMEOUT_HEADER} is a number of milliseconds, not {text!r}.") from error


async def serve(settings: EncoderSettings, *, ready: Callable[[str, WorkerInfo], None]) -> None:
    """Listen, load, call `ready` with the URL, and answer until a signal ends it.

    Raises:
        ModelDirectoryError: the model cannot be loaded.
        EncoderError: the address cannot be listened on.
    """
    stop = asyncio.Event()
    worker = Worker(settings)
    runner = web.AppRunner(
        worker.app, access_log=None, handler_cancellation=True, shutdown_timeout=SHUTDOWN_S
    )
    await runner.setup()
    try:
        url = await _listen(runner, settings)
        _on_signals(stop, worker.service)
        loading = asyncio.create_task(worker.service.reload())
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({loading, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if loading.done():
            ready(url, loading.result())
        await stopping
    finally:
        await runner.cleanup()


async def _listen(runner: web.AppRunner, settings: EncoderSettings) -> str:
    if settings.worker_socket is not None:
        site: web.BaseSite = web.UnixSite(runner, settings.worker_socket)
        address = f"unix:{settings.worker_socket}"
    else:
        site = web.TCPSite(runner, settings.worker_host, settings.worker_port)
        address = f"{settings.worker_host}:{settings.worker_port}"
    try:
        await site.start()
    except OSError as error:
        raise EncoderError(f"The worker cannot listen on {address}: {error.strerror}.") from error
    if settings.worker_socket is not None:
        settings.worker_socket.chmod(0o600)
        return address
    host, port = runner.addresses[0][:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _on_signals(stop: asyncio.Event, service: EmbedService) -> None:
    reloads: set[asyncio.Task[None]] = set()

    async def reload() -> None:
        try:
            await service.reload()
        except EncoderError as error:
            log.error("reload: %s", error)

    def start_reload() -> None:
        task = asyncio.create_task(reload())
        reloads.add(task)
        task.add_done_callback(reloads.discard)

    loop = asyncio.get_running_loop()
    with contextlib.suppress(NotImplementedError):  # Windows, where the parent's pipe ends the worker
        loop.add_signal_handler(signal.SIGTERM, stop.set)
        loop.add_signal_handler(signal.SIGINT, stop.set)
        loop.add_signal_handler(signal.SIGHUP, start_reload)
