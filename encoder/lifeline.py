"""The child's side of never being an orphan.

A supervised worker's standard input is a pipe whose other end only the parent holds. However the parent
ends, kill -9 included, the kernel closes that end, and the worker sees the end of the file. On Linux the
kernel is also asked to kill the worker with the thread that started it, which works even when it is stuck.
"""

import ctypes
import os
import signal
import sys
import threading
import time

PR_SET_PDEATHSIG = 1  # linux/prctl.h
GRACE_S = 6.0
"""For the answers in progress; a little more than the worker's own limit."""


def hold() -> None:
    """End this process when its parent ends. Call it first of all."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    # A parent that ended before that call has closed the pipe, so the thread sees it.
    threading.Thread(target=_watch, name="lifeline", daemon=True).start()


def _watch() -> None:
    while os.read(sys.stdin.fileno(), 1):
        pass
    if sys.platform != "win32":
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(GRACE_S)
    os._exit(1)
