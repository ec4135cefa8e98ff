"""Lets many queries be searched at once: a process for each core, since a search holds the interpreter's lock."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from index.fit import FOLDS, Mode
from index.query import parse
from index.search import Searcher
from index.vectors import Progress, TextEmbedder
from training.evaluation.metrics import DEPTH
from training.evaluation.queries import QuerySet
from training.evaluation.systems import Way

_PER_TASK = 250
"""Queries; a second's work."""


@dataclass(frozen=True)
class _Task:
    """Queries for one index: their places in the set, texts and (N, D) vectors, which `words` does without."""

    index: Path
    way: Way
    fold: int | None
    places: Sequence[int]
    texts: Sequence[str]
    vectors: NDArray[np.float32] | None


class Rankers:
    """Processes that search, each with the indexes that it has opened; a context manager."""

    def __init__(self, progress: Progress = lambda *_: None) -> None:
        # Not a fork: this process has threads of torch, which a fork would leave locked.
        self._pool = ProcessPoolExecutor(os.cpu_count(), get_context("spawn"), _end_with_parent)
        self._progress = progress

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)

    def rank(
        self, stage: str, index: Path, way: Way, query_set: QuerySet, embedder: TextEmbedder | None
    ) -> list[tuple[int, ...]]:
        """The verse ids that the index at `index` finds for each query, best first, at most DEPTH.

        Without an embedder only words are searched.
        """
        texts = [query.text for query in query_set.queries]
        vectors = None
        if embedder is not None and way != "words":
            vectors = embedder.embed([parse(text).plain for text in texts], "query")
        tasks = [
            _Task(
                index,
                way,
                fold,
                places,
                [texts[i] for i in places],
                None if vectors is None else vectors[places],
            )
            for fold, places in _portions(query_set)
        ]
        rankings: list[tuple[int, ...]] = [()] * len(texts)
        done = 0
        for task, found in zip(tasks, self._pool.map(_search, tasks), strict=True):
            for place, ranking in zip(task.places, found, strict=True):
                rankings[place] = ranking
            done += len(found)
            self._progress(stage, done, len(texts))
        return rankings


def _portions(query_set: QuerySet) -> list[tuple[int | None, list[int]]]:
    """(fold, places) of queries that may be ranked with the same weights."""
    places = list(range(len(query_set.queries)))
    if query_set.fitted_on:
        return [(fold, places[fold::FOLDS]) for fold in range(FOLDS) if places[fold::FOLDS]]
    return [(None, places[start : start + _PER_TASK]) for start in range(0, len(places), _PER_TASK)]


def _end_with_parent() -> None:
    """A worker waits for work for ever, also when nobody is left who could send any."""
    parent = parent_process()
    assert parent is not None

    def watch() -> None:
        parent.join()
        os._exit(1)

    Thread(target=watch, daemon=True).start()


def _search(task: _Task) -> list[tuple[int, ...]]:
    searcher = _open(task.index)
    if task.fold is not None:
        searcher = searcher.fold(task.fold)
    mode: Mode = "hybrid" if task.way == "fusion" else task.way
    if task.way == "fusion":
        searcher = searcher.without_reranking()
    shown = next(iter(searcher.translations))
    rankings = []
    for number, text in enumerate(task.texts):
        vector = None if task.vectors is None else task.vectors[number : number + 1]
        embed = None if vector is None else (lambda _, vector=vector: vector)
        result = searcher.search(text, embed=embed, k=DEPTH, translation=shown, mode=mode)
        rankings.append(tuple(hit.verse_id for hit in result.hits[:DEPTH]))
    return rankings


@lru_cache(maxsize=4)
def _open(index: Path) -> Searcher:
    return Searcher.open(index)
