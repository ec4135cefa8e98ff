"""What stands between a model and its promotion: somebody who can measure, which this room cannot."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Verdict:
    """What measuring a model beside the one in use has shown, in a sentence."""

    worse: bool
    sentence: str


Judge = Callable[[Path, Path], Verdict]
"""Measures (a candidate's directory, that of the model in use)."""
