"""A session on a rented GPU, without one: it keeps to its time and its order, and goes on after anything."""

import json
import os
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from bot.cli import app
from training.errors import DatasetError, RunError
from training.session import RESULTS, STATE, Session, alone
from training.session_plan import MINUTES, VERSE, Phase, Stage, plan
from training.settings import TrainingSettings
from training.travel import pack, unpack

ROOT = Path(__file__).parents[2]


def python(code: str, *arguments: str) -> list[str]:
    return [sys.executable, "-c", code, *arguments]


def work_through(work: Path, phases: Sequence[Phase], minutes: float) -> dict[str, Any]:
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    try:
        with alone(work) as lock:
            session = Session(work, phases, minutes, lock)
            session.run()
    finally:
        signal.signal(signal.SIGTERM, before[0])
        signal.signal(signal.SIGINT, before[1])
    return dict(session.state["stages"])


def test_time_is_shared_and_failures_do_not_stop_what_does_not_need_them(tmp_path: Path) -> None:
    note = "import sys; open(sys.argv[1], 'a').write(sys.argv[2] + ' ')"
    told = str(tmp_path / "told")
    stages = [
        Stage("first", 1, python(note, told, MINUTES)),
        Stage("broken", 1, python("raise SystemExit(3)")),
        Stage("needs more", 1, python(note, told, "never"), [tmp_path / "missing"]),
        Stage("last", 2, python(note, told, MINUTES), trials=2),
    ]
    states = work_through(tmp_path, [[stages]], minutes=10)
    assert {name: stage["state"] for name, stage in states.items()} == {
        "first": "done",
        "broken": "failed",
        "needs more": "left out",
        "last": "done",
    }
    first, last = map(float, (tmp_path / "told").read_text(encoding="utf-8").split())
    assert first == pytest.approx(10 * 0.9 / 5, rel=0.02)
    assert last == pytest.approx(10 * 0.9 / 2, rel=0.02), "nothing else took time, and two trials share it"
    with tarfile.open(tmp_path / RESULTS) as results:
        assert STATE in results.getnames()

    (tmp_path / "missing").touch()
    again = work_through(tmp_path, [[stages]], minutes=10)
    assert again["needs more"]["state"] == "done"
    assert (tmp_path / "told").read_text(encoding="utf-8").count("never") == 1
    assert len((tmp_path / "told").read_text(encoding="utf-8").split()) == 3, "what is done is done once"


def test_what_had_no_time_is_done_when_there_is_more(tmp_path: Path) -> None:
    phases = [[[Stage("late", 1, python("import sys; float(sys.argv[1])", MINUTES))]]]
    assert work_through(tmp_path, phases, minutes=0.001)["late"]["state"] == "left out"
    again = work_through(tmp_path, phases, minutes=10)["late"]
    assert again["state"] == "done"
    assert "why" not in again


def test_what_is_there_is_not_made_again(tmp_path: Path) -> None:
    (tmp_path / "dataset").touch()
    phases = [[[Stage("prepare", 0, python("raise SystemExit(3)"), makes=[tmp_path / "dataset"])]]]
    assert work_through(tmp_path, phases, minutes=1)["prepare"]["state"] == "done"


def test_lanes_run_side_by_side_and_wait_for_each_other(tmp_path: Path) -> None:
    """Each of two stages ends only when it has seen the other begin; a third waits for what one of them makes."""
    meet = (
        "import sys, time; from pathlib import Path\n"
        "mine, other = map(Path, sys.argv[1:])\n"
        "mine.touch()\n"
        "while not other.exists(): time.sleep(0.01)\n"
    )
    a, b, nobody = tmp_path / "a", tmp_path / "b", tmp_path / "nobody"
    minutes = python("import sys; print(sys.argv[1])", MINUTES)
    after = Stage("after", 1, python("import sys; open(sys.argv[1])", str(b)), needs=[b])
    phases = [
        [
            [Stage("long", 3, python(meet, str(a), str(b)), makes=[a]), Stage("rest", 1, minutes)],
            [after, Stage("short", 1, minutes)],
            [Stage("other", 0, python(meet, str(b), str(a)), makes=[b])],
            [Stage("in vain", 0, minutes, needs=[nobody])],
        ],
        [[Stage("last", 4, minutes)]],
    ]
    states = work_through(tmp_path, phases, minutes=8)
    assert [states.pop("in vain")["state"]] == ["left out"]
    assert {stage["state"] for stage in states.values()} == {"done"}
    given = {name: stage.get("minutes") for name, stage in states.items()}
    # The longest lanes of both phases have eight shares.
    assert given["long"] == pytest.approx(8 * 0.9 * 3 / 8, rel=0.05)
    assert given["after"] == pytest.approx(8 * 0.9 * 1 / 8, rel=0.05)
    assert given["last"] == pytest.approx(8 * 0.9, rel=0.05), "no time was spent, so all is left for the last"


def test_a_lane_that_breaks_ends_the_session_and_nobody_waits_for_it(tmp_path: Path) -> None:
    (tmp_path / RESULTS).mkdir()  # where a file should be written
    never = tmp_path / "never"
    phases = [
        [
            [Stage("breaks", 0, python("")), Stage("unborn", 0, python(""), makes=[never])],
            [Stage("waits", 0, python(""), needs=[never])],
        ]
    ]
    with pytest.raises(OSError, match=RESULTS):
        work_through(tmp_path, phases, minutes=10)


