"""`verse train sweep`: the same short pretraining with many settings, ranked.

Every combination of the values given, or a random part of them (Bergstra & Bengio 2012: as good as the whole grid
when few of the settings matter), each for the same time. A sweep that was stopped goes on; one that is given more
values trains only what is new.

    runs/SWEEP/config.json            what all trials share
    runs/SWEEP/learning_rate=0.001,layers=3/   a run, and its result.json when it is over
    runs/SWEEP/sweep.png              the measure over each setting
"""

from __future__ import annotations

import dataclasses
import json
import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from training.errors import Diverged, TrainingError, UnusableSettings
from training.metrics import read_metrics
from training.pretrain_run import Changes, Request, pretrain
from training.run import METRICS, Run, write_atomically
from training.settings import TrainingSettings

RESULT = "result.json"
MEASURE = "held_out_loss"
Settings = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Trial:
    """One combination, and what came of it: measures, or a sentence that says why there are none."""

    settings: Settings
    measures: Mapping[str, float]
    failure: str | None = None

    @property
    def rank_key(self) -> float:
        """Lower is better; a failure is worst."""
        return self.measures.get(MEASURE, math.inf)


def combinations(values: Mapping[str, Sequence[float]], trials: int | None, seed: int) -> list[Settings]:
    """All of them in order, or `trials` of them in random order."""
    names = [name for name, options in values.items() if options]
    every = [dict(zip(names, choice, strict=True)) for choice in product(*(values[name] for name in names))]
    if trials is None or trials >= len(every):
        return list(every)
    return list(random.Random(seed).sample(every, trials))


def sweep(
    settings: TrainingSettings,
    shared: Request,
    chosen: Sequence[Settings],
    tell: Callable[[int, int, Trial], object],
) -> list[Trial]:
    """Train what has not been trained yet; all trials of the sweep, the best first.

    Args:
        settings: where data are.
        shared: what all trials have in common; its directory is the sweep's.
        chosen: the combinations.
        tell: called with (trials done, trials in all, the trial) after each.

    Raises:
        TrainingError: for whatever is not a combination's fault (a missing dataset, a full disk, SIGTERM).
    """
    Run(shared.directory, _common(shared))
    for number, combination in enumerate(chosen, 1):
        directory = shared.directory / name_of(combination)
        if not (directory / RESULT).exists():
            _write(directory, _run(settings, shared, combination, directory))
        tell(number, len(chosen), _read(directory))
    return sorted(
        (_read(path.parent) for path in shared.directory.glob(f"*/{RESULT}")),
        key=lambda trial: trial.rank_key,
    )


def name_of(combination: Settings) -> str:
    """The directory of a combination."""
    return ",".join(f"{name}={value:g}" for name, value in combination.items())


def _run(settings: TrainingSettings, shared: Request, combination: Settings, directory: Path) -> Trial:
    request = dataclasses.replace(shared, directory=directory, changes=_changes(combination))
    try:
        measures = dict(pretrain(settings, request, quiet=True))
    except (Diverged, UnusableSettings) as failure:
        return Trial(combination, {}, str(failure))
    lines = [record for record in read_metrics(directory / METRICS) if "tokens_per_s" in record]
    if MEASURE not in measures:
        raise TrainingError("The dataset holds nothing out to measure a trial by; prepare a larger one.")
    measures["tokens_per_s"] = lines[-1]["tokens_per_s"]
    measures["steps"] = lines[-1]["step"]
    return Trial(combination, measures)


def _changes(combination: Settings) -> Changes:
    whole = {name: int(value) for name, value in combination.items() if name in {"layers", "heads"}}
    return Changes(**{**combination, **whole})  # type: ignore[arg-type]


def _common(shared: Request) -> dict[str, Any]:
    return {
        "preset": shared.preset,
        "length": dataclasses.asdict(shared.length),
        "dataset": str(shared.dataset_dir),
        "seed": shared.seed,
    }


def _write(directory: Path, trial: Trial) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    write_atomically(directory / RESULT, (json.dumps(dataclasses.asdict(trial), indent=2) + "\n").encode())


def _read(directory: Path) -> Trial:
    return Trial(**json.loads((directory / RESULT).read_text(encoding="utf-8")))
