"""Waiting without sleeping: whoever waits is woken whenever anything happened, and gives up at a deadline."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Pulse:
    """One heartbeat for the whole server; conditions are asked again at each beat."""

    def __init__(self, *, deadline_s: float) -> None:
        self._deadline_s = deadline_s
        self._beat = asyncio.Event()

    def beat(self) -> None:
        """Something changed: wake everybody who waits."""
        self._beat.set()
        self._beat = asyncio.Event()

    async def until(
        self, condition: Callable[[], T | None], *, what: str, timeout_s: float | None = None
    ) -> T:
        """What ``condition`` returns once it is truthy.

        Raises:
            AssertionError: naming ``what`` was awaited, when the deadline passes first.
        """
        deadline_s = self._deadline_s if timeout_s is None else timeout_s
        try:
            async with asyncio.timeout(deadline_s):
                while not (found := condition()):
                    await self._beat.wait()
        except TimeoutError:
            raise AssertionError(f"{what}: not within {deadline_s:g} s") from None
        return found
