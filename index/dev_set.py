"""The questions that weights are fitted on: the dev set, and what people praised where the index is used.

Dimensions: G points of a grid of weights, Q questions.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from index.books import from_usfm
from index.errors import CorpusError, ReferenceError_

_ENOUGH_PRAISE = 100
"""Questions from which on what people praise has a say."""
_ABOUT_EQUAL = 0.02
"""Mean reciprocal rank that the dev set cannot tell from its best: about its own noise (90 %)."""

Quality = npt.NDArray[np.float64]
"""(G,) mean reciprocal rank at each point of a grid."""


@dataclass(frozen=True)
class Praised:
    """A question of this installation, a verse that somebody praised or named for it, and how much that says."""

    text: str
    verse: int
    weight: float


@dataclass(frozen=True)
class DevSet:
    """What weights are fitted on.

    Attributes:
        queries: with their gold verses.
        sayings: that no verse says.
        praised: choose among the weights that `queries` cannot tell from the best.

    """

    queries: tuple[tuple[str, frozenset[int]], ...]
    sayings: tuple[str, ...]
    praised: tuple[Praised, ...] = ()

    @property
    def questions(self) -> list[tuple[str, frozenset[int]]]:
        """All with a right verse: the queries, then those that are praised, if they are enough."""
        praised = self.praised if len(self.praised) >= _ENOUGH_PRAISE else ()
        return [*self.queries, *((p.text, frozenset([p.verse])) for p in praised)]

    def equals(
        self, reciprocal_ranks: npt.NDArray[np.float64], among: npt.NDArray[np.bool_] | None = None
    ) -> npt.NDArray[np.int64]:
        """The points of a grid that are about as good as the best; of these, those that are praised about as much.

        One of many points that differ by noise would be drawn by chance; their mean is not (training/LOG.md).

        Args:
            reciprocal_ranks: (G, Q) of `questions` at each point.
            among: (Q',) the dev set's queries that may be looked at; by default all.

        """
        count = len(self.queries)
        looked_at = reciprocal_ranks[:, :count] if among is None else reciprocal_ranks[:, :count][:, among]
        quality: Quality = looked_at.mean(axis=1)
        equal = quality >= quality.max() - _ABOUT_EQUAL
        if reciprocal_ranks.shape[1] > count:
            praise: Quality = np.average(
                reciprocal_ranks[:, count:], axis=1, weights=[p.weight for p in self.praised]
            )
            equal &= praise >= praise[equal].max() - _ABOUT_EQUAL
        return np.flatnonzero(equal)


def load_dev_set(directory: Path) -> DevSet | None:
    """Reads `dev_queries.jsonl` and `not_in_the_bible.txt`; None when there is no dev set."""
    path, sayings = directory / "dev_queries.jsonl", directory / "not_in_the_bible.txt"
    if not path.is_file():
        return None
    try:
        rows = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line]
        queries = tuple((row["query"], frozenset(map(from_usfm, row["gold"]))) for row in rows)
    except (ValueError, KeyError, TypeError, ReferenceError_) as error:
        raise CorpusError(f'{path} is not one {{"query", "gold"}} object a line.') from error
    lines = sayings.read_text("utf-8").splitlines() if sayings.is_file() else []
    return DevSet(queries, tuple(line for line in lines if line and not line.startswith("#")))
