"""`verse train learning-curve`: does feedback make search better, and what do malicious raters do to it?

People ask and rate answers of the model in use (`users`, `asking`). From their first 1,000, 3,000 and 10,000
ratings models are trained as `verse train finetune --feedback` trains them, and success@1 is measured on queries
that the same people would ask next. Every model stands before the gate: the dev set, and the regression set of
queries that curators decided. Fine-tuning on feedback leaves the verses' vectors alone, so one index serves all.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Container, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np

from encoder.checkpoint import load_model
from encoder.embedder import Embedder
from encoder.model_store import current_model_dir
from index.bible import HELD_OUT, installed_translations, load_bible
from index.fit import FOLDS, Mode
from index.results import SearchResult
from index.search import Searcher
from training.corpus import load_dev_queries, modern_queries, training_bible
from training.evaluation.bootstrap import compare
from training.evaluation.commands import indexes_dir, load_corpus
from training.evaluation.gate import verdict
from training.evaluation.indexes import Recipe, build
from training.evaluation.metrics import Scores
from training.examples import usual_examples
from training.feedback.evidence import pairs_of
from training.feedback.records import Record
from training.feedback.run import Lessons, learn
from training.learned import VECTORS_FILE
from training.loop import LoopConfig
from training.progress import Stages
from training.run import Run, write_atomically
from training.schedule import Budget
from training.settings import TrainingSettings
from training.simulation.asking import Asking, Need, answers
from training.simulation.users import Character, Event, react

PEOPLE = 300
REGRESSION = 200
"""Queries that curators decided."""
NEXT = 1_000
"""Queries that people ask next, on which models are measured."""
ASKED_NEXT = ("next", "next_meaning")
"""What the gate does not know."""
FAMOUS = 40
"""A malicious person names one of so many best known verses."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """Who rates: this share of the people has that character, the others are honest."""

    share: float
    character: Character

    @property
    def name(self) -> str:
        """As the table says it."""
        return "all honest" if not self.share else f"{self.share:.0%} {self.character}"


SCENARIOS = (
    Scenario(0.0, "honest"),
    Scenario(0.05, "random"),
    Scenario(0.2, "random"),
    Scenario(0.05, "against"),
    Scenario(0.2, "against"),
    Scenario(1.0, "against"),
)


@dataclass(frozen=True, slots=True)
class Point:
    """One trained model; shares of queries with the right verse first. `events` 0 is the model in use."""

    scenario: str
    events: int
    pairs: int
    next_before: float
    next_after: float
    next_meaning_before: float
    next_meaning_after: float
    dev_before: float
    dev_after: float
    regression_before: float
    regression_after: float
    stopped: bool
    """Whether the gate refused it, by fused search or by meaning alone."""


@dataclass(frozen=True)
class Given:
    """An answer that somebody got."""

    need: Need
    shown: tuple[int, ...]


def learning_curve(
    settings: TrainingSettings, counts: Sequence[int], steps: int, seed: int, tell: Stages
) -> Iterator[Point]:
    """Trains and measures; what it needs lies under `data/simulation`, and goes when it is over."""
    origin = current_model_dir(settings.data_dir / "models")
    root = settings.data_dir / "simulation"
    corpus = load_corpus(settings)
    current = Embedder.load(origin)
    recipe = Recipe(
        corpus.bible, corpus.modern, corpus.dev, current, origin / VECTORS_FILE
    ).without_held_out()
    searcher = Searcher.open(build(recipe, indexes_dir(settings), tell))

    asking = held_out_asking(seed)
    needs = asking.draw(2 * max(counts) + REGRESSION + NEXT, np.random.default_rng(seed + 1))
    coming, decided, asked = needs[:NEXT], needs[NEXT : NEXT + REGRESSION], needs[NEXT + REGRESSION :]
    given = []
    for need, result in zip(asked, answers(searcher, current, [n.query for n in asked]), strict=True):
        given.append(Given(need, tuple(hit.verse_id for hit in result.hits)))
        tell("ask", len(given), len(asked))
    famous = asking.verses[:FAMOUS]

    sampler, validation = usual_examples(training_bible(settings), load_model(origin)[1], None, None, seed)
    measure = partial(success_at_1, searcher, coming, decided)
    before = measure(current)
    done = 0
    for scenario in SCENARIOS:
        records = ratings(scenario, given, famous, np.random.default_rng(seed + 2))
        for count in counts:
            pairs = pairs_of(records[:count])
            directory = root / f"{scenario.name.replace(' ', '-').replace('%', '')}-{count}"
            shutil.rmtree(directory, ignore_errors=True)
            loop = LoopConfig(budget=Budget(steps=steps), warmup_steps=20, seed=seed)
            run = Run(directory, {"preset": "feedback", "from": origin.name, "scenario": asdict(scenario)})
            learn(settings, origin, Lessons(pairs, sampler, validation), run, loop)
            after = measure(Embedder.load(run.model_dir))
            shutil.rmtree(directory)
            done += 1
            tell("learn", done, len(SCENARIOS) * len(counts))
            yield _point(scenario, count, len(pairs), before, after)


def held_out_asking(seed: int) -> Asking:
    """People who quote the translations that no model was trained on, those of them that are installed."""
    codes = tuple(code for code in HELD_OUT if code in installed_translations())
    translations = list(load_bible(codes).translations.values()) if codes else []
    return Asking(translations, modern_queries().by_verse, np.random.default_rng(seed))


def ratings(
    scenario: Scenario, given: Sequence[Given], famous: Sequence[int], rng: np.random.Generator
) -> list[Record]:
    """What the people of a scenario say of the answers, in order; few ask often, most seldom."""
    activity = 1 / (np.arange(PEOPLE) + 3)
    who = rng.choice(PEOPLE, len(given), p=activity / activity.sum())
    bad = set(rng.permutation(PEOPLE)[: round(scenario.share * PEOPLE)].tolist())
    return [
        record(event, answer, f"person {person}")
        for answer, person in zip(given, who.tolist(), strict=True)
        for event in react(
            scenario.character if person in bad else "honest", answer.need.verse, answer.shown, famous, rng
        )
        if event.verdict != "opened"
    ]


def record(event: Event, answer: Given, author: str) -> Record:
    """An event as a row of feedback."""
    shown = {verse: rank for rank, verse in enumerate(answer.shown, 1)}
    return Record(answer.need.query, event.verdict, event.verse, shown, 1.0, "user", author)


def save(points: Sequence[Point], path: Path) -> None:
    """The points as JSON, for the plot."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, (json.dumps([asdict(p) for p in points], indent=1) + "\n").encode())


