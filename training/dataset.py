"""A prepared dataset: token ids of every training text in flat memory-mapped arrays.

tokens.npy        (L,) uint16, all texts one after another
offsets.npy       (N + 1,) int64, text i is tokens[offsets[i]:offsets[i + 1]]
verse_ids.npy     (N,) int32, bbcccvvv of the text's first verse
sources.npy       (N,) uint8, number of the translation in the manifest's list
held_out.npy      (N,) bool, never trained on
bytes.npy         (N,) int32, length of the text in UTF-8, for bits per byte
manifest.json     counts, the tokenizer's hash, and a hash of each file
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from encoder.tokenizer import PAD_ID
from training.errors import DatasetError
from training.run import write_atomically

ARRAYS = ("tokens", "offsets", "verse_ids", "sources", "held_out", "bytes")
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Dataset:
    """The arrays of the module docstring and the manifest."""

    tokens: NDArray[np.uint16]
    offsets: NDArray[np.int64]
    verse_ids: NDArray[np.int32]
    sources: NDArray[np.uint8]
    held_out: NDArray[np.bool_]
    bytes: NDArray[np.int32]
    manifest: Mapping[str, Any]

    def __len__(self) -> int:
        return len(self.verse_ids)

    def text(self, i: int) -> NDArray[np.uint16]:
        """Token ids of text i, (T,)."""
        return self.tokens[self.offsets[i] : self.offsets[i + 1]]

    def padded(self, texts: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Token ids (B, T), padding beyond a text's end, and the mask (B, T) that is true before it."""
        starts, ends = self.offsets[texts], self.offsets[texts + 1]
        places = starts[:, None] + np.arange(int((ends - starts).max()))  # (B, T)
        mask = places < ends[:, None]
        return np.where(mask, self.tokens[np.minimum(places, len(self.tokens) - 1)], PAD_ID).astype(
            np.int64
        ), mask

    @property
    def lengths(self) -> NDArray[np.int64]:
        """(N,) tokens of each text."""
        return np.diff(self.offsets)

    def save(self, directory: Path) -> None:
        """Write all files, the manifest last: without it there is no dataset."""
        directory.mkdir(parents=True, exist_ok=True)
        (directory / MANIFEST).unlink(missing_ok=True)
        hashes = {}
        for name in ARRAYS:
            path = directory / f"{name}.npy"
            np.save(path, getattr(self, name))
            hashes[name] = _hash(path)
        manifest = {**self.manifest, "files": hashes}
        text = json.dumps(manifest, indent=2, sort_keys=True) + "\n"
        write_atomically(directory / MANIFEST, text.encode())

    @classmethod
    def open(cls, directory: Path) -> Dataset:
        """Map the files and check their hashes; raises DatasetError."""
        try:
            manifest = json.loads((directory / MANIFEST).read_text(encoding="utf-8"))
            arrays = {name: np.load(directory / f"{name}.npy", mmap_mode="r") for name in ARRAYS}
            damaged = [name for name in ARRAYS if _hash(directory / f"{name}.npy") != manifest["files"][name]]
        except (OSError, ValueError, KeyError) as error:
            raise DatasetError(
                f"{directory} is not a prepared dataset ({error}); make one with `verse train prepare`."
            ) from error
        if damaged:
            raise DatasetError(
                f"{directory}: {', '.join(damaged)} changed since it was written; run `verse train prepare` again."
            )
        return cls(**arrays, manifest=manifest)


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
