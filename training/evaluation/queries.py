"""The sets of queries that are measured: the dev set, topics, and wordings of translations held out."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from index.bible import Translation
from training.corpus import DevQuery
from training.errors import EvaluationError
from training.evaluation.metrics import Gains
from training.topics import Topic, load_topics

LONGEST_TOPIC_RANGE = 41
"""Verses; votes for a longer passage are left out."""
FEWEST_TOPIC_ENTRIES = 5
KNOWN_ITEM_VERSES = 2500
"""Each is asked for twice, whole and by a few of its words: 5,000 queries."""
FEWEST_CUT, MOST_CUT = 3, 6
"""Words of a cut."""


@dataclass(frozen=True, slots=True)
class Query:
    """A query with {verse id: gain} of its relevant verses."""

    text: str
    gains: Gains
    kind: str


@dataclass(frozen=True)
class QuerySet:
    """Queries that are measured alike.

    Attributes:
        name: as the tables show it.
        queries: in the order of their file.
        graded: gains are votes, measured by nDCG; otherwise any relevant verse is right.
        fitted_on: the weights of an index were fitted on these very queries, so each is ranked with its fold's.

    """

    name: Literal["queries", "topics", "known-item"]
    queries: tuple[Query, ...]
    graded: bool = False
    fitted_on: bool = False


def dev_set(queries: Collection[DevQuery], *, fitted_on: bool) -> QuerySet:
    """Queries with gold verses; raises EvaluationError for a file without any."""
    if not queries:
        raise EvaluationError("There is no query in that file; it wants one JSON object a line.")
    return QuerySet(
        "queries",
        tuple(Query(q.text, dict.fromkeys(q.gold, 1.0), q.kind) for q in queries),
        fitted_on=fitted_on,
    )


def topic_set(path: Path) -> QuerySet:
    """The topics that training leaves out, with votes as gains."""
    topics = [t for t in load_topics(path) if t.held_out and len(t.ranges) >= FEWEST_TOPIC_ENTRIES]
    queries = tuple(Query(t.name, gains, "topic") for t in topics if (gains := _gains(t)))
    if not queries:
        raise EvaluationError(f"{path} has no topic of {FEWEST_TOPIC_ENTRIES} entries that was held out.")
    return QuerySet("topics", queries, graded=True)


def _gains(topic: Topic) -> dict[int, float]:
    """Every verse of a range has all of its votes."""
    gains: defaultdict[int, float] = defaultdict(float)
    for first, last, votes in topic.ranges:
        if 0 <= last - first < LONGEST_TOPIC_RANGE:
            for verse in range(first, last + 1):
                gains[verse] += votes
    return {verse: votes for verse, votes in gains.items() if votes > 0}


def known_item_set(
    held_out: Mapping[str, Translation], verses: int = KNOWN_ITEM_VERSES, seed: int = 0
) -> QuerySet:
    """Verses in wordings that the index has never seen: whole, and 3 to 6 neighbouring words of each.

    As many verses of every held-out translation, or all that it has of FEWEST_CUT words and more.
    """
    rng = np.random.default_rng(seed)
    whole, cuts = [], []
    for translation in held_out.values():
        all_words = {verse: _words(text) for verse, text in translation.verses.items()}
        texts = {verse: words for verse, words in all_words.items() if len(words) >= FEWEST_CUT}
        count = min(len(texts), verses // len(held_out))
        for verse in sorted(rng.choice(list(texts), count, replace=False).tolist()):
            words = texts[verse]
            length = min(int(rng.integers(FEWEST_CUT, MOST_CUT + 1)), len(words))
            start = int(rng.integers(len(words) - length + 1))
            whole.append(Query(" ".join(words), {verse: 1.0}, "whole verses"))
            cuts.append(Query(" ".join(words[start : start + length]), {verse: 1.0}, "3 to 6 words"))
    return QuerySet("known-item", (*whole, *cuts))


def _words(text: str) -> list[str]:
    """Words as people type them: quotation marks or a dash before a word would ask for something else."""
    return re.findall(r"\w+(?:['’-]\w+)*", text)
