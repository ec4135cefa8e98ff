"""Manners: how often one person may ask."""

import time
from collections import OrderedDict, deque

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
