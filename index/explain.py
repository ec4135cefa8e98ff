"""Why a verse was found: by words or by meaning, which words, and in which translation."""

from collections.abc import Sequence
from itertools import groupby

import numpy as np

from index.analyzer import spans
from index.books import to_usfm
from index.layout import Content
from index.ranking import Ranked, Ranker, Words
from index.results import Hit, MatchedBy

_FOREMOST = 10
"""A verse among so many best ones of a list was found by that list."""
_CLEARLY = 0.1
"""Share of the query by which another translation must fit better to be named."""
_LONG_RUN = 3
"""Common words in a row from which they are worth highlighting."""


class Explainer:
    """Turns ranked rows into hits."""

    def __init__(self, content: Content, ranker: Ranker) -> None:
        self._verse_ids = content.documents.verse_ids
        self._terms = content.documents.terms
        self._texts = content.texts
        self._ranker = ranker

    def hit(self, row: int, translation: str, score: float, matched_by: Sequence[MatchedBy]) -> Hit:
        """A hit without matched words: a look-up, a neighbour, a related verse."""
        verse = int(self._verse_ids[row])
        code, text = self._texts.shown(row, translation)
        return Hit(verse, to_usfm(verse), score, code, text, tuple(matched_by))

    def hits(self, ranked: Ranked, words: Words, translation: str, k: int) -> tuple[Hit, ...]:
        """The first k."""
        queried = {self._terms[term] for term in words.weights}
        common = {self._terms[term] for term in words.weights if self._ranker.lexical.is_frequent(term)}
        bars = _bar(ranked.words), _bar(ranked.cosines)
        found = []
        for place, row in enumerate(ranked.rows[:k].tolist()):
            verse = int(self._verse_ids[row])
            code, text = self._texts.shown(row, translation)
            found.append(
                Hit(
                    verse,
                    to_usfm(verse),
                    float(ranked.scores[place]),
                    code,
                    text,
                    _matched_by(ranked, place, bars),
                    matched_words(text, queried, common),
                    self._better_translation(ranked, place, code),
                )
            )
        return tuple(found)

    def _better_translation(self, ranked: Ranked, place: int, shown: str) -> str | None:
        if place >= len(ranked.follow.coverage):
            return None
        fit = ranked.follow.coverage[place, :-1] + ranked.follow.order[place, :-1]  # (F - 1,)
        best = int(np.argmax(fit))
        better = fit[best] - fit[self._texts.codes.index(shown)]
        return self._texts.codes[best] if better > _CLEARLY else None


def matched_words(text: str, queried: set[str], common: set[str]) -> tuple[tuple[int, int], ...]:
    """(start, end) of the words of a text that the query has too.

    Words as common as "the" count only beside another match, or as part of a longer run.
    """
    found: list[tuple[int, int]] = []
    for matches, run in groupby(spans(text), lambda span: not queried.isdisjoint(span.terms)):
        if matches:
            members = list(run)
            telling = any(not common.issuperset(queried.intersection(m.terms)) for m in members)
            if telling or len(members) >= _LONG_RUN:
                found += [(member.start, member.end) for member in members]
    return tuple(found)


def _bar(scores: np.ndarray[tuple[int], np.dtype[np.float32]] | None) -> float:
    """The score of the last of the `_FOREMOST` best."""
    if scores is None or not len(scores):
        return np.inf
    kept = min(_FOREMOST, len(scores))
    return float(np.partition(scores, len(scores) - kept)[len(scores) - kept])


def _matched_by(ranked: Ranked, place: int, bars: tuple[float, float]) -> tuple[MatchedBy, ...]:
    words = 0.0 if ranked.words is None else float(ranked.words[place])
    by_words = words > 0 and words >= bars[0]
    by_meaning = ranked.cosines is not None and float(ranked.cosines[place]) >= bars[1]
    if not by_words and not by_meaning:
        # In the middle of both lists: named after the one that lifts it.
        by_words, by_meaning = words > 0, words <= 0
    found: list[MatchedBy] = ["words"] if by_words else []
    return (*found, "meaning") if by_meaning else tuple(found)
