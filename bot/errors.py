"""What can go wrong in this room. Every message is one sentence that a user may read.

BotError
├── BadQuery            what somebody typed cannot be searched for
├── NotAllowed          somebody asked for what is not theirs to ask
├── NoIndex             there is no index to search, or it is damaged
├── JobError            a job cannot be started or stopped
│   └── JobRunning      another one is running
├── StoreError          the database cannot be opened, upgraded, saved or read
├── ExperimentError     an experiment cannot be started or stopped
├── FeedbackRefused     a rating or correction cannot be kept
└── StartUpError        the program cannot start; the command line exits with code 1
"""


class BotError(Exception):
    """Base of every error this room raises on purpose."""


class BadQuery(BotError):  # noqa: N818 - named after what it is about
    """What somebody typed cannot be searched for."""


class NotAllowed(BotError):  # noqa: N818 - read as a sentence
    """Somebody asked for what is not theirs to ask."""


class NoIndex(BotError):  # noqa: N818 - the state of the index, read as a word
    """There is no index to search, or it is damaged."""


class JobError(BotError):
    """A job cannot be started or stopped."""


class JobRunning(JobError):  # noqa: N818 - the state, read as a word
    """Another job is running."""


class StoreError(BotError):
    """The database cannot be opened, upgraded, saved or read."""


class ExperimentError(BotError):
    """An experiment cannot be started or stopped."""


class FeedbackRefused(BotError):  # noqa: N818 - read as a sentence
    """A rating or correction cannot be kept."""


class StartUpError(BotError):
    """The program cannot start."""
