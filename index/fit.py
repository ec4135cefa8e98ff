"""Fits what the dev set decides: field weight, fusion, word order, confidence; measures cross-fitted.

The result belongs to the snapshot and is shown in its manifest. Without a dev set the defaults below
serve; they were fitted the same way.

Dimensions: Q dev queries, R candidates of a query.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import astuple, dataclass
from itertools import product
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from index.analyzer import terms
from index.confidence import BAR, FEATURES, Calibration, fit_calibration
from index.dev_set import DevSet
from index.documents import TermCounts
from index.fusion import Candidates, FusionWeights, meaning_share, unit_scores
from index.lexical import Bm25Parameters, Lexical, best, weigh
from index.query import parse
from index.ranking import Ranker, Words

Mode = Literal["hybrid", "words", "meaning"]
MODES: tuple[Mode, ...] = get_args(Mode)

_K1 = (1.5, 3.0)
_MODERN_WEIGHTS = (2.0, 3.0, 4.0, 6.0, 8.0, 12.0)
_MEANING = tuple(np.round(np.arange(0.1, 0.95, 0.1), 2).tolist())
_BREVITY = (0.0, 0.2, 0.4, 0.6)
# The dev set asks for well-known verses more than people do, so the prior stays gentle.
_PRIOR = (0.0, 0.1, 0.2, 0.3, 0.4)
_ORDER = (0.0, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0)
FOLDS = 5
"""Query i of the dev set is in fold i % FOLDS; it is measured with weights fitted on the other folds."""
_DEPTH = 10
"""Rank from which a verse counts as not found."""


@dataclass(frozen=True)
class Fitted:
    """What was fitted, for each mode.

    Attributes:
        fusion: the weights that serve, fitted on the whole dev set.
        calibration: likewise.
        measured: success@1, success@10 and more on the dev set, cross-fitted.
        folds: for each fold, the weights fitted on the others: with these it may be measured.

    """

    fusion: dict[Mode, FusionWeights]
    calibration: dict[Mode, Calibration]
    measured: dict[str, Any]
    folds: dict[Mode, tuple[FusionWeights, ...]]


DEFAULT_FITTED = Fitted(
    {
        "hybrid": FusionWeights(0.4, 0.3, 0.75, brevity=0.4),
        "words": FusionWeights(0.0, 0.3, 0.75),
        "meaning": FusionWeights(1.0, 0.2, 0.0),
    },
    {mode: Calibration((2.0, 2.0, 2.0, 2.0, 2.0, 2.0, -2.0, 0.0), -3.0) for mode in MODES},
    {},
    {},
)


def fit_fields(
    counts: TermCounts, vocabulary: Sequence[str], rows: npt.NDArray[np.int32], dev: DevSet
) -> Bm25Parameters:
    """The k1 and the weight of modern queries with which BM25 alone finds the dev set's verses best.

    `rows`: (N,) verse ids.
    """
    numbers = {term: number for number, term in enumerate(vocabulary)}
    queries = [[numbers[t] for t in terms(text) if t in numbers] for text, _ in dev.questions]
    gold = [_rows_of(verses, rows) for _, verses in dev.questions]

    def quality(parameters: Bm25Parameters) -> list[float]:
        lexical = Lexical(weigh(counts, parameters), len(rows))
        found = (best(lexical.scores(_counted(query)), _DEPTH) for query in queries)
        return [_reciprocal(f, g) for f, g in zip(found, gold, strict=True)]

    grid = [Bm25Parameters(k1=k1, modern_weight=w) for k1, w in product(_K1, _MODERN_WEIGHTS)]
    chosen = [grid[i] for i in dev.equals(np.array([quality(point) for point in grid]))]
    return Bm25Parameters(
        k1=float(np.mean([p.k1 for p in chosen])),
        modern_weight=float(np.mean([p.modern_weight for p in chosen])),
    )


@dataclass(frozen=True)
class _Case:
    """One query, scored once: ranking it with other weights costs microseconds."""

    words: Words
    candidates: Candidates
    order: npt.NDArray[np.float32]
    gold: frozenset[int]


def fit(
    ranker: Ranker,
    verse_ids: npt.NDArray[np.int32],
    dev: DevSet,
    embed: Callable[[Sequence[str]], npt.NDArray[np.float32]] | None,
) -> Fitted:
    """Fits every mode that the index can answer in."""
    asked = dev.questions
    texts = [text for text, _ in asked] + list(dev.sayings)
    gold = [_rows_of(verses, verse_ids) for _, verses in asked] + [frozenset()] * len(dev.sayings)
    vectors = embed([parse(text).plain for text in texts]) if embed is not None else None
    fusion, calibration = dict(DEFAULT_FITTED.fusion), dict(DEFAULT_FITTED.calibration)
    measured: dict[str, Any] = {
        "queries": len(dev.queries),
        "sayings": len(dev.sayings),
        "praised": len(asked) - len(dev.queries),
    }
    folds: dict[Mode, tuple[FusionWeights, ...]] = {}
    for mode in MODES if vectors is not None else ("words",):
        cases = [
            _case(ranker, text, None if vectors is None else vectors[i], gold[i], mode)
            for i, text in enumerate(texts)
        ]
        grid = _grid(mode)
        ranks = np.stack([_ranks(case, grid) for case in cases[: len(asked)]], axis=1)  # (G, Q)
        reciprocal = np.where(ranks < _DEPTH, 1 / (ranks + 1), 0)
        fusion[mode] = _mean([grid[i] for i in dev.equals(reciprocal)])
        of_dev = [*cases[: len(dev.queries)], *cases[len(asked) :]]
        calibration[mode], figures = _calibrate(ranker, of_dev, fusion[mode], len(dev.queries))
        fold = np.arange(len(dev.queries)) % FOLDS
        folds[mode] = tuple(_mean([grid[i] for i in dev.equals(reciprocal, fold != f)]) for f in range(FOLDS))
        measured[mode] = _cross_fitted(cases[: len(dev.queries)], folds[mode]) | figures
    return Fitted(fusion, calibration, measured, folds)


def _grid(mode: Mode) -> list[FusionWeights]:
    shares = {"hybrid": _MEANING, "words": (0.0,), "meaning": (1.0,)}[mode]
    orders = (0.0,) if mode == "meaning" else _ORDER
    brevities = _BREVITY if mode == "hybrid" else (0.0,)
    return [FusionWeights(*point) for point in product(shares, _PRIOR, orders, brevities)]


def _case(
    ranker: Ranker,
    text: str,
    vector: npt.NDArray[np.float32] | None,
    gold: frozenset[int],
    mode: Mode,
) -> _Case:
    words = ranker.words(parse(text).terms)
    scores = ranker.word_scores(words, None) if mode != "meaning" else None
    candidates = ranker.candidates(scores, vector if mode != "words" else None, None)
    worth = {term: float(ranker.idf[term]) for term in words.sequence}
    follow = ranker.tokens.follow(words.sequence, worth, candidates.rows)
    return _Case(words, candidates, follow.order.max(axis=1, initial=0.0), gold)


def _ranks(case: _Case, grid: Sequence[FusionWeights]) -> npt.NDArray[np.int64]:
    """(G,) the place of the best gold verse, from 0, at each point of the grid."""
    gold = np.isin(case.candidates.rows, list(case.gold))
    if not gold.any():
        return np.full(len(grid), _DEPTH)
    words, meaning = unit_scores(case.candidates)
    shares = [meaning_share(words, meaning, w, case.words.said) for w in grid]
    weights = [(1 - s, s, w.prior, w.order) for s, w in zip(shares, grid, strict=True)]  # (G, 4)
    parts = np.stack((words, meaning, case.candidates.prior, case.order), axis=1)  # (R, 4)
    scores = parts @ np.array(weights, np.float32).T  # (R, G)
    ranks: npt.NDArray[np.int64] = (scores > scores[gold].max(axis=0)).sum(axis=0)
    return ranks


def _place(rows: Iterable[int], gold: frozenset[int]) -> int:
    return next((i for i, row in enumerate(rows) if int(row) in gold), _DEPTH)


def _reciprocal(rows: Iterable[int], gold: frozenset[int]) -> float:
    place = _place(rows, gold)
    return 0.0 if place == _DEPTH else 1 / (place + 1)


def _mean(points: Sequence[FusionWeights]) -> FusionWeights:
    meaning, prior, order, brevity = np.mean([astuple(point) for point in points], axis=0).round(4).tolist()
    return FusionWeights(meaning, prior, order, brevity)


def _cross_fitted(cases: Sequence[_Case], folds: Sequence[FusionWeights]) -> dict[str, float]:
    """success@1 and @10 where each fold is ranked with the weights chosen on the others."""
    ranks = np.array([_ranks(case, [folds[i % FOLDS]])[0] for i, case in enumerate(cases)])
    return {
        "success@1": round(float((ranks < 1).mean()), 4),
        "success@10": round(float((ranks < 10).mean()), 4),
    }


def _calibrate(
    ranker: Ranker, cases: Sequence[_Case], weights: FusionWeights, queries: int
) -> tuple[Calibration, dict[str, float]]:
    ranked = [ranker.rank(case.candidates, case.words, weights) for case in cases]
    features = np.array(
        [ranker.features(r, case.words, weights) for r, case in zip(ranked, cases, strict=True)]
    ).reshape(-1, len(FEATURES))
    right = np.array(
        [bool(len(r.rows)) and int(r.rows[0]) in case.gold for r, case in zip(ranked, cases, strict=True)]
    )
    fold = np.arange(len(cases)) % FOLDS
    probability = np.zeros(len(cases))
    for f in range(FOLDS):
        model = fit_calibration(features[fold != f], right[fold != f])
        probability[fold == f] = [model.probability(x) for x in features[fold == f]]
    sure = probability >= BAR
    figures = {
        "sure_and_right": round(float(right[sure].mean()) if sure.any() else 0.0, 4),
        "sure": round(float(sure[:queries].mean()), 4),
        "sayings_sure": round(float(sure[queries:].mean()) if len(cases) > queries else 0.0, 4),
        "brier": round(float(np.mean((probability - right) ** 2)), 4),
    }
    return fit_calibration(features, right), figures


def _rows_of(verses: Iterable[int], verse_ids: npt.NDArray[np.int32]) -> frozenset[int]:
    wanted = np.array(sorted(verses), np.int32)
    return frozenset(np.flatnonzero(np.isin(verse_ids, wanted)).tolist())


def _counted(query: Sequence[int]) -> dict[int, float]:
    counted: dict[int, float] = {}
    for term in query:
        counted[term] = counted.get(term, 0.0) + 1
    return counted
