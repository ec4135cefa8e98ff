"""What can go wrong in training.

TrainingError
├── DatasetError      a prepared dataset is missing, damaged or made for something else
├── RunError          a run directory cannot be resumed or written
├── Diverged          the loss is no longer a number; the last good checkpoint stands
└── EvaluationError   a file of queries or topics is not what it should be
"""

from __future__ import annotations


class TrainingError(Exception):
    """Base of this room; its text is one sentence that a user may read."""


class DatasetError(TrainingError):
    """A prepared dataset is missing, damaged or made for something else."""


class RunError(TrainingError):
    """A run directory cannot be resumed or written."""


class Diverged(TrainingError):  # noqa: N818 - what happened, read as a word
    """The loss is no longer a number."""


class EvaluationError(TrainingError):
    """A file of queries or topics is not what it should be."""