def success_at_1(
    searcher: Searcher, coming: Sequence[Need], decided: Sequence[Need], embedder: Embedder
) -> dict[str, Scores]:
    """Whether the right verse is first, for every query: with fusion, and for `…_meaning` without words."""
    dev = load_dev_queries()

    def dev_scores(mode: Mode = "hybrid") -> Scores:
        scores = np.zeros(len(dev))
        for fold in range(FOLDS):
            places = range(fold, len(dev), FOLDS)
            found = answers(searcher.fold(fold), embedder, [dev[i].text for i in places], mode)
            scores[fold::FOLDS] = [_right(dev[i].gold, r) for i, r in zip(places, found, strict=True)]
        return scores

    def scores(needs: Sequence[Need], mode: Mode = "hybrid") -> Scores:
        found = answers(searcher, embedder, [need.query for need in needs], mode)
        return np.array([_right({n.verse}, r) for n, r in zip(needs, found, strict=True)])

    return {
        "next": scores(coming),
        "next_meaning": scores(coming, "meaning"),
        "dev": dev_scores(),
        "dev_meaning": dev_scores("meaning"),
        "regression": scores(decided),
        "regression_meaning": scores(decided, "meaning"),
    }


def _right(gold: Container[int], result: SearchResult) -> float:
    return float(bool(result.hits) and result.hits[0].verse_id in gold)


def _point(
    scenario: Scenario, count: int, pairs: int, before: dict[str, Scores], after: dict[str, Scores]
) -> Point:
    means = {}
    for name in ("next", "next_meaning", "dev", "regression"):
        means[f"{name}_before"] = float(before[name].mean())
        means[f"{name}_after"] = float(after[name].mean())
    gated = {
        name: {"success@1": compare(after[name], before[name])} for name in before if name not in ASKED_NEXT
    }
    return Point(scenario=scenario.name, events=count, pairs=pairs, stopped=verdict(gated).worse, **means)
