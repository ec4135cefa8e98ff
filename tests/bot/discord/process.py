"""`verse bot` as people run it: a process of its own, told by its environment where everything is."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sqlite3
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from tests.loopback import LoopbackDiscord
from tests.loopback.pulse import DEADLINE_S

REPOSITORY = Path(__file__).resolve().parents[3]


class BotProcess:
    """One run of the bot over one data directory; `start` it again for a restart."""

    def __init__(self, server: LoopbackDiscord, data_dir: Path, **environment: str) -> None:
        self.server = server
        self.data_dir = data_dir
        self._log_path = data_dir / "bot.log"
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("VERSE_", "DISCORD_"))
        }
        self._environment = kept | {
            "DISCORD_TOKEN": server.token,
            "VERSE_DISCORD_API": server.url,
            "VERSE_DATA_DIR": str(data_dir),
            "VERSE_DEVICE": "cpu",
            "OMP_NUM_THREADS": "1",
            "PYTHONPATH": str(REPOSITORY),
        }
        self._environment |= environment
        self._process: asyncio.subprocess.Process | None = None

    @property
    def log(self) -> str:
        """What it printed so far, in all its runs."""
        return self._log_path.read_text(encoding="utf-8") if self._log_path.exists() else ""

    @property
    def pid(self) -> int:
        """Of the running process."""
        assert self._process is not None
        return self._process.pid

    async def launch(self) -> None:
        """Starts the process without waiting for anything."""
        with self._log_path.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bot", "bot"),
                cwd=self.data_dir,  # so that no .env of the repository is read
                env=self._environment,
                stdout=log,
                stderr=log,
            )

    async def start(self) -> None:
        """Starts the process and waits until Discord has it with every shard.

        Raises:
            AssertionError: with its log, when it ended instead.
        """
        await self.launch()
        assert self._process is not None
        ended = asyncio.create_task(self._process.wait())
        ready = asyncio.create_task(self.server.ready())
        await asyncio.wait({ended, ready}, return_when=asyncio.FIRST_COMPLETED)
        if ended.done():
            ready.cancel()
            raise AssertionError(f"the bot ended with {ended.result()}:\n{self.log}")
        ended.cancel()
        await ready

    async def ended(self) -> int:
        """Waits for its end; returns its exit code."""
        assert self._process is not None
        async with asyncio.timeout(DEADLINE_S):
            code = await self._process.wait()
        await self.server.until(lambda: not self.server.sessions, what="the bot's websockets close")
        return code

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Sends a signal and waits for the end; returns the exit code. Does nothing when it has ended."""
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(number)
        return await self.ended()

    async def verse(self, *arguments: str) -> tuple[int, str]:
        """Runs another command line of `verse` over the same data; its exit code and what it printed."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", *arguments),
            cwd=self.data_dir,
            env=self._environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        printed, _ = await process.communicate()
        return process.returncode or 0, printed.decode()

    def children(self, containing: str) -> list[int]:
        """Processes that it started, by a word of their command line."""
        found = []
        for status in Path("/proc").glob("[0-9]*/status"):
            with contextlib.suppress(OSError):  # ended while we looked
                is_child = f"\nPPid:\t{self.pid}\n" in status.read_text()
                words = status.with_name("cmdline").read_bytes().decode().split("\0")
                if is_child and containing in words:
                    found.append(int(status.parent.name))
        return found

    def rows(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Reads its database beside it."""
        connection = sqlite3.connect(f"file:{self.data_dir / 'verse.sqlite3'}?mode=ro", uri=True)
        try:
            return connection.execute(sql, parameters).fetchall()
        finally:
            connection.close()

    async def eventually(
        self, sql: str, *parameters: Any, expected: Sequence[tuple[Any, ...]] | Callable[[list[Any]], bool]
    ) -> list[tuple[Any, ...]]:
        """Reads until the rows are as expected: the one event that another process's database cannot send us.

        Raises:
            AssertionError: with the rows as they are, after the deadline.
        """
        found: list[tuple[Any, ...]] = []

        def as_expected() -> bool:
            found[:] = self.rows(sql, *parameters)
            return expected(found) if callable(expected) else found == list(expected)

        if not await becomes_true(as_expected):
            raise AssertionError(f"{sql}: {found}, not {expected}")
        return found


async def becomes_true(condition: Callable[[], bool | Awaitable[bool]]) -> bool:
    """Whether it does in time. For what another process does behind our back, which no event tells us."""
    deadline = time.monotonic() + DEADLINE_S
    while True:
        answer = condition()
        if answer if isinstance(answer, bool) else await answer:
            return True
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def own_bot(server: LoopbackDiscord, data_dir: Path, **environment: str) -> AsyncIterator[BotProcess]:
    """A Discord and a bot of the test's own, logged in, both stopped afterwards."""
    async with server:
        bot = BotProcess(server, data_dir, **environment)
        try:
            await bot.start()
            yield bot
        finally:
            await bot.stop()
