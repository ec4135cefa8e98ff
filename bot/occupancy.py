"""Knows whether a program has the database open, so that nobody replaces it underneath."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.errors import StoreError

_FILE = ".in-use"


@contextmanager
def occupied(data_dir: Path, *, alone: bool = False) -> Iterator[None]:
    """Holds the data directory, beside others or `alone`; the system lets go of it when the process dies.

    Raises:
        StoreError: somebody else has it, and one of the two wants to be alone.

    """
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / _FILE).open("w") as lock:
        try:
            fcntl.flock(lock, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError as error:
            who = "A bot or a chat" if alone else "A restore"
            raise StoreError(f"{who} is running on {data_dir}; stop it first, then try again.") from error
        yield
