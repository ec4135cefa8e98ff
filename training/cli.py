"""`verse train …`: this room's part of the command line. Importing it imports no torch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from encoder.promotion import Verdict
from training.errors import Stopped
from training.settings import TrainingSettings

app = typer.Typer(help="Train and measure the encoder.", no_args_is_help=True)
train_app = typer.Typer(help="Train the encoder.", no_args_is_help=True)
app.add_typer(train_app, name="train")
console = Console()


@contextmanager
def _stoppable() -> Iterator[None]:
    """A run that was asked to stop says so, and ends with the shell's code for the signal: 130 or 143."""
    try:
        yield
    except Stopped as stopped:
        console.print(str(stopped), markup=False, soft_wrap=True)
        raise typer.Exit(stopped.exit_code) from None


def models_app() -> typer.Typer:
    """The encoder's commands, `model promote` among them, which needs somebody who can measure."""
    from encoder.cli import create_app

    return create_app(_judge)


def _judge(candidate: Path, current: Path) -> Verdict:
    from training.evaluation.gate import judge

    return judge(TrainingSettings(), candidate, current)


RunName = Annotated[str, typer.Option("--run", help="Name under data/runs; an unfinished run of it goes on.")]
Preset = Annotated[str, typer.Option(help="Shape of the encoder: bag, tiny, small, base or article.")]
Minutes = Annotated[float | None, typer.Option(help="How long to train; the schedule ends with it.")]
Steps = Annotated[int | None, typer.Option(help="How many steps to train, instead of minutes.")]
TokenizerPath = Annotated[
    Path | None, typer.Option("--tokenizer", help="tokenizer.json; by default the one that ships.")
]
Topics = Annotated[
    Path | None, typer.Option(help="Topics with votes (openbible.info, CC-BY), two thirds of which are used.")
]
WordNet = Annotated[
    Path | None, typer.Option(help="WordNet's files (Debian: wordnet-base, /usr/share/wordnet) for synonyms.")
]


@train_app.command()
def tokenizer(
    out: Annotated[Path, typer.Argument(help="Where tokenizer.json goes.")],
    vocab_size: Annotated[int, typer.Option(help="Tokens, special ones included.")] = 12_288,
    topics: Topics = None,
) -> None:
    """Learn a vocabulary from the training texts. Commit the result: ties differ from run to run."""
    from encoder.tokenizer import Tokenizer
    from training.corpus import tokenizer_texts

    learned = Tokenizer.train(tokenizer_texts(TrainingSettings(), topics), vocab_size)
    out.parent.mkdir(parents=True, exist_ok=True)
    learned.save(out)
    console.print(f"{learned.vocab_size:,} tokens in {out}.")


@train_app.command("known-verses")
def known_verses(
    topics: Annotated[Path, typer.Argument(help="Topics with votes (openbible.info, CC-BY).")],
    out: Annotated[Path, typer.Argument(help="Where the file goes: index/known_verses.tsv.")],
) -> None:
    """Learn how well known each verse is: under how many topics people voted for it."""
    from training.known_verses import write_known_verses
    from training.topics import load_topics

    console.print(f"{write_known_verses(load_topics(topics), out):,} verses in {out}.")


@train_app.command()
def prepare(
    out: Annotated[
        Path | None, typer.Option(help="The dataset's directory; by default data/dataset.")
    ] = None,
    tokenizer_path: TokenizerPath = None,
    max_tokens: Annotated[int, typer.Option(help="The encoder's limit.")] = 104,
    split: Annotated[
        Literal["verses", "article"],
        typer.Option(help="Whole verses held out, or the article's overlapping windows, to compare with it."),
    ] = "verses",
) -> None:
    """Write the dataset for pretraining and print its card."""
    from training.commands import prepare_dataset

    prepare_dataset(TrainingSettings(), out, tokenizer_path, max_tokens, split, console)


@train_app.command()
def sanity() -> None:
    """Start small: a checklist of what must hold before anything large is trained. Exits with 1 if it fails."""
    from training.sanity import print_checklist

    if not print_checklist(console):
        raise typer.Exit(1)


@train_app.command()
def report(
    runs: Annotated[list[str], typer.Argument(help="Names under data/runs; several are drawn together.")],
    out: Annotated[Path | None, typer.Option(help="Directory of the page; by default the run's own.")] = None,
    against: Annotated[Literal["steps", "minutes"], typer.Option(help="What runs to the right.")] = "steps",
) -> None:
    """Draw a run's curves on one page, HTML and PNG, or compare runs."""
    from training.report import write_report

    directory = TrainingSettings().runs
    page = write_report([directory / run for run in runs], out or directory / "-vs-".join(runs), against)
    console.print(f"{page} and {page.with_suffix('.png').name}", markup=False, soft_wrap=True)


