"""What the program tells its keeper: one line an event on stderr, and errors with the id a user saw.

Neither tokens nor ids of people are ever logged; discord.py's own lines below WARNING would have some.
"""

import json
import logging
import secrets
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path

_OWN_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


class _JsonLines(logging.Formatter):
    """{"time", "level", "logger", "message", …} with whatever `extra` was given."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {key: value for key, value in vars(record).items() if key not in _OWN_FIELDS}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def set_up_logging(level: int = logging.INFO) -> None:
    """JSON lines on stderr for a service, plain ones where a person is looking."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
        if sys.stderr.isatty()
        else _JsonLines()
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger("discord").setLevel(logging.WARNING)
    logging.getLogger("aiosqlite").setLevel(logging.WARNING)


def log_to_file(path: Path) -> None:
    """Warnings go to a file, so that they do not come between the lines of a conversation."""
    path.parent.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(
        filename=path,
        level=logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        force=True,
    )


def new_error_id() -> str:
    """Eight characters that tie a user's report to a line in the log."""
    return secrets.token_hex(4)


def keep_traceback(directory: Path, error: BaseException) -> str:
    """Appends an error that nobody expected to `errors.log`; returns its id."""
    error_id = new_error_id()
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "errors.log").open("a", encoding="utf-8") as file:
        file.write(f"{datetime.now(UTC).isoformat()} error {error_id}\n")
        file.write("".join(traceback.format_exception(error)) + "\n")
    return error_id
