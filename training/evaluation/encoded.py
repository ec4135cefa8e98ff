"""Verse vectors made of encoded texts only, the same for every encoder: WEB, KJV, BBE and the modern queries.

What an encoder makes of texts: the place in which ours can be compared with others, and in which queries can be
left out. Three translations rather than all, because encoding 24 takes an encoder of MiniLM's size hours on a CPU.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.bible import HELD_OUT, Bible
from index.vectors import (
    LEARNED,
    MODERN,
    TRANSLATIONS,
    Group,
    Progress,
    TextEmbedder,
    Vectors,
    compose,
    encode_group,
    save_vectors,
)
from training.learned import quantise

ENCODED = ("WEB", "KJV", "BBE")
"""A modern translation, the one people half remember, and the one in plain words."""


def encoded_vectors(
    bible: Bible,
    modern: Mapping[int, Sequence[str]],
    embedder: TextEmbedder,
    progress: Progress = lambda *_: None,
) -> tuple[NDArray[np.int32], Vectors]:
    """Verse ids (N,), ascending, of the verses with a text, and their unit vectors (N, C)."""
    searched = [code for code in bible.translations if code not in HELD_OUT]
    codes = [code for code in searched if code in ENCODED] or searched
    texts = {verse: _texts(bible, verse, codes) for verse in bible.verse_ids.tolist()}
    groups = (
        Group(TRANSLATIONS, 1.0, {verse: found for verse, found in texts.items() if found}),
        Group(MODERN, 1.0, {verse: queries for verse, queries in modern.items() if texts.get(verse)}),
    )
    parts = [(g.weight, encode_group(g, embedder, progress=progress)) for g in groups if g.texts]
    verse_ids = parts[0][1].verse_ids
    return verse_ids, compose(verse_ids, parts, embedder.dim)


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


def _texts(bible: Bible, verse: int, codes: Sequence[str]) -> tuple[str, ...]:
    found = (bible.translations[code].verses.get(verse) for code in codes)
    return tuple(dict.fromkeys(text for text in found if text is not None))
