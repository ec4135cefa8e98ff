"""Gives the encoder's command line what it needs of the other rooms: a measure for `verse model promote`."""

from pathlib import Path

import typer

from encoder.cli import create_app
from encoder.promotion import Verdict


def model_app() -> typer.Typer:
    """The commands `model …`."""
    return create_app(_judge)


def _judge(candidate: Path, current: Path) -> Verdict:
    from training.evaluation.gate import judge  # imports torch, which takes seconds
    from training.settings import TrainingSettings

    return judge(TrainingSettings(), candidate, current)
