"""What can go wrong in the encoder's room.

EncoderError
├── ModelDirectoryError    a model directory is missing, incomplete or damaged
├── EncoderUnavailable     the worker does not answer
├── EncoderBusy            the worker's queue is full; try again after `retry_after_s`
├── ModelMismatch          the worker holds another model than the one asked for
└── BadRequest             the worker refuses what was sent
"""

from __future__ import annotations


class EncoderError(Exception):
    """Base of this room; its text is one sentence that a user may read."""


class ModelDirectoryError(EncoderError):
    """A model directory is missing, incomplete or damaged."""


class EncoderUnavailable(EncoderError):  # noqa: N818 - the state of the worker, read as a word
    """The worker does not answer."""


class EncoderBusy(EncoderError):  # noqa: N818 - as above
    """The worker's queue is full."""

    def __init__(self, message: str, retry_after_s: float) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class ModelMismatch(EncoderError):  # noqa: N818 - as above
    """The worker holds another model than the one asked for."""


class BadRequest(EncoderError):  # noqa: N818 - as above
    """The worker refuses what was sent."""
