"""What `verse eval` does, apart from reading its options."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from encoder.embedder import Embedder
from encoder.model_store import current_model_dir, find_model
from index.bible import HELD_OUT, load_bible, load_translation
from index.dev_set import load_dev_set
from index.settings import IndexSettings
from training.corpus import load_dev_queries, modern_queries
from training.errors import EvaluationError
from training.evaluation.evaluate import evaluate
from training.evaluation.indexes import Corpus
from training.evaluation.peers import PEERS, RememberingEmbedder
from training.evaluation.queries import QuerySet, dev_set, known_item_set, topic_set
from training.evaluation.report import misses, show, show_misses, to_json
from training.evaluation.systems import Contestant
from training.learned import VECTORS_FILE
from training.progress import stages
from training.settings import TrainingSettings, packaged_data


@dataclass(frozen=True)
class Request:
    """What to measure; `models` empty is the one in use, `queries` None the dev set."""

    models: Sequence[str] = ()
    queries: Path | None = None
    topics: Path | None = None
    known_item: bool = False
    blind: bool = False
    peers: Sequence[str] = ()


def run_evaluation(
    settings: TrainingSettings, request: Request, console: Console, *, with_misses: bool, as_json: bool
) -> None:
    """`verse eval`: measure, then print."""
    models_dir = settings.data_dir / "models"
    models = _named(models_dir, request.models or [str(current_model_dir(models_dir))])
    with load_contestants(settings, models, request.peers) as contestants:
        query_sets = _query_sets(request)  # before anything that takes long
        with stages() as progress:
            measured = evaluate(
                load_corpus(settings),
                contestants,
                query_sets,
                indexes_dir(settings),
                blind=request.blind,
                progress=progress,
            )
        served = next(m for m in measured if m.system.way == "hybrid" and m.system.documents == "shipped")
        if as_json:
            told = to_json(measured, contestants) | ({"misses": misses(served)} if with_misses else {})
            sys.stdout.write(json.dumps(told) + "\n")
            return
        show(console, measured, contestants)
        if with_misses:
            show_misses(console, served)


def load_corpus(settings: TrainingSettings) -> Corpus:
    """What `verse index build` makes an index of."""
    dev = load_dev_set(packaged_data())
    if dev is None:
        raise EvaluationError(
            "The dev set that weights are fitted on is not in the package; install it again."
        )
    bible = load_bible(IndexSettings().translations, data_dir=settings.data_dir)
    return Corpus(bible, modern_queries().by_verse, dev)


def indexes_dir(settings: TrainingSettings) -> Path:
    """Where the indexes of measurements are kept."""
    return settings.data_dir / "evaluation" / "indexes"


@contextmanager
def load_contestants(
    settings: TrainingSettings, models: Mapping[str, Path], peers: Sequence[str] = ()
) -> Iterator[list[Contestant]]:
    """Models of ours, then peers, each remembering what it encoded: ours until the end, peers for good."""
    with TemporaryDirectory() as scratch:
        found = []
        for name, model_dir in models.items():
            shipped = model_dir / VECTORS_FILE
            embedder = RememberingEmbedder(Embedder.load(model_dir), Path(scratch))
            found.append(Contestant(name, embedder, shipped if shipped.is_file() else None))
        for name in peers:
            if name not in PEERS:
                raise EvaluationError(f"There is no peer {name}; there is {', '.join(PEERS)}.")
            kept = settings.data_dir / "evaluation" / "encoded"
            found.append(Contestant(name, RememberingEmbedder(PEERS[name](), kept), ours=False))
        yield found


def _named(models_dir: Path, models: Sequence[str]) -> dict[str, Path]:
    """Model directories by the names that the tables give them; a run's model is called after its run."""
    named: dict[str, Path] = {}
    for model in models:
        path = find_model(models_dir, model).resolve()
        name = path.parent.name if path.name == "model" else path.name
        if name in named:
            raise EvaluationError(f"Two of the models are called {name}; rename the directory of one.")
        named[name] = path
    return named


def _query_sets(request: Request) -> list[QuerySet]:
    sets = [dev_set(load_dev_queries(request.queries), fitted_on=request.queries is None)]
    if request.topics is not None:
        sets.append(topic_set(request.topics))
    if request.known_item:
        sets.append(known_item_set({code: load_translation(code) for code in HELD_OUT}))
    return sets
