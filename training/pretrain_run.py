"""`verse train pretrain`: masked language modelling from a prepared dataset to a model directory."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from encoder.checkpoint import save_model
from encoder.config import EncoderConfig
from training.card import write_card
from training.dataset import Dataset
from training.distributed import Ranks, joined
from training.errors import RunError, UnusableSettings
from training.loop import train
from training.presets import Preset, preset_named
from training.pretrain import PretrainConfig, Pretraining
from training.run import Run
from training.schedule import Budget
from training.setting_up import describe, device_for, fresh_encoder, tokenizer_at
from training.settings import TrainingSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Length:
    """How long to train: one of the three, or the preset's own number of epochs."""

    minutes: float | None = None
    steps: int | None = None
    epochs: float | None = None

    def budget(self, preset_epochs: float | None, steps_per_epoch: int) -> Budget:
        """In steps or minutes; raises RunError."""
        given = [value for value in (self.minutes, self.steps, self.epochs) if value is not None]
        if len(given) > 1 or not (given or preset_epochs):
            raise RunError("Say how long to train: --minutes, --steps or --epochs.")
        if epochs := self.epochs or (None if given else preset_epochs):
            return Budget(steps=math.ceil(epochs * steps_per_epoch))
        return Budget(minutes=self.minutes, steps=self.steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What differs from the preset; None leaves it."""

    learning_rate: float | None = None
    mask_rate: float | None = None
    tokens_per_batch: int | None = None
    dropout: float | None = None
    layers: int | None = None
    heads: int | None = None

    def of(self, config: object) -> dict[str, float]:
        """Those that are fields of `config`."""
        assert dataclasses.is_dataclass(config)
        changes = dataclasses.asdict(self)
        fields = {field.name for field in dataclasses.fields(config)}
        return {name: value for name, value in changes.items() if value is not None and name in fields}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One run of pretraining."""

    directory: Path
    preset: str
    length: Length
    changes: Changes = Changes()
    dataset_dir: Path | None = None
    tokenizer_path: Path | None = None
    start: Path | None = None
    seed: int = 0


def pretrain(settings: TrainingSettings, request: Request, *, quiet: bool = False) -> Mapping[str, float]:
    """Train, or go on training, and export the model; its measures. Raises TrainingError."""
    preset = preset_named(request.preset)
    try:
        shape = dataclasses.replace(preset.encoder, **request.changes.of(preset.encoder))  # type: ignore[arg-type]
    except ValueError as error:
        raise UnusableSettings(f"There is no such encoder: {error}.") from error
    config = dataclasses.replace(preset.pretrain, **request.changes.of(preset.pretrain))  # type: ignore[arg-type]
    with joined(device_for(settings)) as ranks:
        return _pretrain(settings, request, preset, shape, config, ranks, quiet=quiet)


def _pretrain(
    settings: TrainingSettings,
    request: Request,
    preset: Preset,
    shape: EncoderConfig,
    config: PretrainConfig,
    ranks: Ranks,
    *,
    quiet: bool,
) -> Mapping[str, float]:
    dataset = Dataset.open(request.dataset_dir or settings.data_dir / "dataset")
    tokenizer = tokenizer_at(request.tokenizer_path)
    if dataset.manifest["vocab_size"] != tokenizer.vocab_size:
        raise RunError("The dataset was made with another tokenizer; run `verse train prepare` again.")
    encoder = fresh_encoder(shape, tokenizer, request.start, request.seed)
    task = Pretraining(encoder, dataset, config, seed=request.seed, ranks=ranks)
    loop = preset.loop(request.length.budget(preset.epochs, task.steps_per_epoch), request.seed)
    with ranks.in_turn():
        description = describe(request.preset, loop, config, request.start)
        run = Run(request.directory, description | {"encoder": dataclasses.asdict(encoder.config)})
    loop = dataclasses.replace(loop, checkpoint_every_s=settings.checkpoint_every_s)
    train(task, run, loop, ranks=ranks, quiet=quiet)
    if not ranks.first:
        return {}
    measures = dict(task.evaluate())
    save_model(run.model_dir, encoder.cpu(), tokenizer, write_card(run.directory, measures))
    return measures
