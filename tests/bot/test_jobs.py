import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.errors import JobError, JobRunning
from bot.jobs import Job, JobRunner, Plan
from bot.store.store import Store

QUICK = ["index", "verify"]
# A command that reports nothing and goes on until it is told to stop.
ENDLESS = ["worker", "--port", "0", "--device", "cpu"]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with await Store.open(tmp_path / "verse.sqlite3") as opened:
        yield opened


@pytest.fixture
async def runner(
    store: Store, tmp_path: Path, installed: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[JobRunner]:
    monkeypatch.setenv("VERSE_DATA_DIR", str(installed))
    monkeypatch.chdir(tmp_path)
    runner = JobRunner(store.jobs, tmp_path / "logs")
    yield runner
    await runner.close()


async def ended(job: Job) -> Job:
    async with asyncio.timeout(60):
        await job.ended.wait()
    return job


async def first_line(job: Job) -> str:
    async with asyncio.timeout(60):
        while not job.last_lines:
            await job.changed.wait()
            job.changed.clear()
    return job.last_lines[0]


async def test_a_job_runs_command_lines_and_what_follows_them(runner: JobRunner, store: Store) -> None:
    async def then() -> str:
        return "All is well."

    job = await ended(await runner.start(Plan("check", [QUICK], then), "ann"))
    assert job.state == "done"
    assert job.outcome.endswith("are as they were written.\nAll is well.")
    assert "are as they were written" in job.log_path.read_text("utf-8")
    (record,) = await store.jobs.latest(1)
    assert (record.kind, record.state, record.outcome, record.who) == ("check", "done", job.outcome, "ann")


async def test_without_a_sequel_the_last_line_says_how_it_went(runner: JobRunner) -> None:
    job = await ended(await runner.start(Plan("check", [QUICK]), "ann"))
    assert "are as they were written" in job.outcome


async def test_the_comparison_of_a_trained_model_is_what_its_job_says(
    runner: JobRunner, installed: Path
) -> None:
    (model,) = [path for path in (installed / "models").iterdir() if path.is_dir()]
    job = await ended(await runner.start(Plan("train", [["model", "promote", "--check", str(model)]]), "ann"))
    assert job.outcome.splitlines()[-1] == "It is the model in use."


async def test_a_failing_step_ends_the_job_with_its_sentence(
    runner: JobRunner, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VERSE_DATA_DIR", str(tmp_path / "empty"))
    never = ["index", "build"]
    job = await ended(await runner.start(Plan("check", [QUICK, never]), "ann"))
    assert job.state == "failed"
    assert "run `verse index build`" in job.outcome
    assert not (tmp_path / "empty").exists()
    (record,) = await store.jobs.latest(1)
    assert (record.state, record.outcome) == ("failed", job.outcome)


async def test_what_follows_may_fail_too(runner: JobRunner) -> None:
    async def then() -> str:
        raise RuntimeError("no luck")

    job = await ended(await runner.start(Plan("check", [QUICK], then), "ann"))
    assert job.state == "failed"
    assert "no luck" in job.outcome


async def test_one_at_a_time(runner: JobRunner) -> None:
    first = await runner.start(Plan("check", [QUICK]), "ann")
    with pytest.raises(JobRunning, match="check"):
        await runner.start(Plan("rebuild", [QUICK]), "ben")
    await ended(first)
    await ended(await runner.start(Plan("rebuild", [QUICK]), "ben"))


async def test_a_cancelled_job_leaves_no_process(runner: JobRunner, store: Store) -> None:
    with pytest.raises(JobError, match="No job"):
        await runner.cancel()
    job = await runner.start(Plan("endless", [ENDLESS, QUICK]), "ann")
    await first_line(job)
    pid = runner.pid
    assert pid is not None
    await runner.cancel()
    assert job.state == "cancelled"
    with pytest.raises(ProcessLookupError):
        os.killpg(pid, 0)
    assert [record.state for record in await store.jobs.latest(5)] == ["cancelled"]
    assert "are as they were" not in job.log_path.read_text("utf-8")


async def test_closing_interrupts_a_job_that_has_hardly_begun(runner: JobRunner, store: Store) -> None:
    job = await runner.start(Plan("endless", [ENDLESS]), "ann")
    await runner.close()
    assert job.state == "interrupted"
    assert [record.state for record in await store.jobs.latest(5)] == ["interrupted"]


async def test_what_a_crash_left_running_is_marked(runner: JobRunner, store: Store) -> None:
    left = await store.jobs.begin("train", [["train"]], "ann")
    assert [record.id for record in await runner.mark_interrupted()] == [left.id]
    (record,) = await store.jobs.latest(1)
    assert record.state == "interrupted"
    assert await runner.mark_interrupted() == []


async def test_progress_is_read_from_json_lines(runner: JobRunner, tmp_path: Path) -> None:
    job = await runner.start(Plan("rebuild", [["index", "build", "--words-only", "--json"]]), "ann")
    async with asyncio.timeout(60):
        while not job.progress.total:
            await job.changed.wait()
            job.changed.clear()
    assert job.progress.stage == "read"
    with contextlib.suppress(JobError):
        await runner.cancel()
