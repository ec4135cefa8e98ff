"""From terms and a query vector to ranked verses: candidates by words and by meaning, fused, re-ranked.

Search and the fitting of its weights go through the same functions here.

Dimensions: N verses, R candidates, F fields.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from index.confidence import FEATURES
from index.dense import Vectors
from index.fusion import Candidates, FusionWeights, fuse
from index.layout import Content
from index.lexical import Lexical, best
from index.spelling import Spelling
from index.tokens import Follow, TokenStore

CANDIDATES = 100
"""Verses that words and meaning propose, each."""
_RERANKED = 50
"""Best fused candidates whose word order is compared: about 0.3 ms."""
_MOST_CORRECTED = 8
"""Unknown words of one query that are corrected; each costs about 1 ms."""

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Words:
    """A query in numbers of the vocabulary.

    Attributes:
        weights: {term: how much it counts}; near words of misspelt ones count less than 1.
        sequence: known terms in order, misspelt ones replaced by the nearest.
        unknown: words that are in no verse and near to none.

    """

    weights: dict[int, float]
    sequence: tuple[int, ...]
    unknown: int

    @property
    def said(self) -> int:
        """How many words the query has."""
        return len(self.sequence) + self.unknown


@dataclass(frozen=True)
class Ranked:
    """Verses, best first: (R,) arrays, and `follow` of the first R' <= `_RERANKED`."""

    rows: npt.NDArray[np.int64]
    scores: npt.NDArray[np.float32]
    words: npt.NDArray[np.float32] | None
    cosines: npt.NDArray[np.float32] | None
    follow: Follow


