"""What can go wrong in this room. Every message is one sentence that says what to do.

IndexingError
├── ReferenceError_        a reference that cannot be read ("PSA ninety")
│   └── UnknownVerse       a reference that can be read but does not exist ("John 99:99")
├── UnknownTranslation     a translation nobody installed or added
├── CorpusError            a wheel, cache or query file that is not what it should be
├── RejectedText           a user's text that `verse corpus add` refuses, with every bad line
├── BadOption              an option of a search that has no meaning (book, mode, number of results)
├── NoSnapshot             no index has been built yet
├── DamagedSnapshot        an index whose files are not what was written
├── BuildRunning           another build is at work in the same place
├── OtherModel             an index of another model than the one in use
└── EmbedderUnavailable    no vectors now; search goes on with words only
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


class BadOption(IndexingError):  # noqa: N818 - named after what it is about
    """An option of a search that has no meaning: a book, a mode or a number of results."""


class NoSnapshot(IndexingError):  # noqa: N818
    """There is no index yet, or none that can be opened."""


class DamagedSnapshot(IndexingError):  # noqa: N818
    """A file of the index is not what was written, or comes from another version."""


class BuildRunning(IndexingError):  # noqa: N818
    """Another process builds an index in the same place."""


class OtherModel(IndexingError):  # noqa: N818
    """The index holds vectors of another model than the one in use."""


class EmbedderUnavailable(IndexingError):  # noqa: N818
    """What an embedder raises when it cannot answer now; search then goes on with words only."""
