"""How many questions of one server may wait."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from bot.errors import NotAllowed


class Crowd:
    """At most `most` questions of one server at a time, so that none takes all of the bot."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._waiting: Counter[int] = Counter()

    @contextmanager
    def admit(self, guild_id: int | None) -> Iterator[None]:
        """Counts one question while it is answered; raises `NotAllowed` when there are too many."""
        if guild_id is None:
            yield
            return
        if self._waiting[guild_id] >= self._most:
            raise NotAllowed(
                "Very many people are asking here at this moment; please try again in a few seconds."
            )
        self._waiting[guild_id] += 1
        try:
            yield
        finally:
            self._waiting[guild_id] -= 1
            if not self._waiting[guild_id]:
                del self._waiting[guild_id]
