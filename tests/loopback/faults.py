"""Faults on demand: what the tests break on purpose, a stated number of times, at a stated place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from tests.loopback.errors import JSON, Code, DiscordError


@dataclass(eq=False)
class Fault:
    """One planned fault; ``times`` counts down with each request that it meets."""

    method: str
    path: str
    times: int
    error: DiscordError | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: JSON = field(default_factory=dict)
    delay_s: float = 0.0

    def meets(self, method: str, path: str) -> bool:
        """Whether it strikes this request."""
        return self.times > 0 and self.method in ("*", method) and fnmatchcase(path, self.path)


class Faults:
    """What the tests plan. A path is that of the API with `*` for anything: ``/channels/*/messages``."""

    def __init__(self, expire: Callable[[int], None]) -> None:
        self._planned: list[Fault] = []
        self._expire = expire

    def rate_limit(
        self, method: str, path: str, *, retry_after_s: float, times: int = 1, everywhere: bool = False
    ) -> Fault:
        """429 with Retry-After; ``everywhere`` makes it the global limit of the application."""
        error = DiscordError(429, Code.GENERAL, "You are being rate limited.")
        headers = {
            "Retry-After": str(retry_after_s),
            "Via": "1.1 google",  # its absence means a ban by Cloudflare to clients
            "X-RateLimit-Scope": "global" if everywhere else "user",
        }
        body: JSON = {"retry_after": retry_after_s, "global": everywhere}
        return self._plan(Fault(method, path, times, error, headers=headers, body=body))

    def server_error(self, method: str, path: str, *, status: int = 502, times: int = 1) -> Fault:
        """A 5xx from the edge."""
        return self._plan(Fault(method, path, times, DiscordError.http(status)))

    def refuse(self, method: str, path: str, code: Code, *, times: int = 1) -> Fault:
        """One of Discord's own refusals, such as missing permission or unknown message."""
        return self._plan(Fault(method, path, times, DiscordError.of(code)))

    def slow(self, method: str, path: str, *, delay_s: float, times: int = 1) -> Fault:
        """The answer is right but late."""
        return self._plan(Fault(method, path, times, delay_s=delay_s))

    def expire_interactions(self, number: int = 1) -> None:
        """The next interactions are too old when the bot answers: 404, code 10062."""
        self._expire(number)

    def strike(self, method: str, path: str) -> Fault | None:
        """The planned fault that meets this request, used up by one."""
        for fault in self._planned:
            if fault.meets(method, path):
                fault.times -= 1
                return fault
        return None

    def _plan(self, fault: Fault) -> Fault:
        self._planned.append(fault)
        return fault
