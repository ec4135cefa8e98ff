"""Which choice of a shape pays in masked language modelling: `small`, and `small` with one thing changed.

    verse train prepare
    python -m tests.bench.ablations --steps 300

Same texts, masks, order, seed and steps; a step reads the same tokens in all. Held-out verses are measured at 15 %.
Ablations of a minute on a CPU order what a GPU should try for longer; they do not settle it.
"""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from encoder.config import EncoderConfig
from training.dataset import Dataset
from training.loop import train
from training.metrics import read_metrics
from training.presets import preset_named
from training.pretrain import Pretraining
from training.run import METRICS, Run
from training.schedule import Budget
from training.setting_up import fresh_encoder, tokenizer_at
from training.settings import TrainingSettings

VARIANTS: Mapping[str, Mapping[str, Any]] = {
    "small: rotary, GeGLU, no biases, 22 % masked": {},
    "sinusoidal positions": {"positions": "sinusoidal"},
    "GELU of as many weights": {"gated": False, "feed_forward_size": 1536},
    "biases": {"biases": True},
    "dropout 0.143": {"dropout": 0.143},
    "the article's: sinusoids, GELU, biases, dropout": {
        "positions": "sinusoidal",
        "gated": False,
        "feed_forward_size": 1536,
        "biases": True,
        "dropout": 0.143,
    },
    "15 % masked": {"mask_rate": 0.15},
    "30 % masked": {"mask_rate": 0.30},
    "40 % masked": {"mask_rate": 0.40},
    "half the rate": {"learning_rate": 1e-3},
    "twice the rate": {"learning_rate": 4e-3},
}
SHAPE = {field.name for field in dataclasses.fields(EncoderConfig)}


def measure(
    dataset: Dataset, changes: Mapping[str, Any], steps: int, seed: int, directory: Path
) -> dict[str, float]:
    """Train one variant; its measures and tokens/s."""
    preset = preset_named("small")
    shape = dataclasses.replace(preset.encoder, **{k: v for k, v in changes.items() if k in SHAPE})
    config = dataclasses.replace(preset.pretrain, **{k: v for k, v in changes.items() if k not in SHAPE})
    task = Pretraining(fresh_encoder(shape, tokenizer_at(None), None, seed), dataset, config, seed=seed)
    train(task, Run(directory, {}), preset.loop(Budget(steps=steps), seed), quiet=True)
    lines = [line["tokens_per_s"] for line in read_metrics(directory / METRICS) if "tokens_per_s" in line]
    return {**task.evaluate(), "tokens_per_s": median(lines)}


def main(
    steps: Annotated[int, typer.Option(help="Of each variant.")] = 300,
    seed: Annotated[int, typer.Option(help="Of weights, order and masks.")] = 0,
) -> None:
    """Print the table, a row as soon as it is measured."""
    dataset = Dataset.open(TrainingSettings().data_dir / "dataset")
    table = Table("", "nats", "bits a byte", "tokens/s")
    console = Console()
    with TemporaryDirectory() as directory:
        for number, (name, changes) in enumerate(VARIANTS.items()):
            measured = measure(dataset, changes, steps, seed, Path(directory) / str(number))
            row = [
                f"{measured['held_out_loss']:.3f}",
                f"{measured['held_out_bits_per_byte']:.3f}",
                f"{measured['tokens_per_s']:,.0f}",
            ]
            table.add_row(name, *row)
            console.print(f"{name}: {' '.join(row)}", style="dim")
    console.print(table)


if __name__ == "__main__":
    typer.run(main)
