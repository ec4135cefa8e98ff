"""Reads keys and lines from a terminal, or from a pipe, without holding up the event loop."""

import asyncio
import os
import sys
import termios
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Protocol, TypeVar

from rich.console import Console

T = TypeVar("T")

END = "\x04"
"""The key that stands for the end of the input, Ctrl-C and Ctrl-D."""

_LOCAL_MODES = 3  # of what tcgetattr returns
_LONGEST_KEY = 16  # bytes: arrows and the like come as several


async def in_daemon_thread(read: Callable[[], T]) -> T:
    """What a blocking read returns.

    Not in one of asyncio's own threads: those are waited for at the end, and after Ctrl-C nobody types.
    """
    loop = asyncio.get_running_loop()
    result: asyncio.Future[T] = loop.create_future()

    def hand_over(found: T) -> None:
        if not result.done():
            result.set_result(found)

    def run() -> None:
        found = read()
        with suppress(RuntimeError):  # the loop is closed: it was Ctrl-C
            loop.call_soon_threadsafe(hand_over, found)

    threading.Thread(target=run, name="keyboard", daemon=True).start()
    return await result


class Keys(Protocol):
    """Where keys come from; both methods block."""

    def key(self) -> str:
        """The next key, `END` at the end."""

    def line(self, prompt: str) -> str:
        """A line typed after a question."""


@contextmanager
def keys_of(console: Console) -> Iterator[Keys]:
    """Keys of the terminal, or lines when a pipe stands in its place."""
    if not sys.stdin.isatty():
        yield PipedKeys()
        return
    descriptor = sys.stdin.fileno()
    usual = termios.tcgetattr(descriptor)
    keys = TerminalKeys(console, descriptor, usual)
    keys.unbuffer()
    try:
        yield keys
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, usual)


class TerminalKeys:
    """A terminal that gives keys at once and as they are, Ctrl-C too, so that it ends a session in order."""

    def __init__(self, console: Console, descriptor: int, usual: list[Any]) -> None:
        self._console = console
        self._descriptor = descriptor
        self._usual = usual

    def unbuffer(self) -> None:
        """Goes over to single keys."""
        single = termios.tcgetattr(self._descriptor)
        single[_LOCAL_MODES] &= ~(termios.ECHO | termios.ICANON | termios.ISIG)
        termios.tcsetattr(self._descriptor, termios.TCSADRAIN, single)

    def key(self) -> str:
        """The next key, `END` at the end."""
        typed = os.read(self._descriptor, _LONGEST_KEY).decode("utf-8", "replace")
        return END if typed in ("", "\x03", "\x04") else typed

    def line(self, prompt: str) -> str:
        """A line typed after a question; empty when it was left with Ctrl-D."""
        termios.tcsetattr(self._descriptor, termios.TCSADRAIN, self._usual)
        try:
            return self._console.input(prompt).strip()
        except EOFError:
            return ""
        finally:
            self.unbuffer()


class PipedKeys:
    """Lines from a pipe: a key each, with what is to be typed after it ("c psalm 90:12")."""

    def __init__(self) -> None:
        self._rest = ""

    def key(self) -> str:
        """The next key, `END` at the end."""
        line = sys.stdin.readline()
        self._rest = line.strip()[1:].strip()
        return line.strip()[:1] if line else END

    def line(self, prompt: str) -> str:
        """What stood behind the key."""
        return self._rest
