"""Training and rebuilding, one at a time, as subprocesses that report their progress.

A job is a few command lines of `verse`, run one after another. What they print as JSON lines
(`VERSE_PROGRESS=json`) is their progress, everything else goes to the job's log. A job never outlives
the bot: one that a crash cut off is marked as interrupted at the next start.
"""

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.errors import JobError, JobRunning
from bot.store.jobs import JobLog, JobRecord, JobState

log = logging.getLogger(__name__)

_STOP_S = 5.0  # for a checkpoint; the bot has 10 s to stop in all
_LAST_LINES = 20
_SAID_LINES = 3  # of what the command lines print, in the outcome
_LONGEST_LINE = 1 << 20  # bytes


@dataclass(frozen=True, slots=True)
class Plan:
    """What a job does: command lines of `verse`, and what to do when all succeed, which says how it went."""

    kind: str
    steps: Sequence[Sequence[str]]
    then: Callable[[], Awaitable[str]] | None = None


@dataclass(slots=True)
class Progress:
    """How far the running step is; `total` is 0 while nobody knows."""

    stage: str = "starting"
    done: int = 0
    total: int = 0
    text: str = ""


@dataclass(slots=True)
class Job:
    """One job, running or ended; `changed` is set at every sign of life and at the end."""

    record: JobRecord
    log_path: Path
    progress: Progress = field(default_factory=Progress)
    state: JobState = "running"
    outcome: str = ""
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    last_lines: deque[str] = field(default_factory=lambda: deque(maxlen=_LAST_LINES))


class JobRunner:
    """Runs jobs; `close` it before the store."""

    def __init__(self, records: JobLog, logs_dir: Path) -> None:
        self._jobs = records
        self._logs_dir = logs_dir
        self._task: asyncio.Task[None] | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._stopping_as: JobState | None = None
        self.current: Job | None = None

    @property
    def running(self) -> bool:
        """Whether a job runs now."""
        return self.current is not None and self.current.state == "running"

    @property
    def pid(self) -> int | None:
        """Of the command line that runs now, and of its process group."""
        running = self._process is not None and self._process.returncode is None
        return self._process.pid if self._process is not None and running else None

    async def mark_interrupted(self) -> list[JobRecord]:
        """Marks and returns the jobs that a bot which died left behind."""
        left = await self._jobs.left_running()
        for record in left:
            await self._jobs.end(record.id, "interrupted", "The bot stopped while this ran; start it again.")
        return left

    async def start(self, plan: Plan, who: str) -> Job:
        """Begins a job and returns at once; raises `JobRunning` while another runs."""
        if self.current is not None and self.running:
            raise JobRunning(
                f"Another job ({self.current.record.kind}) is running; wait for it or cancel it."
            )
        placeholder = JobRecord(0, plan.kind, "[]", "running", who, None, None, 0, None, None)
        self.current = job = Job(placeholder, self._logs_dir)  # taken before the first await
        try:
            job.record = await self._jobs.begin(plan.kind, plan.steps, who)
        except BaseException:
            self.current = None
            raise
        job.log_path = self._logs_dir / f"job-{job.record.id}.log"
        self._stopping_as = None
        self._task = asyncio.create_task(self._run(job, plan), name=f"job-{job.record.id}")
        return job

    async def cancel(self) -> Job:
        """Stops the running job; raises `JobError` when none runs."""
        return await self._stop("cancelled")

    async def close(self) -> None:
        """Interrupts the running job, if any; what it saved so far stays."""
        with contextlib.suppress(JobError):
            await self._stop("interrupted")

    async def _stop(self, state: JobState) -> Job:
        job, task = self.current, self._task
        if job is None or task is None or job.state != "running":
            raise JobError("No job is running.")
        self._stopping_as = state
        if self._process is not None:
            _signal(self._process, signal.SIGTERM)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), _STOP_S)
            _signal(self._process, signal.SIGKILL)
        await asyncio.wait({task})
        return job

    async def _run(self, job: Job, plan: Plan) -> None:
        state: JobState = "done"
        outcome = ""
        try:
            for step in plan.steps:
                if self._stopping_as is None and (status := await self._run_step(job, step)) != 0:
                    state = "failed"
                    outcome = job.last_lines[-1] if job.last_lines else f"It ended with status {status}."
                    break
            if self._stopping_as is not None:
                state, outcome = self._stopping_as, ""
            elif state == "done":
                said = list(job.last_lines)[-_SAID_LINES:]
                outcome = "\n".join([*said, *([await plan.then()] if plan.then else [])])
        except Exception as error:
            log.exception("job %s failed", job.record.id)
            state, outcome = "failed", f"{type(error).__name__}: {error}"
        job.state, job.outcome = state, outcome
        try:
            await self._jobs.end(job.record.id, state, outcome)
        finally:
            job.ended.set()
            job.changed.set()

    async def _run_step(self, job: Job, arguments: Sequence[str]) -> int:
        """Runs one command line to its end; its exit status."""
        job.progress = Progress(stage=" ".join(arguments[:2]))
        job.changed.set()
        self._logs_dir.mkdir(parents=True, exist_ok=True)
        self._process = process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot.job_process",
            *arguments,
            stdin=asyncio.subprocess.PIPE,  # held open as long as the bot lives (encoder.lifeline)
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=os.environ | {"VERSE_PROGRESS": "json", "PYTHONPATH": _python_path(), "NO_COLOR": "1"},
            start_new_session=True,
            limit=_LONGEST_LINE,
        )
        if self._stopping_as is not None:  # asked for while the process was being made
            _signal(process, signal.SIGTERM)
        assert process.stdout is not None
        with job.log_path.open("ab") as file:
            async for line in process.stdout:
                file.write(line)
                file.flush()
                self._take_line(job, line.decode("utf-8", "replace").strip())
        return await process.wait()

    def _take_line(self, job: Job, line: str) -> None:
        try:
            report = json.loads(line)
        except ValueError:
            report = None
        if not isinstance(report, dict):
            if line:
                job.last_lines.append(line)
        elif {"stage", "done", "total"} <= report.keys():
            job.progress = Progress(
                str(report["stage"]), int(report["done"]), int(report["total"]), str(report.get("text", ""))
            )
        job.changed.set()


def _signal(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    # The whole group: a data loader of a training run must not stay behind.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def _python_path() -> str:
    # The package may be imported from a checkout, from whatever directory.
    here = str(Path(__file__).resolve().parent.parent)
    return os.pathsep.join([here, *filter(None, [os.environ.get("PYTHONPATH")])])
