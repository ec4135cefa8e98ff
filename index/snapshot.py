"""Index snapshots on disk: written whole or not at all, verified when opened, the last one kept.

    data/index/CURRENT                     the id of the snapshot that serves
    data/index/20261126T203000…Z-1f0c…/ one snapshot: manifest.json and the files it lists
    data/index/.building-…                 a build in progress, or what a killed one left

A build fills a temporary directory, hashes and fsyncs every file, renames the directory, and then
replaces CURRENT. Killed at any moment, it leaves the old snapshot serving. The id ends in the hash of
the manifest, and the manifest holds the hash of every other file, so any flipped byte is found.
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from index.errors import BuildRunning, DamagedSnapshot, NoSnapshot

FORMAT = 2
"""Raised when files change their meaning; an index of another format is refused."""

MANIFEST = "manifest.json"
_CURRENT = "CURRENT"
_BUILDING = ".building-"
_ID = re.compile(r"\d{8}T\d{12}Z-[0-9a-f]{16}")
_MEND = "run `verse index build`"

Manifest = dict[str, Any]


def publish(root: Path, fill: Callable[[Path], Manifest]) -> str:
    """Builds a snapshot and makes it the one that serves; returns its id.

    Args:
        root: the index directory.
        fill: writes the files into the directory it gets, and returns what the manifest says of them.

    Raises:
        BuildRunning: another process builds here.

    """
    root.mkdir(parents=True, exist_ok=True)
    with _only_build(root):
        for left_over in root.glob(_BUILDING + "*"):
            shutil.rmtree(left_over)
        work = Path(tempfile.mkdtemp(prefix=_BUILDING, dir=root))
        try:
            before = serving(root)
            manifest = fill(work) | {"format": FORMAT, "created": _now().isoformat(timespec="seconds")}
            manifest["files"] = {path.name: _hash(path) for path in sorted(work.iterdir())}
            content = json.dumps(manifest, indent=1, sort_keys=True).encode()
            (work / MANIFEST).write_bytes(content)
            for path in [*work.iterdir(), work]:
                _fsync(path)
            build_id = f"{_now():%Y%m%dT%H%M%S%fZ}-{_hash_bytes(content)}"
            work.chmod(0o755)
            work.rename(root / build_id)
        except BaseException:
            shutil.rmtree(work, ignore_errors=True)
            raise
        _fsync(root)
        _point(root, build_id)
        for path in snapshots(root):
            if path.name not in (build_id, before):
                shutil.rmtree(path)
    return build_id


def serving(root: Path) -> str | None:
    """The id of the snapshot that CURRENT names, or None when there is no CURRENT."""
    try:
        return (root / _CURRENT).read_text("utf-8").strip()
    except FileNotFoundError:
        return None


def snapshots(root: Path) -> list[Path]:
    """The finished snapshots, oldest first."""
    return sorted(p for p in root.glob("*") if _ID.fullmatch(p.name) and p.is_dir())


def current(root: Path) -> Path:
    """The directory of the snapshot that serves; raises `NoSnapshot`."""
    build_id = serving(root)
    if build_id is None:
        raise NoSnapshot(f"There is no index in {root} yet; {_MEND}.")
    path = root / build_id
    if not _ID.fullmatch(build_id) or not path.is_dir():
        raise NoSnapshot(
            f"The index that {root / _CURRENT} names is not there; {_MEND} or `verse index rollback`."
        )
    return path


def rollback(root: Path) -> str:
    """Makes the newest snapshot older than the serving one serve again; returns its id.

    Raises `NoSnapshot` when there is none, `DamagedSnapshot` when that one is damaged.
    """
    with _only_build(root):
        now = serving(root)
        older = [path for path in snapshots(root) if now is None or path.name < now]
        if not older:
            raise NoSnapshot(f"There is no earlier index to go back to in {root}; {_MEND}.")
        verify(older[-1])
        _point(root, older[-1].name)
        return older[-1].name


def read_manifest(path: Path) -> Manifest:
    """The manifest of one snapshot, checked against the snapshot's id; raises `DamagedSnapshot`."""
    try:
        content = (path / MANIFEST).read_bytes()
    except OSError as error:
        raise DamagedSnapshot(f"The index {path.name} has no manifest; {_MEND}.") from error
    if not path.name.endswith(f"-{_hash_bytes(content)}"):
        raise DamagedSnapshot(f"{MANIFEST} of the index {path.name} is damaged; {_MEND}.")
    manifest: Manifest = json.loads(content)
    if manifest["format"] != FORMAT:
        raise DamagedSnapshot(f"The index {path.name} is of another version; {_MEND}.")
    return manifest


def verify(path: Path) -> Manifest:
    """Reads every file of a snapshot against its hash; raises `DamagedSnapshot`, naming all bad ones."""
    manifest = read_manifest(path)
    expected: dict[str, str] = manifest["files"]
    with ThreadPoolExecutor(2) as pool:  # hashing leaves the interpreter lock
        found = dict(zip(expected, pool.map(lambda n: _hash_or_none(path / n), expected), strict=True))
    bad = [name for name, value in expected.items() if found[name] != value]
    if bad:
        raise DamagedSnapshot(f"{', '.join(bad)} of the index {path.name} is damaged; {_MEND}.")
    return manifest


@contextmanager
def _only_build(root: Path) -> Iterator[None]:
    """Holds the lock of the index directory; the system lets go of it when the process dies."""
    with (root / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BuildRunning("Another index build is running here; try again when it is done.") from error
        yield


def _point(root: Path, build_id: str) -> None:
    new = root / f"{_CURRENT}.new"
    new.write_text(build_id + "\n", "utf-8")
    _fsync(new)
    new.replace(root / _CURRENT)
    _fsync(root)


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _hash_or_none(path: Path) -> str | None:
    try:
        return _hash(path)
    except OSError:
        return None


def _hash_bytes(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def _now() -> datetime:
    return datetime.now(UTC)
