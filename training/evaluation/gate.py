"""Whether a model may take the place of the one in use: not when it finds the dev set's verses worse."""

from __future__ import annotations

from pathlib import Path

from encoder.checkpoint import fingerprint
from encoder.promotion import Verdict
from training.corpus import load_dev_queries
from training.evaluation.bootstrap import Comparison
from training.evaluation.commands import indexes_dir, load_contestants, load_corpus
from training.evaluation.evaluate import evaluate
from training.evaluation.queries import dev_set
from training.evaluation.report import comparisons
from training.progress import stages
from training.settings import TrainingSettings


def judge(settings: TrainingSettings, candidate: Path, current: Path) -> Verdict:
    """Measures hybrid search with each model; the candidate is worse when any measure says so."""
    if fingerprint(candidate) == fingerprint(current):
        return Verdict(worse=False, sentence="It is the model in use.")
    queries = dev_set(load_dev_queries(), fitted_on=True)
    models = {"candidate": candidate, "current": current}
    with load_contestants(settings, models) as contestants, stages() as progress:
        measured = evaluate(
            load_corpus(settings), contestants, [queries], indexes_dir(settings), progress=progress
        )
    _, _, found = next(comparisons(measured, contestants))
    return verdict(found)


def verdict(found: dict[str, Comparison]) -> Verdict:
    """{measure: comparison of the candidate with the model in use} in a sentence."""
    gains = ", ".join(
        f"{measure} {100 * c.gain.mean:+.1f} ({100 * c.gain.low:+.1f} to {100 * c.gain.high:+.1f})"
        for measure, c in found.items()
    )
    worse = [measure for measure, c in found.items() if c.worse]
    said = f"worse in {', '.join(worse)}" if worse else "not worse"
    return Verdict(bool(worse), f"Against the model in use, in points on the dev set: {gains}; it is {said}.")
