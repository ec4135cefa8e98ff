"""How much memory this process holds now, and the most it ever held, in MiB.

The article's author lost days to a leak that only the current figure shows at once: a peak never falls.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path

import torch

_STATM = Path("/proc/self/statm")
_MIB = 2**20


def memory_mb(device: torch.device) -> dict[str, float]:
    """`memory_mb` (where the system tells) and `peak_memory_mb` of the process, and the same of its GPU."""
    # Linux counts in KiB, macOS in bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    measures = {"peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / _MIB}
    if _STATM.exists():
        resident_pages = int(_STATM.read_text(encoding="ascii").split()[1])
        measures["memory_mb"] = resident_pages * resource.getpagesize() / _MIB
    if device.type == "cuda":
        measures["gpu_memory_mb"] = torch.cuda.memory_allocated(device) / _MIB
        measures["gpu_peak_memory_mb"] = torch.cuda.max_memory_allocated(device) / _MIB
    return measures
