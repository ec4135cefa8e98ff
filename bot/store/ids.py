"""Makes the number of a query in this process, so that a reply need not wait for the database.

63 bits: milliseconds since 2024 above, 21 random bits below; ascending in time to the millisecond, and
two processes on one database collide about once in two million queries of the same millisecond.
In custom ids it is written in base 36, 12 characters at most.
"""

import secrets
import time

_EPOCH_MS = 1_704_067_200_000
_RANDOM_BITS = 21
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def new_query_id() -> int:
    """A number that no other query has."""
    return id_at(now_ms()) | secrets.randbits(_RANDOM_BITS)


def id_at(time_ms: int) -> int:
    """The least number of a query asked at that time."""
    return max(0, time_ms - _EPOCH_MS) << _RANDOM_BITS


def time_of(query_id: int) -> int:
    """When a query was asked, in milliseconds since 1970."""
    return (query_id >> _RANDOM_BITS) + _EPOCH_MS


def now_ms() -> int:
    """Milliseconds since 1970 in UTC."""
    return time.time_ns() // 1_000_000


def to_base36(number: int) -> str:
    """A number of 0 or more in base 36."""
    digits = ""
    while number or not digits:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits
