"""Dynamic batching: rows of many requests go through the model together.

One thread owns the model. It takes whatever waits as soon as it is free, so a lone request never waits, and
while it computes, the next batch gathers by itself. The event loop only hands over rows and receives results.
"""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from encoder.errors import EncoderBusy, EncoderError, EncoderUnavailable
from encoder.protocol import Vectors

Row = list[int]
"""Token ids of one text."""
Compute = Callable[[Sequence[Row]], Vectors | Sequence[Vectors]]
"""A model: N rows to N results, in their order. Equal ones share batches."""

FIRST_GUESS_TOKENS_PER_S = 10_000.0
"""What a small model does on one CPU core; measured from the first batch on."""
SMOOTHING = 0.2
"""Weight of the newest batch in the measured speed."""


@dataclass(frozen=True, slots=True)
class BatchReport:
    """What one forward pass was, for the metrics."""

    requests: int
    texts: int
    tokens: int
    forward_s: float


@dataclass(frozen=True, slots=True)
class Batched:
    """What a request gets: a result a row, how long it waited for the model, how long its batches took."""

    results: Sequence[Vectors]
    queue_s: float
    forward_s: float


@dataclass(eq=False, slots=True)
class _Job:
    """One request's rows; those before `taken` have gone to the model, those in `results` have come back."""

    compute: Compute
    rows: Sequence[Row]
    future: asyncio.Future[Batched]
    tokens_waiting: int
    since: float = field(default_factory=time.monotonic)
    queue_s: float = 0.0
    forward_s: float = 0.0
    taken: int = 0
    results: list[Vectors] = field(default_factory=list)


