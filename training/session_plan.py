"""What a session on a rented GPU does, in the order of what matters: what ships first.

A dry run does the same with the smallest shape, so that every command line is known to work before a GPU is paid
for.
"""

from __future__ import annotations

import dataclasses
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from training.travel import TOPICS, WORDNET

MINUTES = "{minutes}"
ABLATED = {"--mask-rate": "0.15,0.3,0.4", "--learning-rate": "1e-3,3e-3"}
ABLATIONS = 6
DRY_MINUTES = 0.04
SCRATCH, CURRENT = "scratch", "current"
MANIFEST, VECTORS = "manifest.json", "vectors.safetensors"
VERSE = (sys.executable, "-m", "bot")
GPU_BATCH = ("--tokens-per-batch", "65536", "--learning-rate", "2e-3")
"""A GPU is idle at 4,096 tokens a step; the rate grows with the square root of the batch, halved to be safe."""
BASE_RATE = ("--learning-rate", "1e-3")
"""Cramming's (arXiv:2212.14034) for a model of this size that has little time."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One command line.

    Attributes:
        name: unique in the plan.
        share: of the time that is left when its turn comes, against what follows in the longest lanes of this phase
            and the later ones; 0 takes what it takes.
        command: `{minutes}` stands for the minutes it may train.
        needs: files that it waits for while another stage may make them, and without which it is left out.
        makes: what others need of it, and what is not made again when it is there.
        trials: how many runs share its minutes.
        most: minutes it may train, however many are left.
    """

    name: str
    share: float
    command: Sequence[str]
    needs: Sequence[Path] = ()
    trials: int = 1
    most: float = math.inf
    makes: Sequence[Path] = ()


Lane = Sequence[Stage]
"""One after another."""
Phase = Sequence[Lane]
"""Side by side: a small model leaves most of a GPU idle."""


def plan(work: Path, *, dry: bool) -> list[Phase]:
    """The phases of a session whose data directory is `work`, one after another."""
    small, base, article = ("tiny", "tiny", "tiny") if dry else ("small", "base", "article")
    batch, base_rate = ((), ()) if dry else (GPU_BATCH, BASE_RATE)
    runs, dataset = work / "runs", work / "dataset"
    prepared = [dataset / MANIFEST]
    words = work / "article" / "tokenizer.json"
    windows = work / "article" / "dataset"
    extras = [
        option
        for flag, path in (("--topics", work / TOPICS), ("--wordnet", work / WORDNET))
        if path.exists()
        for option in (flag, str(path))
    ]

    def pretrain(run: str, preset: str, *options: object) -> list[str]:
        command = ["train", "pretrain", "--run", run, "--preset", preset, "--minutes", MINUTES]
        return [*VERSE, *command, *map(str, options)]

    def finetune(run: str, preset: str, start: Path | str, *options: object) -> list[str]:
        command = ["train", "finetune", "--run", run, "--preset", preset, "--minutes", MINUTES]
        return [*VERSE, *command, "--from", str(start), *extras, *map(str, options)]

    def model(run: str) -> Path:
        return runs / run / "model"

    def found(run: str) -> Path:
        """What a fine-tuned model is complete with."""
        return model(run) / VECTORS

    sweep = [option for flag, values in ABLATED.items() for option in (flag, values)]
    sweep += ["--dataset", str(dataset)]
    compared = ("small-language", "base-language", "article-honest")
    ships: Phase = [
        [
            Stage(
                "small-language",
                2,
                pretrain("small-language", small, "--dataset", dataset, *batch),
                needs=prepared,
                makes=[model("small-language")],
            ),
            Stage(
                "small",
                5,
                finetune("small", small, model("small-language")),
                needs=[model("small-language")],
                makes=[found("small")],
            ),
            Stage(
                "small-distilled",
                4,
                finetune("small-distilled", small, model("small"), "--teacher", model("base")),
                needs=[found("small"), found("base")],
            ),
        ],
        [
            Stage(
                "base-language",
                4,
                pretrain("base-language", base, "--dataset", dataset, *base_rate),
                needs=prepared,
                makes=[model("base-language")],
            ),
            Stage(
                "base",
                3,
                finetune("base", base, model("base-language")),
                needs=[model("base-language")],
                makes=[found("base")],
            ),
        ],
        [
            Stage(
                "small-longer",
                9,
                finetune("small-longer", small, model("small-language")),
                needs=[model("small-language")],
            )
        ],
        [
            Stage(
                "small-continued",
                7,
                finetune("small-continued", small, SCRATCH if dry else CURRENT),
                makes=[found("small-continued")],
            ),
            Stage(
                "small-continued-distilled",
                4,
                finetune(
                    "small-continued-distilled",
                    small,
                    model("small-continued"),
                    "--teacher",
                    model("base"),
                ),
                needs=[found("small-continued"), found("base")],
            ),
        ],
    ]
    curves: Phase = [
        [Stage("article-honest", 4, pretrain("article-honest", article, "--dataset", dataset), prepared)],
        [
            Stage(
                "article-words",
                0,
                [*VERSE, "train", "tokenizer", str(words), "--vocab-size", "30522"],
                makes=[words],
            ),
            Stage(
                "article-windows",
                0,
                [
                    *VERSE,
                    "train",
                    "prepare",
                    "--split",
                    "article",
                    "--tokenizer",
                    str(words),
                    "--out",
                    str(windows),
                ],
                needs=[words],
                makes=[windows / MANIFEST],
            ),
            Stage(
                "article",
                4,
                pretrain("article", article, "--dataset", windows, "--tokenizer", words),
                needs=[windows / MANIFEST],
            ),
        ],
    ]
    ablations = Stage(
        "ablations",
        3,
        [*VERSE, "train", "sweep", "--run", "ablations", "--preset", small, "--minutes", MINUTES, *sweep],
        needs=prepared,
        trials=ABLATIONS,
    )
    bench = Stage(
        "bench",
        0,
        [sys.executable, "-m", "tests.bench.training", "--preset", article]
        + (["--seconds", "0.1", "--rounds", "1"] if dry else []),
    )
    reports = [
        Stage(
            "report",
            0,
            [*VERSE, "train", "report", *compared, "--against", "minutes"],
            [runs / run / "metrics.jsonl" for run in compared],
        ),
        Stage(
            "report-article",
            0,
            [*VERSE, "train", "report", "article", "--against", "minutes"],
            [runs / "article" / "metrics.jsonl"],
        ),
    ]
    prepare = [*VERSE, "train", "prepare", "--out", str(dataset)]
    first: Phase = [
        [Stage("sanity", 0, [*VERSE, "train", "sanity"])],
        [Stage("prepare", 0, prepare, makes=prepared)],
    ]
    phases = [first, ships, curves, [[ablations]], [[bench]], [reports]]
    return [_shortened(phase) for phase in phases] if dry else phases


def _shortened(phase: Phase) -> Phase:
    return [[dataclasses.replace(stage, most=DRY_MINUTES) for stage in lane] for lane in phase]
