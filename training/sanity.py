"""`verse train sanity`: start small. If one of these fails, nothing larger will work.

Every check goes through the same doors as a real run, on shapes that are a preset's in everything but width. The
encoder and the masks are arguments, so that a test can hand in broken ones and see them found out.
"""

from __future__ import annotations

import dataclasses
import math
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from rich.markup import escape
from torch import Tensor, nn

from encoder.config import EncoderConfig
from encoder.model import Encoder
from encoder.tokenizer import MASK_ID, SPECIAL_TOKENS
from training.dataset import Dataset
from training.loop import Lesson, LoopConfig, train
from training.masking import Masked, mask_tokens
from training.metrics import read_metrics
from training.presets import PRESETS
from training.pretrain import PretrainConfig, Pretraining
from training.run import METRICS, Run
from training.schedule import Budget

VOCAB = 500
"""Tokens of the made-up language: enough for a guess to be far from right, ln(500) = 6.2 nats."""
MEMORISED = 0.1
"""Nats a token: known by heart."""
GUESS_TOLERANCE = 0.1
"""Nats: small random logits add half their variance to ln(vocabulary), here about 0.01."""
SHARE_TOLERANCE = 0.01
"""Six standard deviations of a share of 0.22 in 80,000 tokens are 0.009."""
PADDING_TOLERANCE = 1e-4
"""float32 sums in another order; a leak through attention changes the first digit."""
RESUMED_STEPS = 8

MakeEncoder = Callable[[EncoderConfig], Encoder]
MakeMasks = Callable[..., Masked]


@dataclasses.dataclass(frozen=True, slots=True)
class Check:
    """One line of the checklist: what was checked, whether it holds, and the figures."""

    name: str
    passed: bool
    detail: str


def examine(make: MakeEncoder = Encoder, mask: MakeMasks = mask_tokens) -> Iterator[Check]:
    """Every check, as it is done; all of them take a few seconds of one core."""
    yield first_loss(make)
    yield memorises(make)
    for preset in ("article", "small"):
        yield padding_changes_nothing(make, preset)
    for preset in ("article", "small"):
        yield gradients_reach_everything(make, preset)
    yield resumes_bit_for_bit(make)
    yield masks(mask)


def print_checklist(console: Console) -> bool:
    """Print each check when it is done; whether all passed."""
    failed = 0
    for check in examine():
        failed += not check.passed
        verdict = "[green]ok    [/]" if check.passed else "[red]FAILED[/]"
        console.print(f"{verdict} {check.name}: [dim]{escape(check.detail)}[/]", soft_wrap=True)
    console.print("Ready to train." if not failed else f"{failed} failed: do not train with this.")
    return not failed


def first_loss(make: MakeEncoder) -> Check:
    """Who knows nothing guesses: the first loss is ln(vocabulary)."""
    task = _task(make, _narrow("article"), _texts(64, 20))
    rng = np.random.default_rng(0)
    loss = float(np.mean([task.lesson(rng).loss.item() for _ in range(8)]))
    guess = math.log(VOCAB)
    return Check(
        "The first loss is that of a guess",
        abs(loss - guess) < GUESS_TOLERANCE,
        f"{loss:.3f} nats; ln({VOCAB}) = {guess:.3f}",
    )


def memorises(make: MakeEncoder) -> Check:
    """One layer learns a hundred tokens by heart, through the real loop."""
    shape = dataclasses.replace(_narrow("article"), layers=1, dropout=0.0)
    text = _texts(1, 100).tokens
    four_masks_a_step = dataclasses.replace(_texts(4, 100), tokens=np.tile(text, 4))
    with tempfile.TemporaryDirectory() as directory:
        run = Run(Path(directory), {})
        config = LoopConfig(budget=Budget(steps=250), warmup_steps=10, log_every=10)
        train(_task(make, shape, four_masks_a_step), run, config, quiet=True)
        losses = [record["loss"] for record in read_metrics(run.directory / METRICS) if "loss" in record]
    return Check(
        "One layer memorises 100 tokens",
        losses[-1] < MEMORISED,
        f"{losses[0]:.2f} to {losses[-1]:.3f} nats in {config.budget.steps} steps",
    )


@torch.no_grad()
def padding_changes_nothing(make: MakeEncoder, preset: str) -> Check:
    """A text's vectors are the same alone and beside a longer one, whatever stands on its padding."""
    encoder = _seeded(make, _narrow(preset)).eval()
    for parameter in encoder.parameters():
        # Residual outputs start at zero: without this, attention would be silent and any leak unheard.
        parameter.add_(0.1 * torch.randn(parameter.shape))
    lengths, longest = (3, 11, 20), 20
    token_ids = torch.randint(len(SPECIAL_TOKENS), VOCAB, (len(lengths), longest))  # junk on the padding
    attention_mask = torch.arange(longest) < torch.tensor(lengths)[:, None]
    together = encoder(token_ids, attention_mask)  # (B, T, C)
    pooled = encoder.pool(together, attention_mask)  # (B, C)
    difference = 0.0
    for row, length in enumerate(lengths):
        alone = token_ids[row : row + 1, :length]
        everywhere = torch.ones_like(alone, dtype=torch.bool)
        vectors = encoder(alone, everywhere)  # (1, T, C)
        differences = (
            vectors[0] - together[row, :length],
            encoder.pool(vectors, everywhere)[0] - pooled[row],
        )
        difference = max(difference, *(float(d.abs().max()) for d in differences))
    return Check(
        f"Padding changes nothing ({preset})",
        difference < PADDING_TOLERANCE,
        f"largest difference {difference:.1e}",
    )


