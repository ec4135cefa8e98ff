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
VERSE = (sys.executable, "-m", "bot")
GPU_BATCH = ("--tokens-per-batch", "65536", "--learning-rate", "2e-3")
"""A GPU is idle at 4,096 tokens a step; the rate grows with the square root of the batch, halved to be safe."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One command line.

    Attributes:
        name: unique in the plan.
        share: of the time that is left when its turn comes, against the stages after it; 0 takes what it takes.
        command: `{minutes}` stands for the minutes it may train.
        needs: files without which it is left out.
        trials: how many runs share its minutes.
        most: minutes it may train, however many are left.
    """

    name: str
    share: float
    command: Sequence[str]
    needs: Sequence[Path] = ()
    trials: int = 1
    most: float = math.inf


def plan(work: Path, *, dry: bool) -> list[Stage]:
    """The stages of a session whose data directory is `work`."""
    small, base, article = ("tiny", "tiny", "tiny") if dry else ("small", "base", "article")
    batch = () if dry else GPU_BATCH
    runs, dataset = work / "runs", work / "dataset"
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

    def finetune(run: str, preset: str, start: Path, *options: object) -> list[str]:
        command = [
            "train",
            "finetune",
            "--run",
            run,
            "--preset",
            preset,
            "--minutes",
            MINUTES,
            "--from",
            str(start),
        ]
        return [*VERSE, *command, *extras, *map(str, options)]

    def model(run: str) -> Path:
        return runs / run / "model"

    sweep = [option for flag, values in ABLATED.items() for option in (flag, values)]
    sweep += ["--dataset", str(dataset)]
    compared = ("small-language", "base-language", "article-honest")
    stages = [
        Stage("sanity", 0, [*VERSE, "train", "sanity"]),
        Stage("prepare", 0, [*VERSE, "train", "prepare", "--out", str(dataset)]),
        Stage("small-language", 3, pretrain("small-language", small, "--dataset", dataset, *batch)),
        Stage("small", 4, finetune("small", small, model("small-language")), [model("small-language")]),
        Stage("base-language", 5, pretrain("base-language", base, "--dataset", dataset)),
        Stage("base", 3, finetune("base", base, model("base-language")), [model("base-language")]),
        Stage(
            "small-distilled",
            3,
            finetune("small-distilled", small, model("small"), "--teacher", model("base")),
            [model("small"), model("base")],
        ),
        Stage("article-honest", 2, pretrain("article-honest", article, "--dataset", dataset)),
        Stage("article-words", 0, [*VERSE, "train", "tokenizer", str(words), "--vocab-size", "30522"]),
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
            [words],
        ),
        Stage(
            "article",
            4,
            pretrain("article", article, "--dataset", windows, "--tokenizer", words),
            [windows / "manifest.json"],
        ),
        Stage(
            "ablations",
            3,
            [*VERSE, "train", "sweep", "--run", "ablations", "--preset", small, "--minutes", MINUTES, *sweep],
            trials=ABLATIONS,
        ),
        Stage(
            "bench",
            0,
            [sys.executable, "-m", "tests.bench.training", "--preset", article]
            + (["--seconds", "0.1", "--rounds", "1"] if dry else []),
        ),
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
    return [dataclasses.replace(stage, most=DRY_MINUTES) for stage in stages] if dry else stages
