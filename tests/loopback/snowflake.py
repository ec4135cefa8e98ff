"""Ids as Discord makes them: milliseconds since 2015 in the upper bits, which sort them and choose a shard."""

import itertools
import time

EPOCH_MS = 1_420_070_400_000  # 2015-01-01, the zero of every snowflake
_SEQUENCE = itertools.count()


def snowflake(*, shard: tuple[int, int] | None = None) -> int:
    """A new id; with ``shard=(index, count)`` one that Discord routes to that shard, `(id >> 22) % count`."""
    milliseconds = time.time_ns() // 1_000_000 - EPOCH_MS
    if shard is not None:
        index, count = shard
        milliseconds += index - milliseconds % count
    return milliseconds << 22 | next(_SEQUENCE) & 0x3FFFFF


def shard_of(guild_id: int | None, count: int) -> int:
    """The shard that hears about a guild; direct messages (no guild) always go to shard 0."""
    return 0 if guild_id is None else (guild_id >> 22) % count
