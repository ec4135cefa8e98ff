"""/healthz and /metrics of the bot itself.

Healthy means: an index is open, and every shard is connected and hears Discord's heartbeat.
"""

import logging
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from bot.errors import StartUpError

if TYPE_CHECKING:
    from bot.discord_app.client import VerseClient

log = logging.getLogger(__name__)

_SLOWEST_HEARTBEAT_S = 60.0


@asynccontextmanager
async def monitored(client: "VerseClient", host: str, port: int | None) -> AsyncIterator[None]:
    """Listens while the bot runs; does nothing without a port.

    Raises:
        StartUpError: the port is taken.

    """
    if port is None:
        yield
        return
    app = web.Application()
    monitor = _Monitor(client)
    app.add_routes([web.get("/healthz", monitor.health), web.get("/metrics", monitor.metrics)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            raise StartUpError(
                f"Port {port} for /healthz cannot be used ({error.strerror}); set VERSE_METRICS_PORT to another."
            ) from error
        log.info("health and metrics at http://%s:%s", *runner.addresses[0][:2])
        yield
    finally:
        await runner.cleanup()


class _Monitor:
    def __init__(self, client: "VerseClient") -> None:
        self._client = client

    async def health(self, request: web.Request) -> web.Response:
        """200 when all is well, otherwise 503; the body says which part is not."""
        client = self._client
        parts = {
            "index": client.service.index.trouble or "ok",
            "gateway": "ok" if client.is_ready() else "not ready",
            "shards": "ok" if self._shards_hear() else "no heartbeat",
            "stopping": "yes" if client.inflight.refusing else "no",
        }
        well = (
            all(parts[part] == "ok" for part in ("index", "gateway", "shards")) and parts["stopping"] == "no"
        )
        return web.json_response({"ok": well, **parts}, status=200 if well else 503)

    async def metrics(self, request: web.Request) -> web.Response:
        """Everything that is counted, in Prometheus' text format."""
        client = self._client
        metrics = client.service.metrics
        metrics.inflight.set(client.inflight.count)
        metrics.waiting_writes.set(client.service.store.database.waiting)
        metrics.guilds.set(len(client.guilds))
        for shard, seconds in client.latencies:
            metrics.gateway_seconds.labels(str(shard)).set(seconds)
        return web.Response(
            body=generate_latest(metrics.registry), headers={"Content-Type": CONTENT_TYPE_LATEST}
        )

    def _shards_hear(self) -> bool:
        latencies = [seconds for _, seconds in self._client.latencies]
        closed = any(shard.is_closed() for shard in self._client.shards.values())
        return not closed and all(
            math.isfinite(seconds) and seconds < _SLOWEST_HEARTBEAT_S for seconds in latencies
        )