def gradients_reach_everything(make: MakeEncoder, preset: str) -> Check:
    """Every parameter learns by the second step.

    At the first only the residual outputs of a block can: they start at zero, and hide what is before them.
    """
    task = _task(make, _narrow(preset), _texts(64, 20))
    named = {
        f"{module}.{name}": parameter
        for module, part in task.modules().items()
        for name, parameter in part.named_parameters()
        if parameter.requires_grad
    }
    optimizer = torch.optim.SGD(named.values(), lr=0.1)
    reached = []
    for _ in range(2):
        optimizer.zero_grad()
        task.lesson(np.random.default_rng(0)).loss.backward()  # type: ignore[no-untyped-call]
        reached.append({name for name, p in named.items() if p.grad is not None and bool(p.grad.any())})
        optimizer.step()
    asleep = sorted(named.keys() - reached[1])
    inner = {name for name in named if ".blocks." in name and ".out." not in name}
    expected = named.keys() - inner == reached[0]
    detail = (
        f"all {len(named)} by step 2; {len(inner)} inner ones wait at step 1, as outputs start at zero"
        if expected and not asleep
        else f"without gradient at step 2: {', '.join(asleep) or 'none'}; "
        f"unexpected at step 1: {', '.join(sorted((named.keys() - inner) ^ reached[0])) or 'none'}"
    )
    return Check(f"Gradients reach every parameter ({preset})", expected and not asleep, detail)


def resumes_bit_for_bit(make: MakeEncoder) -> Check:
    """A run that is cut off half-way and resumed ends as one that was never stopped; dropout included."""
    texts, config = _texts(64, 20), LoopConfig(budget=Budget(steps=RESUMED_STEPS), checkpoint_every_s=0.0)
    ends: list[dict[str, Tensor]] = []
    with tempfile.TemporaryDirectory() as directory:
        for name, stops in (("whole", (None,)), ("halved", (RESUMED_STEPS // 2, None))):
            for stop in stops:
                task = _task(make, _narrow("article"), texts, stop_after=stop)
                try:
                    train(task, Run(Path(directory) / name, {}), config, quiet=True)
                except _CutOff:
                    continue
                ends.append(nn.ModuleDict(dict(task.modules())).state_dict())
    whole, halved = ends
    different = [name for name, tensor in whole.items() if not torch.equal(tensor, halved[name])]
    return Check(
        "A resumed run continues bit for bit",
        not different,
        f"{len(whole)} tensors equal after {RESUMED_STEPS} steps" if not different else ", ".join(different),
    )


def masks(mask: MakeMasks) -> Check:
    """22 % are hidden: 80 % of them as [MASK], 10 % as a random token, 10 % as they are; padding never."""
    rate, token, shape = PretrainConfig().mask_rate, 7, (1000, 100)
    token_ids = torch.full(shape, token)
    attention_mask = torch.ones(shape, dtype=torch.bool)
    attention_mask[:, 80:] = False
    masked = mask(
        token_ids, attention_mask, rate=rate, vocab_size=VOCAB, generator=torch.Generator().manual_seed(1)
    )
    hidden = masked.token_ids[masked.positions]
    share = float(masked.positions.sum() / attention_mask.sum())
    as_mask, as_is = float((hidden == MASK_ID).float().mean()), float((hidden == token).float().mean())
    figures = ((share, rate), (as_mask, 0.8), (as_is, 0.1))
    passed = (
        all(abs(measured - wanted) < SHARE_TOLERANCE for measured, wanted in figures)
        and not bool((masked.positions & ~attention_mask).any())
        and bool((masked.token_ids[~masked.positions] == token).all())
        and bool((masked.labels == token).all())
    )
    return Check(
        "Masks hide what they should",
        passed,
        f"{share:.1%} hidden, {as_mask:.1%} as [MASK], {1 - as_mask - as_is:.1%} random, {as_is:.1%} as they are",
    )


class _CutOff(Exception):  # noqa: N818 - an event, no error
    """The end of a run that is to be resumed."""


class _Interrupted(Pretraining):
    """The real task, which may end before a step as a killed process does."""

    stop_after: int | None = None

    def lesson(self, rng: np.random.Generator) -> Lesson:
        if self.stop_after is not None:
            if self.stop_after == 0:
                raise _CutOff
            self.stop_after -= 1
        return super().lesson(rng)


def _narrow(preset: str) -> EncoderConfig:
    """A preset's encoder in all but its size."""
    return dataclasses.replace(
        PRESETS[preset].encoder, vocab_size=VOCAB, hidden_size=64, layers=2, heads=2, feed_forward_size=128
    )


def _texts(count: int, length: int) -> Dataset:
    """Random tokens: nothing in them can be guessed, only remembered."""
    tokens = np.random.default_rng(5).integers(len(SPECIAL_TOKENS), VOCAB, count * length)
    return Dataset(
        tokens=tokens.astype(np.uint16),
        offsets=np.arange(count + 1, dtype=np.int64) * length,
        verse_ids=np.arange(count, dtype=np.int32),
        sources=np.zeros(count, dtype=np.uint8),
        held_out=np.zeros(count, dtype=np.bool_),
        bytes=np.full(count, 5 * length, dtype=np.int32),
        manifest={},
    )


def _seeded(make: MakeEncoder, shape: EncoderConfig) -> Encoder:
    torch.manual_seed(0)
    return make(shape)


def _task(
    make: MakeEncoder, shape: EncoderConfig, texts: Dataset, *, stop_after: int | None = None
) -> _Interrupted:
    config = PretrainConfig(learning_rate=1e-2, tokens_per_batch=len(texts.tokens))
    task = _Interrupted(_seeded(make, shape), texts, config, seed=0)
    task.stop_after = stop_after
    return task
