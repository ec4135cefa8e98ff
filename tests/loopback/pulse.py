"""Waiting without sleeping: whoever waits is woken whenever anything happened, and gives up at a deadline."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

DEADLINE_S = 60.0
"""How long anything is waited for. It only ends what hangs: a machine that is busy must not fail a test."""


class Pulse:
    """One heartbeat for the whole server; conditions are asked again at each beat."""

    def __init__(self) -> None:
        self._beat = asyncio.Event()

    def beat(self) -> None:
        """Something changed: wake everybody who waits."""
        self._beat.set()
        self._beat = asyncio.Event()

    async def until(self, condition: Callable[[], T | None], *, what: str) -> T:
        """What ``condition`` returns once it is truthy.

        Raises:
            AssertionError: naming ``what`` was awaited, when the deadline passes first.
        """
        try:
            async with asyncio.timeout(DEADLINE_S):
                while not (found := condition()):
                    await self._beat.wait()
        except TimeoutError:
            raise AssertionError(f"{what}: not within {DEADLINE_S:g} s") from None
        return found
