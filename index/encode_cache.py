"""Vectors of texts on disk, so that a rebuild encodes only what is new.

One SQLite file a model fingerprint; key: BLAKE2b of the text; value: the vector in float16.
"""

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from types import TracebackType

import numpy as np
import numpy.typing as npt

_VARIABLES = 500
"""Keys asked for in one statement."""


def text_key(text: str) -> bytes:
    """(16 bytes) the key of a text."""
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


class EncodeCache:
    """Use as a context manager. Killed at any moment, it keeps what was committed before."""

    def __init__(self, directory: Path, fingerprint: str, dim: int) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._dim = dim
        self._database = sqlite3.connect(directory / f"{fingerprint}.sqlite3")
        # A write-ahead log needs no fsync for each commit and still survives a kill.
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = NORMAL")
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB NOT NULL) WITHOUT ROWID"
        )

    def __enter__(self) -> "EncodeCache":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._database.close()

    def get(self, texts: Sequence[str]) -> dict[str, npt.NDArray[np.float32]]:
        """{text: (D,) float32} of those texts that are known."""
        by_key = {text_key(text): text for text in texts}
        found = {}
        for keys in _chunks(list(by_key)):
            marks = ",".join("?" * len(keys))
            statement = f"SELECT key, vector FROM vectors WHERE key IN ({marks})"
            with closing(self._database.execute(statement, keys)) as rows:
                for key, blob in rows:
                    vector = np.frombuffer(blob, np.float16)
                    if len(vector) == self._dim:
                        found[by_key[key]] = vector.astype(np.float32)
        return found

    def put(self, texts: Sequence[str], vectors: npt.NDArray[np.float32]) -> None:
        """Keeps (len(texts), D) vectors, in one transaction."""
        rows = [
            (text_key(text), row.tobytes())
            for text, row in zip(texts, vectors.astype(np.float16), strict=True)
        ]
        with self._database:
            self._database.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)


def _chunks(keys: list[bytes]) -> Iterator[list[bytes]]:
    for start in range(0, len(keys), _VARIABLES):
        yield keys[start : start + _VARIABLES]
