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
from index.bible import Bible
from index.vectors import (
    LEARNED,
    GroupVectors,
    Progress,
    TextEmbedder,
    Vectors,
    load_vectors,
    save_vectors,
    texts_key,
)
from training.encoded import encoded_vectors
from training.errors import RunError
from training.verse_table import VerseTable

VECTORS_FILE = "vectors.safetensors"


GROUND = 0.35
"""What the encoded texts of a verse weigh against its learned vector (measured; training/LOG.md)."""


def grounded(
    vectors: Vectors,
    verse_ids: NDArray[np.int32],
    bible: Bible,
    modern: Mapping[int, Sequence[str]],
    embedder: TextEmbedder,
) -> Vectors:
    """Learned vectors (V, C), drawn a little towards what the encoder makes of their verses' texts."""
    mixed = vectors.copy()
    encoded_ids, encoded = encoded_vectors(bible, modern, embedder)
    _, rows, encoded_rows = np.intersect1d(verse_ids, encoded_ids, return_indices=True)
    mixed[rows] += np.float32(GROUND) * encoded[encoded_rows]
    unit: Vectors = mixed / np.linalg.norm(mixed, axis=1, keepdims=True)
    return unit


def save_encoded(
    path: Path,
    bible: Bible,
    modern: Mapping[int, Sequence[str]],
    embedder: TextEmbedder,
    progress: Progress = lambda *_: None,
) -> None:
    """Write vectors of encoded texts only, as an index takes them over: as if they had been learned."""
    verse_ids, vectors = encoded_vectors(bible, modern, embedder, progress)
    save_vectors(path, {LEARNED: quantise(verse_ids, vectors, modern)}, embedder.fingerprint)


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
