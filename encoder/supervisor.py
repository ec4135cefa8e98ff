"""A worker of one's own: started, watched, restarted when it dies, and gone when its parent is gone."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import secrets
import sys
import time
from pathlib import Path

from encoder.client import EncoderClient
from encoder.errors import EncoderError, EncoderUnavailable
from encoder.settings import EncoderSettings

READY_S = 120.0
"""For importing torch and loading and warming the model, on a slow disk."""
HEALTH_EVERY_S = 5.0
HEALTH_TIMEOUT_S = 5.0
"""Far more than an answer takes under full load; only a hung worker needs longer."""
UNHEALTHY_IN_A_ROW = 3
STOP_S = 8.0
"""More than the worker's own limit for answers in progress."""
BACKOFF_S = 0.1, 30.0
"""First and longest pause before a restart; it doubles between them."""
LIVED_WELL_S = 60.0
"""A worker that ran so long did not die of its start: the pause begins anew."""

log = logging.getLogger(__name__)


class WorkerProcess:
    """A `verse worker` on a free loopback port, with a secret that only this process knows.

    Call `start` in a thread that lives as long as the worker should: on Linux it dies with that thread.
    """

    def __init__(
        self,
        settings: EncoderSettings | None = None,
        *,
        health_every_s: float = HEALTH_EVERY_S,
        health_timeout_s: float = HEALTH_TIMEOUT_S,
    ) -> None:
        self._settings = settings or EncoderSettings()
        self._health_every_s = health_every_s
        self._health_timeout_s = health_timeout_s
        self.secret = secrets.token_urlsafe()
        self.restarts = 0
        self._port = 0
        self._process: asyncio.subprocess.Process | None = None
        self._watching: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Where it listens, the same after a restart."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def pid(self) -> int | None:
        """Of the worker that runs now."""
        alive = self._process is not None and self._process.returncode is None
        return self._process.pid if self._process is not None and alive else None

    def client(self, timeout_s: float = 1.0) -> EncoderClient:
        """A client of this worker."""
        return EncoderClient(self.url, secret=self.secret, timeout_s=timeout_s)

    async def start(self) -> str:
        """Start it, wait until it is ready, and give its URL; raises EncoderError when it cannot start."""
        await self._spawn()
        self._watching = asyncio.create_task(self._watch())
        return self.url

    async def stop(self) -> None:
        """Let it finish what it is answering, and end it."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)
        await self._end()

    async def _spawn(self) -> None:
        self._process = process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "encoder", "worker", "--supervised"),
            stdin=asyncio.subprocess.PIPE,  # held open as long as this process lives (encoder.lifeline)
            stdout=asyncio.subprocess.PIPE,
            env=os.environ | self._environment(),
            start_new_session=True,  # Ctrl-C in a terminal stops the parent, which then stops the worker
        )
        assert process.stdout is not None
        try:
            async with asyncio.timeout(READY_S):
                line = await process.stdout.readline()
            event = json.loads(line or b'{"error": "The encoder worker ended while starting."}')
            if "error" in event:
                raise EncoderUnavailable(event["error"])
        except BaseException as error:
            await self._end()
            if isinstance(error, TimeoutError):
                raise EncoderUnavailable(f"The encoder worker was not ready in {READY_S:g} s.") from error
            raise
        self._port = int(event["url"].rpartition(":")[2])

    async def _watch(self) -> None:
        pause = BACKOFF_S[0]
        while True:
            started = time.monotonic()
            reason = await self._death()
            if time.monotonic() - started > LIVED_WELL_S:
                pause = BACKOFF_S[0]
            log.warning("The encoder worker %s; restarting it in %.1f s.", reason, pause)
            await asyncio.sleep(pause)
            pause = min(2 * pause, BACKOFF_S[1])
            self.restarts += 1
            try:
                await self._spawn()
            except EncoderError as error:
                log.warning("%s", error)

    async def _death(self) -> str:
        """Wait until the worker has ended, of itself or because it hung; how it ended."""
        assert self._process is not None
        ended = asyncio.create_task(self._process.wait())
        try:
            async with EncoderClient(
                self.url, secret=self.secret, timeout_s=self._health_timeout_s
            ) as client:
                failures = 0
                while failures < UNHEALTHY_IN_A_ROW:
                    done, _ = await asyncio.wait({ended}, timeout=self._health_every_s)
                    if done:
                        return f"ended with status {ended.result()}"
                    try:
                        await client.health()
                        failures = 0
                    except EncoderError:
                        failures += 1
        finally:
            ended.cancel()
        self._process.kill()
        await self._process.wait()
        return "hung and was killed"

    async def _end(self) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(STOP_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()

    def _environment(self) -> dict[str, str]:
        """The settings, for a process that reads them from its environment."""
        values = self._settings.model_dump(exclude_none=True, exclude={"worker_socket", "encoder_secret"})
        values |= {"worker_host": "127.0.0.1", "worker_port": self._port, "encoder_secret": self.secret}
        environment = {f"VERSE_{name.upper()}": str(value) for name, value in values.items()}
        # The package may be imported from a checkout, from whatever directory.
        package_parent = str(Path(__file__).resolve().parent.parent)
        paths = [package_parent, *filter(None, [os.environ.get("PYTHONPATH")])]
        return environment | {"PYTHONPATH": os.pathsep.join(paths), "PYTHONSAFEPATH": "1"}
