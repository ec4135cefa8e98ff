"""Do weights that are fitted to praise, too, find more of what the same people ask next?

    python -m tests.bench.praise            # needs the extra all-translations

The simulated people of `verse train learning-curve` (docs/learning.md) rate answers; the fusion weights are chosen
as `verse index build` chooses them, and success@1 is measured on their next 1,000 questions and on the dev set.
"""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from encoder.embedder import Embedder
from encoder.model_store import current_model_dir
from index import snapshot
from index.build import Sources, build_index
from index.dev_set import Praised
from index.search import Searcher
from training.evaluation.commands import load_corpus
from training.evaluation.indexes import Recipe
from training.feedback.evidence import MOST_FOR_RANK
from training.feedback.records import Record
from training.learned import VECTORS_FILE
from training.settings import TrainingSettings
from training.simulation.asking import answers
from training.simulation.curve import FAMOUS, SCENARIOS, Given, held_out_asking, ratings, success_at_1

ASKED, NEXT = 4_000, 1_000
console = Console()


def main(
    counts: Annotated[str, typer.Option(help="Praised questions, by comma.")] = "300,1000",
    seed: Annotated[int, typer.Option(help="Of everything that is drawn.")] = 0,
) -> None:
    """Build an index for each row; print the table."""
    settings = TrainingSettings()
    origin = current_model_dir(settings.data_dir / "models")
    corpus, embedder = load_corpus(settings), Embedder.load(origin)
    recipe = Recipe(corpus.bible, corpus.modern, corpus.dev, embedder, origin / VECTORS_FILE)
    recipe = recipe.without_held_out()

    def built(praise: tuple[Praised, ...]) -> Searcher:
        with TemporaryDirectory() as root:
            dev = replace(recipe.dev, praised=praise)
            build_index(Path(root), Sources(recipe.bible, recipe.modern, embedder, recipe.shipped, dev))
            return Searcher.open(snapshot.current(Path(root)))

    asking = held_out_asking(seed)
    needs = asking.draw(NEXT + ASKED, np.random.default_rng(seed + 1))
    coming, asked = needs[:NEXT], needs[NEXT:]
    table = Table("who rates", "praised", "next questions s@1", "dev set s@1", "weights")

    def row(name: str, praised: int, searcher: Searcher) -> None:
        scores = success_at_1(searcher, coming, coming, embedder)
        weights = searcher.manifest["fitted"]["fusion"]["hybrid"]
        cells = [f"{scores[name].mean():.3f}" for name in ("next", "dev")]
        table.add_row(name, f"{praised:,}", *cells, " ".join(f"{k} {v:g}" for k, v in weights.items()))
        console.print(name, praised, *cells, style="dim")

    plain = built(())
    row("nobody", 0, plain)
    found = answers(plain, embedder, [need.query for need in asked])
    given = [
        Given(need, tuple(hit.verse_id for hit in result.hits))
        for need, result in zip(asked, found, strict=True)
    ]
    for scenario in SCENARIOS:
        records = ratings(scenario, given, asking.verses[:FAMOUS], np.random.default_rng(seed + 2))
        praise = tuple(one for record in records if (one := praised_by(record)) is not None)
        for count in map(int, counts.split(",")):
            row(scenario.name, count, built(praise[:count]))
    console.print(table)


def praised_by(record: Record) -> Praised | None:
    """As `bot.store.praised` has it."""
    if record.verdict not in ("rated_up", "corrected") or record.verse is None:
        return None
    rank = None if record.verdict == "corrected" else record.shown.get(record.verse)
    return Praised(record.query, record.verse, MOST_FOR_RANK if rank is None else min(rank, MOST_FOR_RANK))


if __name__ == "__main__":
    typer.run(main)
