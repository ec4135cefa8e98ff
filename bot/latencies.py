"""How long replies took, over the last of them."""

from collections import deque

import numpy as np

_KEPT = 1_000


class Latencies:
    """The last 1,000 durations in milliseconds."""

    def __init__(self) -> None:
        self._last: deque[float] = deque(maxlen=_KEPT)

    def add(self, ms: float) -> None:
        """Takes one more."""
        self._last.append(ms)

    def sentence(self) -> str:
        """Percentiles, for people."""
        if not self._last:
            return "no queries yet"
        p50, p95, p99 = np.percentile(list(self._last), [50, 95, 99])
        return f"p50 {p50:.1f} ms, p95 {p95:.1f} ms, p99 {p99:.1f} ms over the last {len(self._last):,}"
