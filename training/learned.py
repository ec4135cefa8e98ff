"""The verse table as it ships with its model: `vectors.safetensors`, which the index reads.

Each verse's vector is kept in int8 with a scale, keyed by the hash of the modern queries that it was trained
with, so that the index knows which verses have been given new ones since.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from encoder.checkpoint import fingerprint
from index.vectors import (
    LEARNED,
    GroupVectors,
    Vectors,
    load_vectors,
    save_vectors,
    texts_key,
)
from training.errors import RunError
from training.verse_table import VerseTable

VECTORS_FILE = "vectors.safetensors"


def save_learned(
    model_dir: Path, vectors: Vectors, verse_ids: NDArray[np.int32], modern: Mapping[int, Sequence[str]]
) -> None:
    """Put the verses' vectors (V, C) beside the model that they were trained with."""
    learned = quantise(verse_ids, vectors, modern)
    save_vectors(model_dir / VECTORS_FILE, {LEARNED: learned}, fingerprint(model_dir))


def quantise(
    verse_ids: NDArray[np.int32], vectors: NDArray[np.float32], modern: Mapping[int, Sequence[str]]
) -> GroupVectors:
    """(V, C) vectors of verses as they ship, with the modern queries that each of them knows."""
    scales = np.abs(vectors).max(axis=1) / 127
    return GroupVectors(
        verse_ids,
        np.rint(vectors / scales[:, None]).astype(np.int8),
        scales.astype(np.float32),
        np.array([texts_key(modern.get(verse, ())) for verse in verse_ids.tolist()], dtype=np.uint64),
    )


def load_learned(model_dir: Path, table: VerseTable, verse_ids: NDArray[np.int32]) -> None:
    """Take over the vectors of the verses that a model's table has; a model without one changes nothing.

    Raises RunError where the vectors are of another size.
    """
    path = model_dir / VECTORS_FILE
    if not path.exists():
        return
    learned = load_vectors(path, fingerprint(model_dir)).get(LEARNED)
    if learned is None:
        return
    if (size := learned.vectors.shape[1]) != table.vectors.shape[1]:
        raise RunError(
            f"{model_dir} has vectors of {size} dimensions, this shape has {table.vectors.shape[1]}: "
            "name the preset that it was trained with, or start --from scratch."
        )
    _, rows, learned_rows = np.intersect1d(verse_ids, learned.verse_ids, return_indices=True)
    vectors = torch.from_numpy(learned.vectors[learned_rows].astype(np.float32))
    with torch.no_grad():
        table.vectors[torch.from_numpy(rows)] = vectors.to(table.vectors.device)
    table.normalize_()
