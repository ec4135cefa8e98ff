"""How fast pretraining is beside Hugging Face's BertForMaskedLM: same shape, texts, batch, precision and machine.

    make bench-training
    python -m tests.bench.training --preset article --batch 64        # on a GPU

Both learn the King James Version's verses behind the same kind of masks, in bf16, with fused AdamW and clipping.
BERT reads batches as they come, padded to their longest member, and predicts every position, as its own examples
do; ours sorts verses by length and predicts what is hidden. Each is a process of its own, and they take turns.
"""

import dataclasses
import gc
import multiprocessing
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from statistics import median
from typing import Annotated

import numpy as np
import torch
import typer
from rich.console import Console
from rich.table import Table
from torch import nn

from encoder.config import EncoderConfig
from encoder.model import Encoder
from encoder.tokenizer import PAD_ID
from index.bible import load_bible
from training.dataset import Dataset
from training.distributed import Ranks
from training.flops import FORWARD_AND_BACKWARD, encoder_flops, head_flops, peak_flops
from training.masking import mask_tokens
from training.memory import memory_mb
from training.presets import preset_named
from training.pretrain import PretrainConfig, Pretraining
from training.setting_up import tokenizer_at

console = Console()
MASK_RATE = 0.15
Step = Callable[[], tuple[int, float]]
"""One step of training; the real tokens that it read and the operations that the model needs for them."""


@dataclass(frozen=True, slots=True)
class Plan:
    shape: EncoderConfig
    batch: int
    """Texts in a step."""
    seconds: float
    device: str
    threads: int


def verses() -> Dataset:
    """Each verse of the King James Version, in order."""
    bible = load_bible(("KJV",))
    texts = list(bible.translations["KJV"].verses.values())
    rows = tokenizer_at(None).encode(texts)
    lengths = np.array([len(row) for row in rows])
    return Dataset(
        tokens=np.concatenate([np.array(row, dtype=np.uint16) for row in rows]),
        offsets=np.concatenate(([0], np.cumsum(lengths))),
        verse_ids=bible.verse_ids[: len(rows)],
        sources=np.zeros(len(rows), dtype=np.uint8),
        held_out=np.zeros(len(rows), dtype=np.bool_),
        bytes=np.array([len(text.encode()) for text in texts], dtype=np.int32),
        manifest={},
    )


def ours(plan: Plan) -> Step:
    """A step of `verse train pretrain`."""
    config = PretrainConfig(mask_rate=MASK_RATE, texts_per_batch=plan.batch)
    task = Pretraining(
        Encoder(plan.shape), verses(), config, seed=0, ranks=Ranks(device=torch.device(plan.device))
    )
    parameters = [p for group in task.parameter_groups() for p in group.parameters]
    update = _updates(parameters)
    rng = np.random.default_rng(0)

    def step() -> tuple[int, float]:
        lesson = task.lesson(rng)
        lesson.loss.backward()  # type: ignore[no-untyped-call]
        update()
        return lesson.tokens, lesson.flops

    return step


def hugging_face(plan: Plan) -> Step:
    """A step of BertForMaskedLM."""
    from transformers import BertConfig, BertForMaskedLM

    shape, dataset, device = plan.shape, verses(), torch.device(plan.device)
    bert = BertForMaskedLM(
        BertConfig(
            vocab_size=shape.vocab_size,
            hidden_size=shape.hidden_size,
            num_hidden_layers=shape.layers,
            num_attention_heads=shape.heads,
            intermediate_size=shape.feed_forward_size,
            max_position_embeddings=max(512, int(dataset.lengths.max())),
            hidden_dropout_prob=shape.dropout,
            attention_probs_dropout_prob=shape.dropout,
            pad_token_id=PAD_ID,
        )
    ).to(device)
    bert.train()
    update = _updates(list(bert.parameters()))
    generator = torch.Generator().manual_seed(0)

    def batches() -> Iterator[np.ndarray[tuple[int], np.dtype[np.int64]]]:
        rng = np.random.default_rng(0)
        while True:
            order = rng.permutation(len(dataset))
            yield from np.split(order, range(plan.batch, len(order), plan.batch))

    source = batches()

    def step() -> tuple[int, float]:
        texts = next(source)
        token_ids, attention_mask = map(torch.from_numpy, dataset.padded(texts))
        masked = mask_tokens(
            token_ids, attention_mask, rate=MASK_RATE, vocab_size=shape.vocab_size, generator=generator
        )
        labels = token_ids.masked_fill(~masked.positions, -100)
        with torch.autocast(device.type, torch.bfloat16):
            loss = bert(
                input_ids=masked.token_ids.to(device),
                attention_mask=attention_mask.to(device),
                labels=labels.to(device),
            ).loss
        loss.backward()
        update()
        lengths = attention_mask.sum(dim=1).numpy()
        needed = encoder_flops(shape, lengths) + head_flops(shape, len(masked.labels))
        return int(lengths.sum()), FORWARD_AND_BACKWARD * needed

    return step


