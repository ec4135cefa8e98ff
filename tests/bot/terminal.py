"""A program that talks to a terminal, as a person sees and answers it."""

import asyncio
import os
import pty
import select
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

_DEADLINE_S = 60


class Terminal:
    """The person's side."""

    def __init__(self, descriptor: int, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self._descriptor = descriptor
        self._unread = ""

    async def read_until(self, wanted: str) -> None:
        """Reads up to the end of `wanted`; what came after it in the same moment is read next."""
        await asyncio.to_thread(self._read_until, wanted)

    def type(self, keys: bytes) -> None:
        """As if they were pressed."""
        os.write(self._descriptor, keys)

    async def ended(self) -> int:
        """The program's exit status."""
        async with asyncio.timeout(_DEADLINE_S):
            return await self.process.wait()

    def _read_until(self, wanted: str) -> None:
        while wanted not in self._unread:
            ready, _, _ = select.select([self._descriptor], [], [], _DEADLINE_S)
            assert ready, f"{wanted!r} did not come: {self._unread!r}"
            self._unread += os.read(self._descriptor, 4096).decode("utf-8", "replace")
        self._unread = self._unread.partition(wanted)[2]


@asynccontextmanager
async def on_terminal(
    command: Sequence[str], directory: Path, environment: Mapping[str, str]
) -> AsyncIterator[Terminal]:
    """Starts a program on a terminal of its own; it is gone at the end."""
    controller, program = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=directory,
        env=environment,
        stdin=program,
        stdout=program,
        stderr=program,
        start_new_session=True,
        # A shell that starts the tests in the background has them, and all that they start, ignore Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    os.close(program)
    try:
        yield Terminal(controller, process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        os.close(controller)