@train_app.command("pretrain")
def pretrain_(
    run: RunName = "pretrain",
    preset: Preset = "small",
    minutes: Minutes = None,
    steps: Steps = None,
    dataset: Annotated[Path | None, typer.Option(help="From `verse train prepare`.")] = None,
    tokenizer_path: TokenizerPath = None,
    start: Annotated[Path | None, typer.Option("--from", help="A model directory to start from.")] = None,
    epochs: Annotated[float | None, typer.Option(help="How often to read everything, instead.")] = None,
    learning_rate: Annotated[
        float | None, typer.Option(help="The base rate, by default the preset's.")
    ] = None,
    mask_rate: Annotated[
        float | None, typer.Option(help="The share of tokens to hide, by default the preset's.")
    ] = None,
    tokens_per_batch: Annotated[
        int | None, typer.Option(help="Tokens in a step, by default the preset's; a GPU takes 65,536.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of everything that is drawn.")] = 0,
) -> None:
    """Teach the encoder the language of its texts: predict masked tokens."""
    from training.pretrain_run import Changes, Length, Request, pretrain
    from training.setting_up import sentence

    settings = TrainingSettings()
    request = Request(
        directory=settings.runs / run,
        preset=preset,
        length=Length(minutes=minutes, steps=steps, epochs=epochs),
        changes=Changes(learning_rate=learning_rate, mask_rate=mask_rate, tokens_per_batch=tokens_per_batch),
        dataset_dir=dataset,
        tokenizer_path=tokenizer_path,
        start=start,
        seed=seed,
    )
    with _stoppable():
        if measures := pretrain(settings, request):
            console.print(f"{request.directory}: {sentence(measures)}", markup=False, soft_wrap=True)


@train_app.command()
def sweep(
    run: Annotated[str, typer.Option("--run", help="Name under data/runs; a sweep of it goes on.")] = "sweep",
    preset: Preset = "small",
    minutes: Minutes = None,
    steps: Steps = None,
    learning_rate: Annotated[str, typer.Option(help="Values to try: 3e-4,1e-3")] = "",
    mask_rate: Annotated[str, typer.Option(help="Values to try: 0.15,0.3")] = "",
    dropout: Annotated[str, typer.Option(help="Values to try: 0,0.1")] = "",
    layers: Annotated[str, typer.Option(help="Values to try: 2,3,4")] = "",
    heads: Annotated[str, typer.Option(help="Values to try: 4,6")] = "",
    trials: Annotated[
        int | None, typer.Option(help="Try so many combinations, drawn at random; by default all.")
    ] = None,
    dataset: Annotated[Path | None, typer.Option(help="From `verse train prepare`.")] = None,
    tokenizer_path: TokenizerPath = None,
    seed: Annotated[int, typer.Option(help="Of everything that is drawn.")] = 0,
) -> None:
    """Pretrain with many settings, each for the same time, and rank them."""
    from training.pretrain_run import Length, Request
    from training.progress import stages
    from training.sweep import combinations
    from training.sweep import sweep as run_sweep
    from training.sweep_report import draw_sweep, ranked

    settings = TrainingSettings()
    shared = Request(
        directory=settings.runs / run,
        preset=preset,
        length=Length(minutes=minutes, steps=steps),
        dataset_dir=dataset,
        tokenizer_path=tokenizer_path,
        seed=seed,
    )
    given = {
        "learning_rate": learning_rate,
        "mask_rate": mask_rate,
        "dropout": dropout,
        "layers": layers,
        "heads": heads,
    }
    chosen = combinations({name: _numbers(text) for name, text in given.items()}, trials, seed)
    if chosen == [{}]:
        raise typer.BadParameter("Give values to try, such as --learning-rate 3e-4,1e-3.")
    with _stoppable(), stages() as tell:
        tell("sweep", 0, len(chosen))
        results = run_sweep(settings, shared, chosen, lambda done, count, _: tell("sweep", done, count))
    console.print(ranked(results))
    console.print(f"{draw_sweep(results, shared.directory)}", markup=False, soft_wrap=True)


def _numbers(text: str) -> list[float]:
    """`3e-4,1e-3` as numbers."""
    try:
        return [float(value) for value in text.split(",") if value.strip()]
    except ValueError:
        raise typer.BadParameter(f"'{text}' is not a list of numbers such as 3e-4,1e-3.") from None


