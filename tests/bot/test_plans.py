import json
from pathlib import Path

import pytest

from bot import plans
from bot.discord_app.job_items import ended_view
from bot.discord_app.progress import job_text
from bot.jobs import Job, Progress
from bot.plots import plot_loss, plot_use
from bot.settings import BotSettings
from bot.store.jobs import JobRecord, JobState


def record(kind: str, state: JobState) -> JobRecord:
    return JobRecord(7, kind, "[]", state, "ann", None, None, 0, None, None)


def test_only_runs_that_were_started_from_discord_can_be_discarded(tmp_path: Path) -> None:
    settings = BotSettings(_env_file=None, data_dir=tmp_path)
    plan = plans.train(settings, plans.new_run(), 30)
    steps = json.loads(json.dumps(plan.steps))  # as the database keeps them
    run = plans.run_of(steps, settings)
    assert run is not None
    assert run.parent == tmp_path / "runs"
    for other in ("../../etc", "mine", "discord-1/../..", "discord-"):
        assert plans.run_of([["train", "finetune", "--run", other]], settings) is None
    assert plans.run_of([["index", "build"]], settings) is None


def test_what_was_trained_is_compared_before_anybody_decides(tmp_path: Path) -> None:
    settings = BotSettings(_env_file=None, data_dir=tmp_path)
    run = plans.new_run()
    for plan in (plans.train(settings, run, 30), plans.learn(settings, run, 30)):
        assert list(plan.steps[-1]) == ["model", "promote", "--check", str(tmp_path / "runs" / run / "model")]
        assert plan.then is None
    export, finetune, _ = plans.learn(settings, run, 30).steps
    assert "--consented-only" in export
    assert finetune[finetune.index("--feedback") + 1] == export[export.index("--out") + 1]


@pytest.mark.parametrize(
    ("kind", "state", "labels"),
    [
        ("train", "done", ["Promote", "Discard"]),
        ("train", "interrupted", ["Resume"]),
        ("rebuild", "interrupted", ["Resume"]),
        ("rebuild", "done", []),
        ("train", "failed", []),
        ("train", "cancelled", []),
    ],
)
async def test_a_job_that_ended_offers_what_can_follow(kind: str, state: JobState, labels: list[str]) -> None:
    view = ended_view(record(kind, state))
    rows = view.to_components() if view is not None else []
    assert [button["label"] for row in rows for button in row["components"]] == labels


def test_the_message_of_a_job_shows_a_bar_and_escapes_what_it_quotes(tmp_path: Path) -> None:
    job = Job(record("train", "running"), tmp_path)
    assert job_text(job) == "⏳ **train** · starting"
    job.progress = Progress("finetune", 250, 1000, "step 12  loss *2.5*")
    assert "█████░░░░░░░░░░░░░░░` 25%" in job_text(job)
    assert "\\*2.5\\*" in job_text(job)
    job.state, job.outcome = "failed", "The disk is full.\n@everyone " + "x" * 5_000
    assert "@everyone" not in job_text(job)
    assert len(job_text(job)) < 2_000


def test_pictures_are_drawn_from_what_is_there(tmp_path: Path) -> None:
    metrics = tmp_path / "metrics.jsonl"
    assert plot_loss(metrics) is None
    lines = [{"step": step, "loss": 5 / step} for step in range(1, 50)] + [{"step": 49, "success@1": 0.5}]
    metrics.write_text("\n".join(map(json.dumps, lines)) + "\n", encoding="utf-8")
    picture = plot_loss(metrics)
    assert picture is not None
    assert picture.startswith(b"\x89PNG")
    assert plot_use([], []).startswith(b"\x89PNG")
