"""What can go wrong in this room. Every message is one sentence that says what to do.

IndexingError
├── ReferenceError_        a reference that cannot be read ("PSA ninety")
│   └── UnknownVerse       a reference that can be read but does not exist ("John 99:99")
├── UnknownTranslation     a translation nobody installed or added
├── CorpusError            a wheel, cache or query file that is not what it should be
└── RejectedText           a user's text that `verse corpus add` refuses, with every bad line
"""

from collections.abc import Sequence


class IndexingError(Exception):
    """Base of every error this room raises on purpose."""


class ReferenceError_(IndexingError):  # noqa: N801, N818 - `ReferenceError` is a builtin
    """The text is not a reference."""


class UnknownVerse(ReferenceError_):
    """The reference is well formed, but no such verse exists."""


class UnknownTranslation(IndexingError):  # noqa: N818 - named after what it is about
    """No translation of that code is installed or has been added."""


class CorpusError(IndexingError):
    """A file of the corpus is missing or not what it should be."""


class RejectedText(IndexingError):  # noqa: N818 - named after what it is about
    """A user's text was refused as a whole; `problems` has one (line number, reason) a bad line."""

    def __init__(self, message: str, problems: Sequence[tuple[int, str]] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)