class Batcher:
    """A bounded queue of rows and the thread that empties it.

    Args:
        max_tokens: tokens in one forward pass.
        max_wait_s: how long a batch may wait for requests that are about to come.
        max_waiting_tokens: beyond it a request is refused, unless nothing else waits.
        on_batch: called in the thread after each forward pass.
    """

    def __init__(
        self,
        *,
        max_tokens: int,
        max_wait_s: float,
        max_waiting_tokens: int,
        on_batch: Callable[[BatchReport], None] = lambda _: None,
    ) -> None:
        self._max_tokens = max_tokens
        self._max_wait_s = max_wait_s
        self._max_waiting_tokens = max_waiting_tokens
        self._on_batch = on_batch
        self._jobs: deque[_Job] = deque()
        self._unfinished: list[_Job] = []
        self._changed = threading.Condition()
        self._closing = False
        self._tokens_waiting = 0
        self._tokens_per_s = FIRST_GUESS_TOKENS_PER_S
        self._last_requests = 0
        self._last_end = -math.inf
        self._began: float | None = None
        self._failures = 0
        self._thread = threading.Thread(target=self._run, name="encoder-forward", daemon=True)
        self._thread.start()

    @property
    def tokens_waiting(self) -> int:
        """Tokens that no forward pass has taken yet."""
        return self._tokens_waiting

    @property
    def requests_waiting(self) -> int:
        """Requests that no forward pass has taken whole."""
        return len(self._jobs) + len(self._unfinished)

    @property
    def forward_age_s(self) -> float:
        """How long the forward pass in progress has taken so far; 0 when idle."""
        began = self._began
        return 0.0 if began is None else time.monotonic() - began

    @property
    def failures_in_a_row(self) -> int:
        """Forward passes that raised since the last good one."""
        return self._failures

    async def embed(self, compute: Compute, rows: Sequence[Row]) -> Batched:
        """The results of `rows`, in their order.

        Cancelling the call takes back every row that the model has not begun.

        Raises:
            EncoderBusy: the queue is full.
            EncoderUnavailable: the batcher is closed.
            EncoderError: the forward pass failed.
        """
        loop = asyncio.get_running_loop()
        job = _Job(compute, rows, loop.create_future(), sum(map(len, rows)))
        with self._changed:
            if self._closing:
                raise EncoderUnavailable("The worker is stopping.")
            if self._tokens_waiting and self._tokens_waiting + job.tokens_waiting > self._max_waiting_tokens:
                wait_s = self._tokens_waiting / self._tokens_per_s
                raise EncoderBusy(f"The encoder is busy; try again in {wait_s:.1f} s.", wait_s)
            self._jobs.append(job)
            self._tokens_waiting += job.tokens_waiting
            # Who waits for company is not woken for each guest: that two Python threads take turns costs both.
            if len(self._jobs) == 1 or self._has_company():
                self._changed.notify()
        try:
            return await job.future
        except asyncio.CancelledError:
            self._withdraw(job)
            raise

    def close(self) -> None:
        """Finish what waits, refuse what comes, end the thread. Blocks: call it off the event loop."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()

    def _withdraw(self, job: _Job) -> None:
        with self._changed:
            for queue in (self._jobs, self._unfinished):
                if job in queue:
                    queue.remove(job)
                    self._tokens_waiting -= job.tokens_waiting

    def _run(self) -> None:
        while batch := self._next_batch():
            self._forward(batch)

    def _next_batch(self) -> list[tuple[_Job, int]]:
        """Jobs and how many of each one's rows go now; empty when closed and done."""
        with self._changed:
            # Whoever came during the last batch goes before the rest of a request that was in it, so that a
            # thousand texts delay one text by a batch, and a stream of single texts delays the thousand by little.
            self._jobs.extend(self._unfinished)
            self._unfinished.clear()
            while self._changed.wait_for(lambda: self._jobs or self._closing) and self._jobs:
                self._wait_for_company()
                if batch := self._take():  # nothing, when all were withdrawn while waiting
                    return batch
            return []

    def _wait_for_company(self) -> None:
        """Callers whose batch has just ended are likely to ask again: wait for as many as there were.

        One caller has no company and an idle model no recent batch, so neither waits.
        """
        until = self._last_end + self._max_wait_s
        self._changed.wait_for(self._has_company, timeout=max(0.0, until - time.monotonic()))

    def _has_company(self) -> bool:
        return (
            self._closing
            or len(self._jobs) >= self._last_requests
            or self._tokens_waiting >= self._max_tokens
        )

    def _take(self) -> list[tuple[_Job, int]]:
        """Rows for one model, as many as fit, the longest waiting first."""
        batch: list[tuple[_Job, int]] = []
        others: list[_Job] = []
        room = self._max_tokens
        now = time.monotonic()
        while self._jobs:
            job = self._jobs.popleft()
            if batch and job.compute != batch[0][0].compute:
                others.append(job)
                continue
            rows = 0
            for row in job.rows[job.taken :]:
                if len(row) > room and (rows or batch):
                    break
                rows += 1
                room -= len(row)
                job.tokens_waiting -= len(row)
                self._tokens_waiting -= len(row)
            if not rows:
                others.append(job)
                break
            if not job.taken:
                job.queue_s = now - job.since
            batch.append((job, rows))
            if job.taken + rows < len(job.rows):
                self._unfinished.append(job)
                break
        self._jobs.extendleft(reversed(others))
        return batch

    def _forward(self, batch: list[tuple[_Job, int]]) -> None:
        rows = [row for job, n in batch for row in job.rows[job.taken : job.taken + n]]
        tokens = sum(map(len, rows))
        self._began = began = time.monotonic()
        error: EncoderError | None = None
        try:
            results = batch[0][0].compute(rows)
        except Exception as cause:  # noqa: BLE001 - whatever the model raises belongs to the callers, not to this thread
            error = EncoderError(f"The model failed: {cause}")
            self._failures += 1
            for job, _ in batch:
                self._withdraw(job)
        else:
            self._failures = 0
            position = 0
            for job, n in batch:
                job.results.extend(results[position : position + n])
                job.taken += n
                job.forward_s += time.monotonic() - began
                position += n
        self._began, self._last_end = None, time.monotonic()
        self._last_requests = len(batch)
        took = self._last_end - began
        self._tokens_per_s += SMOOTHING * (tokens / max(took, 1e-6) - self._tokens_per_s)
        self._on_batch(BatchReport(len(batch), len(rows), tokens, took))
        jobs = [job for job, _ in batch]
        # The loop may be gone when the process is stopping; nobody waits then.
        if not (loop := jobs[0].future.get_loop()).is_closed():
            loop.call_soon_threadsafe(self._deliver, jobs, error)

    def _deliver(self, jobs: list[_Job], error: EncoderError | None) -> None:
        """In the event loop: wake whoever has everything, or an error."""
        for job in jobs:
            if job.future.done():
                continue
            if error is not None:
                job.future.set_exception(error)
            elif len(job.results) == len(job.rows):
                job.future.set_result(Batched(job.results, job.queue_s, job.forward_s))
