"""The prior of search, learned from topics: `index/known_verses.tsv`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from index.books import VERSE_IDS, to_usfm
from index.known_verses import BEST_KNOWN
from training.errors import DatasetError
from training.run import write_atomically
from training.topics import LONGEST_RANGE, Topic

POWER = 0.5
"""Of the number of topics (measured; training/LOG.md)."""
_TOP = 99.6
"""Percentile of these verses from which on one is as well known as any; the 30 best known, then, are equal."""


def known_verses(topics: Sequence[Topic]) -> dict[int, int]:
    """{verse id: 1 to BEST_KNOWN}, from the topics that are not held out."""
    usable = (topic for topic in topics if not topic.held_out)
    under = Counter(verse for topic in usable for verse in topic.verse_votes(LONGEST_RANGE))
    verses = sorted(set(under) & set(VERSE_IDS))
    if not verses:
        raise DatasetError(
            "None of these topics may be used, or none has a verse: there is nothing to learn."
        )
    powers = np.array([under[verse] for verse in verses]) ** POWER
    known = np.ceil(BEST_KNOWN * np.minimum(1, powers / np.percentile(powers, _TOP))).astype(int)
    return dict(zip(verses, known.tolist(), strict=True))


def write_known_verses(topics: Sequence[Topic], out: Path) -> int:
    """Write the file that the index reads; how many verses it has."""
    known = known_verses(topics)
    lines = (f"{to_usfm(verse)}\t{value}\n" for verse, value in known.items())
    write_atomically(out, "".join(lines).encode())
    return len(known)
