"""What can go wrong in training.

TrainingError
├── DatasetError      a prepared dataset is missing, damaged or made for something else
├── RunError          a run directory cannot be resumed or written
├── UnusableSettings  no encoder has this shape
├── Diverged          the loss is no longer a number; the last good checkpoint stands
├── Stopped           SIGTERM or SIGINT: everything is saved, the same command goes on
├── EvaluationError   a file of queries or topics is not what it should be
└── FeedbackError     a file of feedback is not what it should be, or teaches nothing
"""

from __future__ import annotations


class TrainingError(Exception):
    """Base of this room; its text is one sentence that a user may read."""


class DatasetError(TrainingError):
    """A prepared dataset is missing, damaged or made for something else."""


class RunError(TrainingError):
    """A run directory cannot be resumed or written."""


class UnusableSettings(TrainingError):  # noqa: N818 - what they are
    """No encoder has this shape."""


class Diverged(TrainingError):  # noqa: N818 - what happened, read as a word
    """The loss is no longer a number."""


class Stopped(TrainingError):  # noqa: N818 - what happened, read as a word
    """A run was asked to stop, and saved; `exit_code` is the shell's for that signal (130 or 143)."""

    def __init__(self, text: str, signal_number: int) -> None:
        super().__init__(text)
        self.exit_code = 128 + signal_number


class EvaluationError(TrainingError):
    """A file of queries or topics is not what it should be."""


class FeedbackError(TrainingError):
    """A file of feedback is not what it should be, or there is nothing in it to learn."""
