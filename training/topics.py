"""Topics with the verses that people voted for, as openbible.info publishes them (CC-BY).

A file of `topic, first verse id, last verse id (empty: one verse), votes`, tab-separated; never part of the
project, always read from a path.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from training.errors import DatasetError

HEADING = "Topic\tStart Verse ID\tEnd Verse ID\tVotes"
LONGEST_RANGE = 3
"""Verses; votes for a longer range say little about each of its verses, so training leaves it out."""
HELD_OUT_SHARE = 3
"""One topic in three is set aside for evaluation, by a hash of its name."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic and its votes: (first verse id, last verse id, votes)."""

    name: str
    ranges: tuple[tuple[int, int, int], ...]

    @property
    def held_out(self) -> bool:
        """Whether the topic is kept out of training."""
        digest = hashlib.md5(self.name.encode(), usedforsecurity=False).hexdigest()
        return int(digest, 16) % HELD_OUT_SHARE == 0

    def verse_votes(self, longest_range: int) -> dict[int, float]:
        """Votes for each verse; the votes for a range are shared by its verses."""
        votes: defaultdict[int, float] = defaultdict(float)
        for first, last, count in self.ranges:
            if last - first < longest_range:
                for verse in range(first, last + 1):
                    votes[verse] += count / (last - first + 1)
        return dict(votes)


def load_topics(path: Path) -> list[Topic]:
    """All topics of a file; raises DatasetError with the number of the first bad line."""
    ranges: defaultdict[str, list[tuple[int, int, int]]] = defaultdict(list)
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path} cannot be read as topics: {error}.") from error
    for number, line in enumerate(lines, 1):
        if line == HEADING:
            continue
        try:
            name, first, last, votes = line.split("\t")
            ranges[name].append((int(first), int(last or first), int(votes)))
        except ValueError as error:
            raise DatasetError(
                f"{path}, line {number}: expected topic, first verse, last verse, votes; tab-separated."
            ) from error
    return [Topic(name, tuple(votes)) for name, votes in ranges.items()]
