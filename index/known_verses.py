"""How well known each verse is, whatever is asked: what decides between verses that fit about equally well.

Two signs of it, half each: under how many topics people voted for the verse, and how many modern queries were
written for it. `known_verses.tsv` (`PSA 23:4<TAB>89`) was learned from the topics of openbible.info (CC-BY) that
training may use, by `verse train known-verses`.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt

from index.books import from_usfm

BEST_KNOWN = 100
"""What the file says of the best known verses; those that it leaves out are at 0."""

_OFTEN_ASKED = 8
"""Modern queries from which a verse is asked for as often as any; one in a hundred has so many."""


@cache
def _known() -> dict[int, int]:
    text = (files("index") / "known_verses.tsv").read_text("utf-8")
    rows = (line.split("\t") for line in text.splitlines())
    return {from_usfm(reference): int(known) for reference, known in rows}


def prior(verse_ids: npt.NDArray[np.int32], modern: Mapping[int, Sequence[str]]) -> npt.NDArray[np.float32]:
    """(N,) 0..1 for the verses; `modern`: {verse id: modern queries}."""
    table = _known()
    by_topics = [table.get(verse, 0) / BEST_KNOWN for verse in verse_ids.tolist()]
    by_queries = [min(1, len(modern.get(verse, ())) / _OFTEN_ASKED) for verse in verse_ids.tolist()]
    return (np.array(by_topics, np.float32) + np.array(by_queries, np.float32)) * np.float32(0.5)