class Ranker:
    """The retrieval part of an opened index. Thread-safe."""

    def __init__(self, content: Content, k1: float) -> None:
        """`k1` is the one the postings were weighed with."""
        self._k1 = k1
        documents = content.documents
        self._verses = len(documents.verse_ids)
        self._terms = {term: number for number, term in enumerate(documents.terms)}
        self.lexical = Lexical(content.postings, self._verses)
        self.dense = content.dense
        self._prior = content.prior
        self.idf = content.postings.idf
        self._spelling = Spelling(documents.terms, np.diff(content.postings.bounds))
        self.tokens = TokenStore(
            len(documents.fields),
            documents.surfaces,
            documents.tokens,
            documents.starts,
            documents.surface_terms,
        )

    def words(self, terms: Sequence[str]) -> Words:
        """Looks terms up; one that no verse has is replaced by the nearest ones."""
        weights: Counter[int] = Counter()
        sequence, unknown, corrected = [], 0, 0
        near_weights: dict[int, float] = {}
        for term in terms:
            number = self._terms.get(term)
            if number is not None:
                weights[number] += 1
                sequence.append(number)
                continue
            near = self._spelling.near(term) if corrected < _MOST_CORRECTED else ()
            corrected += 1
            if near:
                sequence.append(near[0][0])
            else:
                unknown += 1
            for other, weight in near:
                near_weights[other] = near_weights.get(other, 0.0) + weight
        total: dict[int, float] = dict(weights)
        for number, weight in near_weights.items():
            total[number] = total.get(number, 0.0) + weight
        return Words(total, tuple(sequence), unknown)

    def number(self, term: str) -> int | None:
        """The number of a term, None when no verse has it."""
        return self._terms.get(term)

    def rows_with_all(self, terms: Sequence[str]) -> npt.NDArray[np.int64]:
        """Rows of the verses whose document has every one of the terms."""
        rows: npt.NDArray[np.int64] | None = None
        for number in {self._terms.get(term) for term in terms}:
            if number is None:
                return np.empty(0, np.int64)
            found = self.lexical.of(number)[0].astype(np.int64)
            rows = found if rows is None else np.intersect1d(rows, found, assume_unique=True)
        return np.empty(0, np.int64) if rows is None else rows

    def word_scores(self, words: Words, allowed: Mask | None) -> npt.NDArray[np.float32]:
        """(N,) BM25; 0 where it is not allowed."""
        scores = self.lexical.scores(words.weights)
        if allowed is not None:
            scores *= allowed
        return scores

    def candidates(
        self,
        scores: npt.NDArray[np.float32] | None,
        vector: Vectors | None,
        allowed: Mask | None,
        extra: npt.NDArray[np.int64] | None = None,
    ) -> Candidates:
        """The verses that words, meaning or `extra` (rows of a hint) propose, with both raw scores."""
        proposals = [] if extra is None else [extra]
        if scores is not None:
            proposals.append(best(scores, CANDIDATES))
        if vector is not None and self.dense is not None:
            proposals.append(self.dense.nearest(vector, CANDIDATES, allowed)[0])
        rows = np.unique(np.concatenate(proposals)) if proposals else np.empty(0, np.int64)
        if allowed is not None:
            rows = rows[allowed[rows]]
        cosines = None
        if vector is not None and self.dense is not None:
            cosines = self.dense.cosines(vector, rows)
        return Candidates(rows, None if scores is None else scores[rows], cosines, self._prior[rows])

    def rank(
        self,
        candidates: Candidates,
        words: Words,
        weights: FusionWeights,
        lift: npt.NDArray[np.float32] | None = None,
    ) -> Ranked:
        """Fuses, then adds word order for the best `_RERANKED`. `lift`: (R,) added to the scores."""
        fused = fuse(candidates, weights, words.said)
        if lift is not None:
            fused = fused + lift
        places = np.argsort(-fused, kind="stable")
        first = places[:_RERANKED]
        worth = {term: float(self.idf[term]) for term in words.sequence}
        sequence = words.sequence if candidates.words is not None else ()
        follow = self.tokens.follow(sequence, worth, candidates.rows[first])
        order = follow.order.max(axis=1, initial=0.0)  # (R',)
        scores = fused[first] + np.float32(weights.order) * order
        best_first = np.argsort(-scores, kind="stable")
        places[: len(first)] = first[best_first]
        return Ranked(
            candidates.rows[places],
            np.concatenate((scores[best_first], fused[places[len(first) :]])),
            None if candidates.words is None else candidates.words[places],
            None if candidates.cosines is None else candidates.cosines[places],
            Follow(follow.coverage[best_first], follow.order[best_first]),
        )

    def features(self, ranked: Ranked, words: Words, weights: FusionWeights) -> tuple[float, ...]:
        """`index.confidence.FEATURES` of the first hit; all zero when there is none."""
        if not len(ranked.rows):
            return (0.0,) * len(FEATURES)
        possible = sum(w * float(self.idf[t]) for t, w in words.weights.items()) * (self._k1 + 1)
        share, share_lead = _lead(ranked.words, max(possible, 1e-9))
        cosine, cosine_lead = _lead(ranked.cosines, 1.0)
        order = ranked.follow.order.max(axis=1)[:2]
        known = self._prior[ranked.rows[:2]]
        # The two foremost compared as fusion compares them, but in raw units.
        share_of_meaning = weights.share(words.said)
        lead = (1 - share_of_meaning) * _gap(ranked.words) / max(possible, 1e-9)
        lead += share_of_meaning * _gap(ranked.cosines)
        lead += weights.order * _gap(order) + weights.prior * _gap(known)
        unknown = words.unknown / max(words.said, 1)
        length = min(words.said, 10) / 10
        return share, share_lead, float(order[0]), cosine, cosine_lead, lead, unknown, length


def _gap(values: npt.NDArray[np.float32] | None) -> float:
    """How far the first value is above the second; 0 without two."""
    return 0.0 if values is None or len(values) < 2 else float(values[0] - values[1])


def _lead(scores: npt.NDArray[np.float32] | None, unit: float) -> tuple[float, float]:
    """The first hit's raw score and how far it leads the best other one, in units."""
    if scores is None:
        return 0.0, 0.0
    first, other = float(scores[0]), float(scores[1:].max(initial=0.0))
    return first / unit, (first - other) / unit
