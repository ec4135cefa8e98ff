"""The record of training and rebuilding."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bot.store.database import Database
from bot.store.ids import now_ms

JobState = Literal["running", "done", "failed", "cancelled", "interrupted"]

_COLUMNS = "id, kind, steps, state, who, channel_id, message_id, started_at, finished_at, outcome"


@dataclass(frozen=True, slots=True)
class JobRecord:
    """One job.

    Times are milliseconds since 1970; `steps` is JSON, the command lines it runs; `channel_id` and
    `message_id` are where it shows its progress.
    """

    id: int
    kind: str
    steps: str
    state: JobState
    who: str
    channel_id: int | None
    message_id: int | None
    started_at: int
    finished_at: int | None
    outcome: str | None


class JobLog:
    """Table `jobs`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, kind: str, steps: Sequence[Sequence[str]], who: str) -> JobRecord:
        """Notes a job that starts now."""
        written = json.dumps(steps)
        job_id = now_ms()  # one job at a time, so a millisecond names it
        await self._database.write(
            [
                (
                    "INSERT INTO jobs (id, kind, steps, state, who, started_at)"
                    " VALUES (?, ?, ?, 'running', ?, ?)",
                    [(job_id, kind, written, who, job_id)],
                )
            ]
        )
        return JobRecord(job_id, kind, written, "running", who, None, None, job_id, None, None)

    async def show_in(self, job_id: int, channel_id: int, message_id: int) -> None:
        """Notes the message that shows its progress."""
        await self._database.write(
            [
                (
                    "UPDATE jobs SET channel_id = ?, message_id = ? WHERE id = ?",
                    [(channel_id, message_id, job_id)],
                )
            ]
        )

    async def end(self, job_id: int, state: JobState, outcome: str) -> None:
        """Notes how a job ended."""
        await self._database.write(
            [
                (
                    "UPDATE jobs SET state = ?, outcome = ?, finished_at = ? WHERE id = ?",
                    [(state, outcome, now_ms(), job_id)],
                )
            ]
        )

    async def left_running(self) -> list[JobRecord]:
        """Jobs that a program which died left behind."""
        rows = await self._database.rows(f"SELECT {_COLUMNS} FROM jobs WHERE state = 'running' ORDER BY id")
        return [JobRecord(*row) for row in rows]

    async def get(self, job_id: int) -> JobRecord | None:
        """A job by its number."""
        row = await self._database.row(f"SELECT {_COLUMNS} FROM jobs WHERE id = ?", (job_id,))
        return None if row is None else JobRecord(*row)

    async def latest(self, count: int) -> list[JobRecord]:
        """The last jobs, newest first."""
        rows = await self._database.rows(f"SELECT {_COLUMNS} FROM jobs ORDER BY id DESC LIMIT ?", (count,))
        return [JobRecord(*row) for row in rows]
