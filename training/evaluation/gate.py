"""Whether a model may take the place of the one in use: not when it finds verses worse that people asked for.

Two sets of queries decide: the dev set, and the regression set of this installation, the queries whose right
verses its keepers decided in `verse feedback review`, so that what was mended once stays mended.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from encoder.checkpoint import fingerprint
from encoder.promotion import Verdict
from training.corpus import load_dev_queries
from training.evaluation.bootstrap import Comparison
from training.evaluation.commands import indexes_dir, load_contestants, load_corpus
from training.evaluation.evaluate import Measured, evaluate
from training.evaluation.queries import QuerySet, dev_set
from training.evaluation.report import comparisons
from training.evaluation.systems import Contestant, Way
from training.progress import stages
from training.settings import TrainingSettings


def judge(settings: TrainingSettings, candidate: Path, current: Path) -> Verdict:
    """Measures search with each model; the candidate is worse when any measure of a set says so.

    Meaning alone is measured, too: words hide for long what a model has unlearned.
    """
    if fingerprint(candidate) == fingerprint(current):
        return Verdict(worse=False, sentence="It is the model in use.")
    query_sets = {"the dev set": dev_set(load_dev_queries(), fitted_on=True)}
    if (decided := regression_set(settings)) is not None:
        query_sets[f"the {len(decided.queries):,} queries that keepers decided"] = decided
    models = {"candidate": candidate, "current": current}
    with load_contestants(settings, models) as contestants, stages() as progress:
        measured = evaluate(
            load_corpus(settings),
            contestants,
            list(query_sets.values()),
            indexes_dir(settings),
            progress=progress,
        )
    return verdict(by_set(query_sets, measured, contestants))


def by_set(
    query_sets: Mapping[str, QuerySet], measured: Sequence[Measured], contestants: Sequence[Contestant]
) -> dict[str, dict[str, Comparison]]:
    """{set: {measure: comparison of the first contestant with the second}}, hybrid and by meaning alone."""
    ways: Mapping[Way, str] = {"hybrid": "", "meaning": ", by meaning alone"}
    return {
        name + said: next(
            c for new, _, c in comparisons(measured, contestants, way) if new.query_set is query_set
        )
        for name, query_set in query_sets.items()
        for way, said in ways.items()
    }


def regression_set(settings: TrainingSettings) -> QuerySet | None:
    """The queries that keepers decided; None while there are none. Raises EvaluationError for a bad line."""
    path = settings.data_dir / "feedback" / "regression.jsonl"
    queries = load_dev_queries(path) if path.is_file() else []
    return dev_set(queries, fitted_on=False) if queries else None


def verdict(found: dict[str, dict[str, Comparison]]) -> Verdict:
    """{set: {measure: comparison of the candidate with the model in use}} in a sentence."""
    told, worse = [], []
    for name, measures in found.items():
        gains = ", ".join(
            f"{measure} {100 * c.gain.mean:+.1f} ({100 * c.gain.low:+.1f} to {100 * c.gain.high:+.1f})"
            for measure, c in measures.items()
        )
        told.append(f"on {name}: {gains}")
        worse += [f"{measure} on {name}" for measure, c in measures.items() if c.worse]
    said = f"worse in {', '.join(worse)}" if worse else "not worse"
    return Verdict(bool(worse), f"Against the model in use, in points, {'; '.join(told)}; it is {said}.")
