"""Waiting for a state that no event announces."""

import asyncio
from collections.abc import Callable


async def eventually(condition: Callable[[], bool], deadline_s: float = 20.0) -> None:
    """Until `condition` holds; TimeoutError names it when it never does."""
    async with asyncio.timeout(deadline_s):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.002)
