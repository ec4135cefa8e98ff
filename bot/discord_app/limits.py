"""Manners: how often one person may ask, and how many questions of one server may wait."""

import time
from collections import Counter, OrderedDict, deque
from collections.abc import Iterator
from contextlib import contextmanager

from bot.errors import NotAllowed

_MOST_REMEMBERED = 10_000  # people


class Cooldown:
    """At most `uses` in any `per_s` seconds for each person."""

    def __init__(self, uses: int, per_s: float) -> None:
        self._uses = uses
        self._per_s = per_s
        self._times: OrderedDict[int, deque[float]] = OrderedDict()

    def take(self, user_id: int) -> None:
        """Counts one use; raises `NotAllowed`, saying when the next is possible."""
        now = time.monotonic()
        times = self._times.setdefault(user_id, deque(maxlen=self._uses))
        self._times.move_to_end(user_id)
        if len(self._times) > _MOST_REMEMBERED:
            self._times.popitem(last=False)
        if len(times) == self._uses and now - times[0] < self._per_s:
            ready = int(time.time() + self._per_s - (now - times[0])) + 1
            raise NotAllowed(f"That was quick; you can ask again <t:{ready}:R>.")
        times.append(now)


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
