"""A run's directory: its configuration, its metrics as they come, its checkpoints.

    run/config.json           what the run was started with; a resume with another one is refused
    run/metrics.jsonl         one line every few steps
    run/checkpoint-00001200.pt   the last KEPT ones
    run/best.pt               the weights that measured best on held-out data, if those are not the last
    run/model/                the exported model directory, when the run is over

Every file that a resume reads is written beside its place, synced and renamed: after a kill at any moment the
directory holds a whole checkpoint, and at most the steps since then are lost.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from training.errors import RunError

KEPT = 2
"""Checkpoints kept: the last one, and the one before in case the disk lied."""

CONFIG = "config.json"
METRICS = "metrics.jsonl"
BEST = "best.pt"

_CHECKPOINT = re.compile(r"checkpoint-(\d{8})\.pt")


class Run:
    """A run directory; raises RunError where it cannot be used."""

    def __init__(self, directory: Path, config: Mapping[str, Any]) -> None:
        self.directory = directory
        description = json.dumps(config, indent=2, sort_keys=True) + "\n"
        try:
            directory.mkdir(parents=True, exist_ok=True)
            config_file = directory / CONFIG
            if not config_file.exists():
                write_atomically(config_file, description.encode())
            elif config_file.read_text(encoding="utf-8") != description:
                raise RunError(
                    f"{directory} belongs to a run with another configuration; name another with --run."
                )
            _end_line(directory / METRICS)
        except OSError as error:
            raise RunError(f"{directory} cannot be written: {error}.") from error

    @property
    def model_dir(self) -> Path:
        """Where the finished model is exported."""
        return self.directory / "model"

    def checkpoints(self) -> list[Path]:
        """All whole checkpoints, the oldest first."""
        return sorted(path for path in self.directory.iterdir() if _CHECKPOINT.fullmatch(path.name))

    def save_checkpoint(self, step: int, state: Mapping[str, Any]) -> None:
        """Write one checkpoint and drop those that are no longer kept; raises RunError, losing nothing."""
        self._write(f"checkpoint-{step:08d}.pt", step, state)
        for path in self.checkpoints()[:-KEPT]:
            path.unlink()

    def save_best(self, step: int, score: float, modules: Mapping[str, Any]) -> None:
        """Keep these weights as the best so far; raises RunError, losing nothing."""
        self._write(BEST, step, {"step": step, "score": score, "modules": dict(modules)})

    def _write(self, name: str, step: int, state: Mapping[str, Any]) -> None:
        staging = self.directory / "checkpoint.writing"
        try:
            with staging.open("wb") as file:
                torch.save(dict(state), file)
                file.flush()
                os.fsync(file.fileno())
            staging.rename(self.directory / name)
            _sync_directory(self.directory)
        except (OSError, RuntimeError) as error:  # torch wraps a full disk in RuntimeError
            staging.unlink(missing_ok=True)
            raise RunError(
                f"The checkpoint at step {step} could not be written to {self.directory} ({error}); "
                "the one before stands. Free some space and run the same command again."
            ) from error

    def load_checkpoint(self) -> dict[str, Any] | None:
        """The newest checkpoint that can be read, or None at the start of a run."""
        for path in reversed(self.checkpoints()):
            try:
                state: dict[str, Any] = torch.load(path, weights_only=True, map_location="cpu")
            except Exception:  # noqa: BLE001 - torch raises whatever a damaged zip or pickle raises
                continue
            return state
        return None

    def load_best(self) -> dict[str, Any] | None:
        """`step`, `score` and `modules` of the best weights so far, if any were kept and can be read."""
        try:
            best: dict[str, Any] = torch.load(self.directory / BEST, weights_only=True, map_location="cpu")
        except Exception:  # noqa: BLE001 - missing, or damaged in any of torch's ways: then there is no best
            return None
        return best

    def log(self, record: Mapping[str, Any]) -> None:
        """Append one line to metrics.jsonl; raises RunError."""
        try:
            with (self.directory / METRICS).open("a", encoding="utf-8") as file:
                file.write(json.dumps(record) + "\n")
        except OSError as error:
            raise RunError(
                f"{self.directory / METRICS} cannot be written ({error}). The last checkpoint stands: free some "
                "space and run the same command again."
            ) from error


def write_atomically(path: Path, content: bytes) -> None:
    """The file holds its old content or its new one, never a part."""
    staging = path.with_name(path.name + ".writing")
    with staging.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    staging.rename(path)
    _sync_directory(path.parent)


def _end_line(path: Path) -> None:
    """A kill may have cut the last line short: the next one begins on a line of its own."""
    written = path.read_bytes() if path.exists() else b""
    if written and not written.endswith(b"\n"):
        with path.open("ab") as file:
            file.write(b"\n")


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
