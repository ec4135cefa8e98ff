"""Works through the stages of a session within its time, and remembers where it was.

The lanes of a phase run side by side: small models leave most of a GPU idle.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from training.errors import RunError, Stopped
from training.run import write_atomically
from training.session_plan import MINUTES, Lane, Phase, Stage
from training.travel import SITE, bring_back

STATE, LOG, LOCK, RESULTS = "session.json", "session.log", "session.lock", "session.tar"
RESERVE = 0.1
"""Of the budget: for starting, measuring and exporting, which the stages' own minutes do not count."""
SHORTEST_MINUTES = 0.02
HEARTBEAT_S = 2.0
WAIT_S = 0.5
"""Between two looks for what another lane makes."""
GRACE_S = 60.0
"""What a stage may take to save itself after SIGTERM."""
PR_SET_PDEATHSIG = 1  # linux/prctl.h
_PRCTL = ctypes.CDLL(None).prctl if sys.platform == "linux" else None
"""Found before anything is forked: afterwards other threads may hold the loader's lock."""
OVER = ("done", "failed", "left out", "stopped")
"""States of a stage that will not change any more in this start."""
BROUGHT_BACK = (
    STATE,
    LOG,
    "runs/*/metrics.jsonl",
    "runs/*/config.json",
    "runs/*/report.*",
    "runs/*/sweep.png",
    "runs/*/*/result.json",
    "runs/small*/model/*",
)
"""Larger models stay where they are: what ships is small."""


class Session:
    """Works through a plan; what it has done stands in `session.json`, so that it can go on."""

    def __init__(self, work: Path, phases: Sequence[Phase], minutes: float, lock: int) -> None:
        self._work = work
        self._lock = lock
        self._phases = phases
        self._path = work / STATE
        self.state: dict[str, Any] = {"minutes": minutes, "spent_s": 0.0, "stages": {}}
        if self._path.exists():
            self.state |= json.loads(self._path.read_text(encoding="utf-8"))
            self.state["minutes"] = minutes  # more time may be given than at first
        self._spent_before_s: float = self.state["spent_s"]
        self._started = time.monotonic()
        self._writing = threading.Lock()
        self._signal: int | None = None

    def run(self) -> None:
        """Every stage that is not done yet; raises Stopped."""
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, self._on_signal)
        for number, phase in enumerate(self._phases):
            for stage in (stage for lane in phase for stage in lane):
                known = self.state["stages"].setdefault(stage.name, {})
                if known.get("state") == "left out":
                    known.clear()
                if known.get("state") != "done":
                    known["state"] = "waiting"
            later = sum(map(_length, self._phases[number + 1 :]))
            with ThreadPoolExecutor(max(1, len(phase))) as lanes:
                for lane in [lanes.submit(self._work_through, lane, phase, later) for lane in phase]:
                    lane.result()
            if self._signal is not None:
                raise Stopped("The session was stopped; start it again to go on.", self._signal)

    def _work_through(self, lane: Lane, phase: Phase, later: float) -> None:
        try:
            self._take_in_turn(lane, phase, later)
        finally:
            for known in (self.state["stages"][stage.name] for stage in lane):
                if known["state"] not in OVER:
                    known["state"] = "failed"  # the lane broke; whoever waits for it need not

    def _take_in_turn(self, lane: Lane, phase: Phase, later: float) -> None:
        for number, stage in enumerate(lane):
            known = self.state["stages"][stage.name]
            if known["state"] == "done":
                continue
            if stage.makes and all(path.exists() for path in stage.makes):
                self._note(known, state="done", why="it was there")
                continue
            missing = self._await(stage, phase)
            if self._signal is not None:
                self._note(known, state="stopped")
                continue
            left_s = 60 * self.state["minutes"] * (1 - RESERVE) - self._spent_s()
            if "minutes" not in known and stage.share:
                shares = later + _length(phase) - sum(earlier.share for earlier in lane[:number])
                self._note(known, minutes=min(stage.most, max(0.0, left_s / 60 * stage.share / shares)))
            if missing:
                self._note(known, state="left out", why=f"{', '.join(map(str, missing))} is missing")
            elif stage.share and known["minutes"] < SHORTEST_MINUTES:
                self._note(known, state="left out", why="no time was left")
            else:
                self._run(stage, known)
            with self._writing:
                bring_back(self._work, BROUGHT_BACK, self._work / RESULTS)

    def _await(self, stage: Stage, phase: Phase) -> list[Path]:
        """The files that the stage needs and nobody will make any more."""
        others = [other for lane in phase for other in lane if other is not stage]
        while True:
            making = {
                path
                for other in others
                if self.state["stages"][other.name]["state"] not in OVER
                for path in other.makes
            }
            missing = [path for path in stage.needs if not path.exists()]
            if self._signal is not None or not making.intersection(missing):
                return missing
            time.sleep(WAIT_S)

    def _run(self, stage: Stage, known: dict[str, Any]) -> None:
        minutes = f"{known.get('minutes', 0) / stage.trials:.4g}"
        command = [argument.replace(MINUTES, minutes) for argument in stage.command]
        self._note(known, state="running", command=" ".join(command))
        before_s, started = known.get("seconds", 0.0), time.monotonic()
        with (self._work / LOG).open("ab") as log:
            log.write(f"\n== {stage.name}: {known['command']}\n".encode())
            log.flush()
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._env(),
                # Whoever outlives this process holds its lock, until it has saved itself.
                pass_fds=(self._lock,),
                preexec_fn=_stop_with_parent,
            )
            while process.poll() is None:
                try:
                    process.wait(HEARTBEAT_S)
                except subprocess.TimeoutExpired:
                    if self._signal is not None or self._spent_s() > 60 * self.state["minutes"]:
                        _end(process)
                self._note(known, seconds=before_s + time.monotonic() - started)
        ends = {0: "done", 128 + signal.SIGTERM: "stopped", -signal.SIGTERM: "stopped"}
        self._note(known, state=ends.get(process.returncode, "failed"))

    def _spent_s(self) -> float:
        return self._spent_before_s + time.monotonic() - self._started

    def _env(self) -> dict[str, str]:
        path = os.pathsep.join(
            filter(None, [str(self._work / SITE), os.environ.get("PYTHONPATH"), str(Path.cwd())])
        )
        return os.environ | {"VERSE_DATA_DIR": str(self._work), "PYTHONPATH": path, "NO_COLOR": "1"}

    def _on_signal(self, number: int, _: object) -> None:
        self._signal = number

    def _note(self, known: dict[str, Any], **what: Any) -> None:
        """Change what is known of a stage, and write it down; no lane changes what another one writes."""
        with self._writing:
            known |= what
            self.state["spent_s"] = self._spent_s()
            write_atomically(self._path, (json.dumps(self.state, indent=2) + "\n").encode())


def _length(phase: Phase) -> float:
    """The shares of its longest lane."""
    return max((sum(stage.share for stage in lane) for lane in phase), default=0.0)


def _stop_with_parent() -> None:
    if _PRCTL:
        _PRCTL(PR_SET_PDEATHSIG, signal.SIGTERM)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(GRACE_S)
    except subprocess.TimeoutExpired:
        process.kill()


@contextmanager
def alone(work: Path) -> Iterator[int]:
    """Holds the lock of a session, and gives its descriptor; raises RunError when another one holds it."""
    work.mkdir(parents=True, exist_ok=True)
    with (work / LOCK).open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            raise RunError(f"A session is running here already (process {lock.read().strip()}).") from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield lock.fileno()
