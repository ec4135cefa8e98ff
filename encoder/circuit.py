"""A circuit breaker: when a service keeps failing, stop asking it for a while.

Source: Nygard, Release It!, 2nd edition 2018, chapter 5.
"""

import time
from collections.abc import Callable


class CircuitBreaker:
    """Closed lets everything pass; open lets one probe pass in each `open_s`, until one succeeds.

    Args:
        threshold: failures in a row that open it.
        open_s: seconds between probes.
        clock: monotonic seconds.
    """

    def __init__(self, threshold: int, open_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._threshold = threshold
        self._open_s = open_s
        self._clock = clock
        self._failures = 0
        self._next_probe = 0.0

    def allows(self) -> bool:
        """Whether to ask now; while open, saying so hands out the probe."""
        if self._failures < self._threshold:
            return True
        now = self._clock()
        if now < self._next_probe:
            return False
        self._next_probe = now + self._open_s
        return True

    def succeeded(self) -> None:
        """The service answered, be it with a refusal."""
        self._failures = 0

    def failed(self) -> None:
        """The service did not answer."""
        self._failures += 1
        if self._failures == self._threshold:
            self._next_probe = self._clock() + self._open_s