def _updates(parameters: list[nn.Parameter]) -> Callable[[], None]:
    optimizer = torch.optim.AdamW(parameters, lr=1e-4, fused=True)

    def update() -> None:
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    return update


@dataclass(frozen=True, slots=True)
class Round:
    tokens: int
    flops: float
    wall_s: float
    cpu_s: float


def _contestant(make: Callable[[Plan], Step], plan: Plan, pipe: Connection) -> None:
    """A process that trains for a while whenever it is told to, and says how far it came; at last, its memory."""
    torch.set_num_threads(plan.threads)
    torch.manual_seed(0)
    device = torch.device(plan.device)
    verses()
    gc.collect()
    before = memory_mb(device)
    pipe.send(peak_flops(device).flops)
    step = make(plan)
    for _ in range(5):
        step()
    pipe.send("ready")
    while pipe.recv() == "go":
        wall, cpu = time.perf_counter(), time.process_time()
        tokens, flops = 0, 0.0
        while time.perf_counter() - wall < plan.seconds:
            read, worked = step()
            tokens, flops = tokens + read, flops + worked
        if device.type == "cuda":
            torch.cuda.synchronize()
        pipe.send(Round(tokens, flops, time.perf_counter() - wall, time.process_time() - cpu))
    after = memory_mb(device)
    key = "gpu_peak_memory_mb" if device.type == "cuda" else "peak_memory_mb"
    pipe.send(after[key] - (0 if device.type == "cuda" else before["memory_mb"]))


def main(
    preset: Annotated[str, typer.Option(help="Whose size: small, base or article.")] = "small",
    batch: Annotated[int, typer.Option(help="Texts in a step.")] = 64,
    seconds: Annotated[float, typer.Option(help="For each turn.")] = 10.0,
    rounds: Annotated[int, typer.Option(help="Turns of each.")] = 5,
    threads: Annotated[int | None, typer.Option(help="On a CPU; by default one a core.")] = None,
) -> None:
    """Print the table."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    shape = preset_named(preset).encoder
    # BERT's own kind of block, of the preset's size; what is too long for the article's 104 tokens, neither cuts.
    shape = dataclasses.replace(
        shape,
        gated=False,
        biases=True,
        positions="sinusoidal",
        feed_forward_size=4 * shape.hidden_size,
        dropout=0.1,
        max_tokens=512,
    )
    plan = Plan(shape, batch, seconds, device, threads or len(os.sched_getaffinity(0)))
    contestants = {"Verse": ours, "Hugging Face BERT": hugging_face}
    context = multiprocessing.get_context("spawn")
    pipes: dict[str, Connection] = {}
    peak = 0.0
    for name, make in contestants.items():
        pipes[name], theirs = context.Pipe()
        context.Process(target=_contestant, args=(make, plan, theirs), daemon=True).start()
        peak = pipes[name].recv()
        pipes[name].recv()
    taken: dict[str, list[Round]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, pipe in pipes.items():
            pipe.send("go")
            taken[name].append(pipe.recv())
    memory = {}
    for name, pipe in pipes.items():
        pipe.send("stop")
        memory[name] = pipe.recv()
    console.print(_table(plan, taken, memory, peak))


def _table(plan: Plan, taken: dict[str, list[Round]], memory: dict[str, float], peak: float) -> Table:
    shape = plan.shape
    title = (
        f"{shape.layers} x {shape.hidden_size}, {shape.vocab_size:,} tokens, {plan.batch} verses a step, bf16, "
        f"{plan.device}"
        + (f" with {plan.threads} threads" if plan.device == "cpu" else "")
        + f", peak {peak / 1e12:.3g} TFLOP/s"
    )
    table = Table("", "tokens/s", "tokens a CPU second", "MFU", "memory, MiB", title=title)
    medians = {
        name: (
            median(r.tokens / r.wall_s for r in rounds),
            median(r.tokens / r.cpu_s for r in rounds),
            median(r.flops / r.wall_s / peak for r in rounds),
            memory[name],
        )
        for name, rounds in taken.items()
    }
    for name, (speed, thrift, mfu, mib) in medians.items():
        table.add_row(name, f"{speed:,.0f}", f"{thrift:,.0f}", f"{mfu:.1%}", f"{mib:,.0f}")
    us, them = medians.values()
    ratios = [f"{a / b:.2f}" for a, b in zip(us, them, strict=True)]
    table.add_row("ratio", *ratios)
    return table


if __name__ == "__main__":
    typer.run(main)
