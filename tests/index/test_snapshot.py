"""Faults that happen to files, made for real: bytes flipped, processes killed."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from index import snapshot
from index.build import Sources, build_index
from index.errors import BuildRunning, DamagedSnapshot, NoSnapshot
from index.search import Searcher
from tests.index.small import BagOfWords, small_bible

Build = Callable[..., Path]


def _first(root: Path, query: str = "shepherd") -> str:
    return Searcher.open(snapshot.current(root)).search(query, embed=None, translation="KJV").hits[0].text


def test_a_built_index_serves_what_it_was_built_from(build_small: Build) -> None:
    assert _first(build_small()) == "The LORD is my shepherd; I shall not want."


def test_the_manifest_lists_every_file_with_its_hash(build_small: Build) -> None:
    path = snapshot.current(build_small(embedder=BagOfWords()))
    manifest = snapshot.verify(path)
    assert set(manifest["files"]) == {p.name for p in path.iterdir()} - {snapshot.MANIFEST}
    assert manifest["counts"]["verses"] == 8
    assert manifest["fingerprint"] == BagOfWords().fingerprint


def test_a_flipped_byte_is_found_in_any_file(build_small: Build) -> None:
    path = snapshot.current(build_small(embedder=BagOfWords()))
    for file in path.iterdir():
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 1
        file.write_bytes(content)
        with pytest.raises(DamagedSnapshot, match=rf"{file.name}.*verse index build"):
            Searcher.open(path)
        content[len(content) // 2] ^= 1
        file.write_bytes(content)
    snapshot.verify(path)


def test_a_missing_or_cut_file_is_found(build_small: Build) -> None:
    path = snapshot.current(build_small())
    (path / "idf.npy").unlink()
    with (path / "tokens.npy").open("r+b") as file:
        file.truncate(130)
    with pytest.raises(DamagedSnapshot, match=r"idf.npy, tokens.npy"):
        Searcher.open(path)


def test_without_an_index_the_command_that_makes_one_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoSnapshot, match="verse index build"):
        snapshot.current(tmp_path / "nowhere")


def test_a_pointer_into_nothing_is_no_index(build_small: Build) -> None:
    root = build_small()
    (root / "CURRENT").write_text("../elsewhere\n")
    with pytest.raises(NoSnapshot, match="rollback"):
        snapshot.current(root)


def test_an_index_of_another_version_is_refused(build_small: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    path = snapshot.current(build_small())
    monkeypatch.setattr(snapshot, "FORMAT", snapshot.FORMAT + 1)
    with pytest.raises(DamagedSnapshot, match="another version"):
        Searcher.open(path)


def test_the_last_index_is_kept_and_served_again_by_rollback(build_small: Build) -> None:
    root = build_small()
    first = snapshot.current(root).name
    build_small("A text that only the second index has.")
    assert _first(root, "second").startswith("A text")
    assert snapshot.rollback(root) == first
    assert _first(root) == "The LORD is my shepherd; I shall not want."
    with pytest.raises(NoSnapshot, match="no earlier"):
        snapshot.rollback(root)


def test_rollback_needs_nothing_of_the_index_it_leaves(build_small: Build) -> None:
    root = build_small()
    first = snapshot.current(root).name
    build_small("second")
    (snapshot.current(root) / snapshot.MANIFEST).write_bytes(b"")
    assert snapshot.rollback(root) == first


def test_only_the_serving_index_and_the_one_before_are_kept(build_small: Build) -> None:
    root = build_small()
    ids = [snapshot.current(root).name]
    for number in range(3):
        build_small(f"text {number}")
        ids.append(snapshot.current(root).name)
    assert [p.name for p in snapshot.snapshots(root)] == ids[-2:]


def test_rollback_refuses_a_damaged_index(build_small: Build) -> None:
    root = build_small()
    old = snapshot.current(root)
    build_small("second")
    (old / "idf.npy").write_bytes(b"")
    with pytest.raises(DamagedSnapshot, match="idf"):
        snapshot.rollback(root)
    assert _first(root, "second") == "second"


def test_an_open_index_answers_after_it_was_replaced_and_deleted(build_small: Build) -> None:
    root = build_small(embedder=BagOfWords())
    searcher = Searcher.open(snapshot.current(root))
    for number in range(2):
        build_small(f"text {number}")
    assert searcher.build_id not in {p.name for p in snapshot.snapshots(root)}
    hits = searcher.search("still waters", embed=BagOfWords().embed, translation="KJV").hits
    assert hits[0].reference == "PSA 23:2"


def test_a_failed_build_leaves_nothing_behind(build_small: Build) -> None:
    root = build_small()
    before = {p.name for p in root.iterdir()}

    def fail(_: Path) -> snapshot.Manifest:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        snapshot.publish(root, fail)
    assert {p.name for p in root.iterdir()} == before


def test_two_builds_in_one_place_are_refused(build_small: Build) -> None:
    root = build_small()

    def build_again(_: Path) -> snapshot.Manifest:
        build_index(root, Sources(small_bible(), {}))
        raise AssertionError

    with pytest.raises(BuildRunning, match="Another"):
        snapshot.publish(root, build_again)


# Counts every call that touches the disk, and kills itself, as `kill -9` does, at the given one.
_KILLED_BUILD = """
import os, signal, sys, pathlib
import numpy as np
from index.build import Sources, build_index
from tests.index.small import BagOfWords, small_bible

calls, deadly = 0, int(sys.argv[2])

def deadly_call(owner, name):
    real = getattr(owner, name)
    def call(*args, **kwargs):
        global calls
        calls += 1
        if calls == deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*args, **kwargs)
    setattr(owner, name, call)

for owner, name in ((os, "fsync"), (np, "save"), (pathlib.Path, "rename"), (pathlib.Path, "replace"),
                    (pathlib.Path, "write_text"), (pathlib.Path, "write_bytes"), (pathlib.Path, "mkdir")):
    deadly_call(owner, name)
build_index(pathlib.Path(sys.argv[1]), Sources(small_bible("second"), {}, BagOfWords()))
print(calls)
"""


def test_killed_at_any_point_a_build_leaves_the_old_index_serving(build_small: Build) -> None:
    root = build_small(embedder=BagOfWords())
    first = snapshot.current(root).name

    def run(deadly: int) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", _KILLED_BUILD, str(root), str(deadly)]
        return subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)

    survivor = run(0)
    assert survivor.returncode == 0, survivor.stderr
    calls = int(survivor.stdout)
    assert calls > 30
    snapshot.rollback(root)
    assert snapshot.current(root).name == first

    for deadly in sorted({*range(1, calls, 8), *range(calls - 4, calls + 1)}):
        assert run(deadly).returncode == -signal.SIGKILL
        serving = snapshot.current(root)
        snapshot.verify(serving)
        # Only the last step, the fsync after CURRENT was replaced, may find the new one serving.
        assert serving.name == first or deadly == calls
        assert _first(root).startswith("The LORD is my shepherd")

    build_small("third")
    assert _first(root, "third") == "third"
    assert not list(root.glob(".building-*"))


def test_a_manifest_is_plain_json(build_small: Build) -> None:
    path = snapshot.current(build_small())
    assert json.loads((path / snapshot.MANIFEST).read_text())["format"] == snapshot.FORMAT
