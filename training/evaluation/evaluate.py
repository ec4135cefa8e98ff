"""Measures every system on every set of queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from index.vectors import Progress
from training.evaluation.indexes import Corpus, Recipe, build
from training.evaluation.metrics import CUTS, Ranking, Scores, ndcg, reciprocal_rank, success
from training.evaluation.queries import QuerySet
from training.evaluation.ranking import Rankers
from training.evaluation.systems import Contestant, System, systems


@dataclass(frozen=True)
class Measured:
    """What one system found for each query of a set, in its order."""

    system: System
    query_set: QuerySet
    rankings: Sequence[Ranking]

    @property
    def kinds(self) -> list[str]:
        """The kinds of query, in the order in which they come."""
        return list(dict.fromkeys(query.kind for query in self.query_set.queries))

    def scores(self, kind: str | None = None) -> dict[str, Scores]:
        """{measure: a number for each query}, of one kind of query or of all."""
        chosen = [i for i, query in enumerate(self.query_set.queries) if kind in (None, query.kind)]
        rankings = [self.rankings[i] for i in chosen]
        gains = [self.query_set.queries[i].gains for i in chosen]
        if self.query_set.graded:
            return {"nDCG@10": ndcg(rankings, gains)}
        return {f"success@{k}": success(rankings, gains, k) for k in CUTS} | {
            "MRR@10": reciprocal_rank(rankings, gains)
        }


def evaluate(
    corpus: Corpus,
    contestants: Sequence[Contestant],
    query_sets: Sequence[QuerySet],
    root: Path,
    *,
    blind: bool = False,
    progress: Progress = lambda *_: None,
) -> list[Measured]:
    """Builds the indexes that are not under `root` yet and searches them.

    Args:
        corpus: the Bible as people search it.
        contestants: the encoders, first the one in use.
        query_sets: what is asked; topics and held-out wordings are not asked of blind indexes, which
            leave out the modern queries of the other sets' right verses.
        root: where the indexes are kept.
        blind: whether to measure generalisation.
        progress: is told (stage, done, total).

    """
    gold = {verse for _, verses in corpus.dev.queries for verse in verses}
    gold |= {verse for s in query_sets if s.name == "queries" for query in s.queries for verse in query.gains}
    rows = systems(contestants, corpus, frozenset(gold), blind=blind)
    measured = []
    with Rankers(progress) as rankers:
        for query_set in query_sets:
            for system in rows:
                if _is_asked(system, query_set):
                    index = build(_recipe(system, query_set), root, progress)
                    found = rankers.rank(
                        _stage(system, query_set), index, system.way, query_set, system.embedder
                    )
                    measured.append(Measured(system, query_set, found))
    return measured


def _is_asked(system: System, query_set: QuerySet) -> bool:
    if query_set.name == "queries":
        return True
    if query_set.name == "topics":
        return system.documents != "blind"
    # One index each is enough: ours as people get it, a peer's as it can be had.
    return system.documents == ("shipped" if system.ours else "encoded")


def _recipe(system: System, query_set: QuerySet) -> Recipe:
    return system.recipe.without_held_out() if query_set.name == "known-item" else system.recipe


def _stage(system: System, query_set: QuerySet) -> str:
    return " ".join(filter(None, (query_set.name, system.way, system.encoder, system.documents)))