def test_a_stopped_session_gives_later_stages_their_time_when_it_goes_on(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from training.session import *\n"
        "first = 'import pathlib, signal; pathlib.Path(\"begun\").touch(); signal.pause()'\n"
        "first = first if len(sys.argv) == 1 else ''\n"
        "commands = [[sys.executable, '-c', code] for code in (first, '')]\n"
        "stages = [Stage('first', 3, commands[0]), Stage('second', 1, commands[1])]\n"
        "with alone(Path('.')) as lock: Session(Path('.').resolve(), [[stages]], 4, lock).run()"
    )
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    session = subprocess.Popen(
        [sys.executable, "-c", program], cwd=tmp_path, env=env, stderr=subprocess.DEVNULL
    )
    _wait_until((tmp_path / "begun").exists)
    session.terminate()
    assert session.wait(60) != 0
    stages = json.loads((tmp_path / STATE).read_text(encoding="utf-8"))["stages"]
    assert {name: stage["state"] for name, stage in stages.items()} == {
        "first": "stopped",
        "second": "stopped",
    }
    subprocess.run([sys.executable, "-c", program, "again"], cwd=tmp_path, env=env, check=True, timeout=60)
    stages = json.loads((tmp_path / STATE).read_text(encoding="utf-8"))["stages"]
    assert stages["second"]["state"] == "done"
    assert stages["second"]["minutes"] == pytest.approx(4 * 0.9, rel=0.1), "all that the first left over"


def test_a_stage_that_nobody_knows_is_named(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "training.gpu_session", "run", "--minutes", "1", "--only", "smal"]
    done = subprocess.run(
        [*command, "--work", str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "There is no stage smal; there are sanity, prepare," in done.stderr


def test_a_stage_that_outlasts_the_session_is_stopped(tmp_path: Path) -> None:
    patient = "import signal, sys\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(143))\nsignal.pause()"
    states = work_through(tmp_path, [[[Stage("endless", 0, python(patient))]]], minutes=0.01)
    assert states["endless"]["state"] == "stopped"


def test_a_killed_session_takes_its_stage_along_and_goes_on(tmp_path: Path) -> None:
    stage = (
        "import signal, sys, pathlib\n"
        "saved = pathlib.Path('saved')\n"
        "def save(*_): saved.touch(); sys.exit(143)\n"
        "signal.signal(signal.SIGTERM, save)\n"
        "pathlib.Path('begun').touch()\n"
        "saved.exists() or signal.pause()"
    )
    program = (
        "import sys; from pathlib import Path; from training.session import *\n"
        f"phases = [[[Stage('only', 0, [sys.executable, '-c', {stage!r}])]]]\n"
        "with alone(Path('.')) as lock: Session(Path('.').resolve(), phases, 5, lock).run()"
    )
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    session = subprocess.Popen([sys.executable, "-c", program], cwd=tmp_path, env=env)
    _wait_until((tmp_path / "begun").exists)
    with pytest.raises(RunError, match=f"running here already .process {session.pid}"), alone(tmp_path):
        pass
    session.kill()
    session.wait()
    _wait_until((tmp_path / "saved").exists)
    finished = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, env=env, check=False, timeout=60)
    assert finished.returncode == 0
    assert json.loads((tmp_path / STATE).read_text(encoding="utf-8"))["stages"]["only"]["state"] == "done"


@pytest.mark.parametrize("dry", [True, False])
def test_every_command_line_of_the_plan_is_one(tmp_path: Path, dry: bool) -> None:
    stages = [stage for phase in plan(tmp_path, dry=dry) for lane in phase for stage in lane]
    names = [stage.name for stage in stages]
    assert names.index("small") < names.index("base") < names.index("article") < names.index("bench")
    for stage in stages:
        if tuple(stage.command[: len(VERSE)]) == VERSE:
            _parse([argument.replace(MINUTES, "1.5") for argument in stage.command[len(VERSE) :]])


def test_a_dry_run_from_a_pack_trains_a_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VERSE_TRAINING_TRANSLATIONS", "MONT")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    home, there = tmp_path / "home", tmp_path / "there"
    size = pack(TrainingSettings(data_dir=home), tmp_path / "training.pack", None, None)
    assert size < 1_000_000
    session = [sys.executable, "-m", "training.gpu_session"]
    chosen = ["--minutes", "3", "--only", "prepare,small-language,small", "--dry-run", "--work", str(there)]
    subprocess.run([*session, "start", str(tmp_path / "training.pack"), *chosen], cwd=ROOT, check=True)
    _wait_until(lambda: (there / RESULTS).exists() and "small" in _done(there))
    _wait_until(lambda: _free(there))
    with tarfile.open(there / RESULTS) as results:
        assert "runs/small/model/vectors.safetensors" in results.getnames()
        assert "runs/small-language/metrics.jsonl" in results.getnames()


def test_a_damaged_pack_is_refused(tmp_path: Path) -> None:
    (tmp_path / "training.pack").write_bytes(b"not a pack")
    with pytest.raises(DatasetError, match="is not a pack"):
        unpack(tmp_path / "training.pack", tmp_path / "data")


def _parse(arguments: list[str]) -> None:
    """Fails unless every argument is one of the command's."""
    command: Any = get_command(app)
    context, name = None, "verse"
    while True:
        context = command.make_context(name, arguments, parent=context)
        if not hasattr(command, "resolve_command"):
            return
        rest = [*getattr(context, "protected_args", getattr(context, "_protected_args", [])), *context.args]
        name, command, arguments = command.resolve_command(context, rest)


def _done(work: Path) -> set[str]:
    state = json.loads((work / STATE).read_text(encoding="utf-8"))
    return {name for name, stage in state["stages"].items() if stage.get("state") == "done"}


def _free(work: Path) -> bool:
    try:
        with alone(work):
            return True
    except RunError:
        return False


def _wait_until(condition: Any) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
