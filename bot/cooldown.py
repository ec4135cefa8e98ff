"""How often one person may do something."""

import time
from collections import OrderedDict, deque
from collections.abc import Hashable

from bot.errors import NotAllowed

_MOST_REMEMBERED = 10_000  # people


class Cooldown:
    """At most `uses` in any `per_s` seconds for each person.

    Args:
        uses: how many.
        per_s: seconds.
        said: what somebody hears who comes too often; `{ready}` is when they may again.

    """

    def __init__(
        self, uses: int, per_s: float, said: str = "That was quick; you can ask again {ready}."
    ) -> None:
        self._uses = uses
        self._per_s = per_s
        self._said = said
        self._times: OrderedDict[Hashable, deque[float]] = OrderedDict()

    def take(self, person: Hashable) -> None:
        """Counts one use; raises `NotAllowed`, saying when the next is possible."""
        now = time.monotonic()
        times = self._times.setdefault(person, deque(maxlen=self._uses))
        self._times.move_to_end(person)
        if len(self._times) > _MOST_REMEMBERED:
            self._times.popitem(last=False)
        if len(times) == self._uses and now - times[0] < self._per_s:
            ready = int(time.time() + self._per_s - (now - times[0])) + 1
            raise NotAllowed(self._said.format(ready=f"<t:{ready}:R>"))
        times.append(now)
