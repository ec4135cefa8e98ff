"""Freed memory is kept for the next step, and handed back when that is asked for."""

import subprocess
import sys

import pytest

HOLES = """
from training.allocator import keep_freed_memory, return_freed_memory
from training.memory import memory_mb
import torch

def held():
    return memory_mb(torch.device("cpu"))["memory_mb"]

keep_freed_memory()
before = held()
blocks = [bytearray(b"1") * 2**20 for _ in range(256)]
last = blocks.pop()  # at the end of the heap, which therefore cannot shrink
blocks.clear()
print(held() - before)
return_freed_memory()
print(held() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's malloc")
def test_holes_are_kept_and_handed_back() -> None:
    done = subprocess.run(
        [sys.executable, "-c", HOLES], capture_output=True, text=True, check=True, timeout=60
    )
    kept, returned = map(float, done.stdout.split())
    assert kept > 200
    assert returned < 50