@train_app.command()
def finetune(
    run: Annotated[
        str | None, typer.Option("--run", help="Name under data/runs; an unfinished run of it goes on.")
    ] = None,
    preset: Preset = "small",
    minutes: Minutes = None,
    steps: Steps = None,
    tokenizer_path: TokenizerPath = None,
    start: Annotated[
        str | None,
        typer.Option("--from", help="A model directory, `current` (the default) or `scratch`."),
    ] = None,
    feedback: Annotated[
        Path | None,
        typer.Option(
            help="Learn from this file of `verse feedback export`: 3 minutes unless told otherwise."
        ),
    ] = None,
    topics: Topics = None,
    wordnet: WordNet = None,
    teacher: Annotated[
        Path | None, typer.Option(help="A larger fine-tuned model directory to learn from, too.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of everything that is drawn.")] = 0,
) -> None:
    """Teach the encoder to find verses: half-remembered queries against every verse."""
    from training.commands import run_finetuning

    if feedback is not None:
        if teacher or tokenizer_path:
            raise typer.BadParameter("--feedback keeps the model's own tokens and takes no teacher.")
        from training.feedback.run import run_feedback

        with _stoppable():
            run_feedback(
                TrainingSettings(),
                feedback,
                run=run,
                minutes=minutes,
                steps=steps,
                start=start,
                topics_path=topics,
                wordnet=wordnet,
                seed=seed,
                console=console,
            )
        return
    with _stoppable():
        run_finetuning(
            TrainingSettings(),
            run=run,
            preset=preset,
            minutes=minutes,
            steps=steps,
            tokenizer_path=tokenizer_path,
            start=start,
            topics_path=topics,
            wordnet=wordnet,
            teacher=teacher,
            seed=seed,
            console=console,
        )


@train_app.command()
def simulate(
    out: Annotated[Path, typer.Argument(help="Where the sessions go, as lines of JSON.")],
    days: Annotated[int, typer.Option(help="How long people use the bot.")] = 30,
    questions: Annotated[int, typer.Option(help="How often they ask in all that time.")] = 3_000,
    malicious: Annotated[float, typer.Option(help="The share of people who rate against the truth.")] = 0.05,
    seed: Annotated[int, typer.Option(help="Of everything that is drawn.")] = 0,
) -> None:
    """Simulate people who ask the index that serves, and rate its answers."""
    import time

    from training.progress import stages
    from training.simulation.sessions import write_sessions

    with stages() as tell:
        write_sessions(
            TrainingSettings(),
            out,
            count=questions,
            days=days,
            end_ms=time.time_ns() // 1_000_000,
            malicious=malicious,
            character="against",
            seed=seed,
            tell=tell,
        )


@train_app.command("learning-curve")
def learning_curve_(
    events: Annotated[str, typer.Option(help="Ratings to learn from, by comma.")] = "1000,3000,10000",
    steps: Annotated[int, typer.Option(help="Of each training.")] = 120,
    plot: Annotated[Path | None, typer.Option(help="Draw the curve into this SVG or PNG.")] = None,
    seed: Annotated[int, typer.Option(help="Of everything that is drawn.")] = 0,
) -> None:
    """Simulate feedback, learn from more and more of it, and measure; with malicious raters, too."""
    from dataclasses import asdict

    from training.progress import stages
    from training.simulation.curve import learning_curve, save
    from training.simulation.plot import draw, table

    settings = TrainingSettings()
    path = settings.data_dir / "simulation" / "curve.json"
    points = []
    with _stoppable(), stages() as tell:
        for point in learning_curve(settings, [int(n) for n in _numbers(events)], steps, seed, tell):
            points.append(point)
            save(points, path)
    console.print(table([asdict(point) for point in points]), markup=False, soft_wrap=True)
    if plot:
        draw(path, plot)


@app.command("eval")
def evaluate(
    queries: Annotated[
        Path | None, typer.Argument(help='Lines of {"query", "gold", "kind"}; by default the dev set.')
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(
            help="A model to measure, by name or directory; again for more. By default the one in use."
        ),
    ] = None,
    peer: Annotated[list[str] | None, typer.Option(help="Somebody else's encoder beside it: minilm.")] = None,
    topics: Annotated[
        Path | None, typer.Option(help="Topics with votes; those that training leaves out are measured.")
    ] = None,
    known_item: Annotated[
        bool, typer.Option("--known-item", help="Ask for 2,500 verses in the words of LEESER and WMTH.")
    ] = False,
    blind: Annotated[
        bool, typer.Option("--blind", help="Also without the modern queries of the right verses.")
    ] = False,
    misses: Annotated[
        bool,
        typer.Option(
            "--misses", help="List the misses. Whoever trains must not look at those of the dev set."
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure search on queries whose right verses are known."""
    from training.evaluation.commands import Request, run_evaluation

    request = Request(model or (), queries, topics, known_item, blind, peer or ())
    run_evaluation(TrainingSettings(), request, console, with_misses=misses, as_json=as_json)
