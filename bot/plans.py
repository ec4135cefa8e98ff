"""What each kind of job does."""

import re
from itertools import pairwise
from pathlib import Path

from bot.jobs import Plan
from bot.service import VerseService
from bot.settings import BotSettings
from bot.store.ids import now_ms

_RUN = "discord-"
_BUILD = ("index", "build", "--json")


def rebuild(service: VerseService) -> Plan:
    """A new index, swapped in."""
    return Plan("rebuild", [_BUILD], service.refresh)


def train(settings: BotSettings, run: str, minutes: int) -> Plan:
    """The model in use, trained further and compared with it; nothing changes until somebody promotes it."""
    learn = ("train", "finetune", "--run", run, "--minutes", str(minutes))
    return Plan("train", [learn, _check(settings, run)])


def learn(settings: BotSettings, run: str, minutes: int) -> Plan:
    """As `train`, from what people said of answers and allowed to be used."""
    file = str(settings.data_dir / "feedback" / f"{run}.jsonl")
    export = ("feedback", "export", "--consented-only", "--out", file)
    finetune = ("train", "finetune", "--feedback", file, "--run", run, "--minutes", str(minutes))
    return Plan("train", [export, finetune, _check(settings, run)])


def _check(settings: BotSettings, run: str) -> tuple[str, ...]:
    return ("model", "promote", "--check", str(settings.data_dir / "runs" / run / "model"))


def promote(service: VerseService, model: str) -> Plan:
    """A model in use unless it measures worse, and an index of it."""
    return Plan("promote", [("model", "promote", model), _BUILD], service.refresh)


def roll_back(service: VerseService) -> Plan:
    """The model that was in use before, and an index of it."""
    return Plan("rollback", [("model", "rollback"), _BUILD], service.refresh)


def again(service: VerseService, kind: str, steps: list[list[str]]) -> Plan:
    """A job that was interrupted; finished parts of it are not done again."""
    return Plan(kind, steps, None if kind == "train" else service.refresh)


def new_run() -> str:
    """The name of a training run that is started from Discord."""
    return f"{_RUN}{now_ms()}"


def run_of(steps: list[list[str]], settings: BotSettings) -> Path | None:
    """The directory of the training run that a job made, if it made one from Discord."""
    for step in steps:
        for option, name in pairwise(step):
            if option == "--run" and re.fullmatch(rf"{_RUN}\d+", name):
                return settings.data_dir / "runs" / name
    return None
