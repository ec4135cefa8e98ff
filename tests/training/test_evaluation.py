"""`verse eval` from end to end, on a Bible of eight verses, with models that are real and tiny."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
from rich.console import Console
from typer.testing import CliRunner

from bot.cli import app as verse
from encoder.checkpoint import save_model
from encoder.config import EncoderConfig
from encoder.model import Encoder
from encoder.tokenizer import Tokenizer
from index.bible import Bible
from index.dev_set import DevSet
from index.fit import FOLDS
from index.search import Searcher
from tests.index.small import BagOfWords
from tests.training.conftest import translation
from training.corpus import DevQuery
from training.evaluation.commands import load_contestants
from training.evaluation.evaluate import Measured, evaluate
from training.evaluation.gate import by_set, verdict
from training.evaluation.indexes import Corpus, Recipe, build
from training.evaluation.peers import RememberingEmbedder
from training.evaluation.queries import Query, QuerySet, dev_set, known_item_set
from training.evaluation.report import comparisons, misses, show, show_misses, to_json
from training.evaluation.systems import Contestant
from training.settings import TrainingSettings

NUMBER, WEPT, LOVED, RETURN = 19_090_012, 43_011_035, 43_003_016, 19_090_013
ASKED, HOPELESS = "make every moment matter", "a bicycle in the rain"
MODERN = {NUMBER: (ASKED,), WEPT: ("he cried",), RETURN: ("when will you come back",)}
DEV = {
    ASKED: NUMBER,
    "teach us to number our days": NUMBER,
    "he cried": WEPT,
    "God loved the world": LOVED,
    "threescore and ten": 19_090_010,
    "power of anger": 19_090_011,
    "satisfy us with mercy": 19_090_014,
    "who shall separate us": 45_008_038,
    HOPELESS: LOVED,
}
OTHER_WORDS = {NUMBER: "instruct mortals in counting each morning", LOVED: "the deity cherished humankind so"}


def make_model(path: Path, tokenizer: Tokenizer, seed: int) -> Path:
    torch.manual_seed(seed)
    config = EncoderConfig(
        vocab_size=tokenizer.vocab_size, hidden_size=32, layers=0, heads=2, feed_forward_size=0, dropout=0.0
    )
    save_model(path, Encoder(config), tokenizer, "# A bag for tests\n")
    return path


@pytest.fixture(scope="module")
def models(tokenizer: Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("models")
    names = "new", "old", "peer"
    return {name: make_model(root / name, tokenizer, seed) for seed, name in enumerate(names)}


@pytest.fixture(scope="module")
def contestants(models: dict[str, Path]) -> Iterator[list[Contestant]]:
    with load_contestants(TrainingSettings(), models) as (new, old, peer):
        yield [new, old, Contestant("peer", peer.embedder, ours=False)]


@pytest.fixture(scope="module")
def corpus(bible: Bible) -> Corpus:
    translations = {**bible.translations, "LEESER": translation("LEESER", OTHER_WORDS)}
    queries = tuple((text, frozenset({verse})) for text, verse in DEV.items())
    return Corpus(Bible(translations), MODERN, DevSet(queries, ("a stitch in time",)))


@pytest.fixture(scope="module")
def query_sets() -> list[QuerySet]:
    queries = [DevQuery(q, frozenset({verse}), "long" if " " in q else "short") for q, verse in DEV.items()]
    topics = QuerySet("topics", (Query("days", {NUMBER: 9.0, 19_090_010: 3.0}, "topic"),), graded=True)
    known = known_item_set({"LEESER": translation("LEESER", OTHER_WORDS)})
    return [dev_set(queries, fitted_on=True), topics, known]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("indexes")


@pytest.fixture(scope="module")
def measured(
    corpus: Corpus, contestants: list[Contestant], query_sets: list[QuerySet], root: Path
) -> list[Measured]:
    return evaluate(corpus, contestants, query_sets, root, blind=True)


def test_the_gate_compares_on_each_set_by_itself(
    corpus: Corpus, contestants: list[Contestant], root: Path
) -> None:
    decided = dev_set([DevQuery("he cried", frozenset({WEPT}), "regression")], fitted_on=False)
    asked = [DevQuery(q, frozenset({verse}), "query") for q, verse in DEV.items()]
    sets = {"the dev set": dev_set(asked, fitted_on=True), "what keepers decided": decided}
    found = by_set(sets, evaluate(corpus, contestants[:2], list(sets.values()), root), contestants[:2])
    assert found.keys() == {f"{name}{way}" for name in sets for way in ("", ", by meaning alone")}
    assert found["what keepers decided"]["success@1"].gain.mean in (-1.0, 0.0, 1.0), "of its one query"
    told = verdict(found).sentence
    assert "on the dev set: success@1" in told
    assert "on what keepers decided: success@1" in told


def labels(m: Measured) -> tuple[str, str, str | None, str]:
    return m.query_set.name, m.system.way, m.system.encoder, m.system.documents


def open_index(recipe: Recipe, root: Path) -> Searcher:
    return Searcher.open(build(recipe, root))


def test_every_way_of_searching_is_measured_where_it_can_be(measured: list[Measured]) -> None:
    ways = ("meaning", "hybrid")
    ours = {(way, name, "shipped") for way in (*ways, "fusion") for name in ("new", "old")}
    encoded = {(way, name, "encoded") for way in ways for name in ("new", "old", "peer")}
    blind = {(way, name, "blind") for way in ways for name in ("new", "old", "peer")}
    words = {("words", None, "shipped")}
    expected = {
        "queries": ours | encoded | blind | words | {("words", None, "blind")},
        "topics": ours | encoded | words,
        "known-item": ours | {s for s in encoded if s[1] == "peer"} | words,
    }
    rows = [labels(m) for m in measured]
    assert set(rows) == {(name, *system) for name, systems in expected.items() for system in systems}
    assert len(set(rows)) == len(rows)


def test_rankings_are_what_the_searcher_answers_with_the_weights_of_the_querys_fold(
    measured: list[Measured], root: Path
) -> None:
    for m in measured:
        if m.query_set.fitted_on:
            searcher = open_index(m.system.recipe, root)
            way = m.system.way
            for number, (query, ranking) in enumerate(zip(m.query_set.queries, m.rankings, strict=True)):
                embedder = m.system.embedder
                weighed = searcher.fold(number % FOLDS)
                if way == "fusion":
                    weighed = weighed.without_reranking()
                result = weighed.search(
                    query.text,
                    embed=None if embedder is None else embedder.embed,
                    k=10,
                    translation="ONE",
                    mode="hybrid" if way == "fusion" else way,
                )
                assert ranking == tuple(hit.verse_id for hit in result.hits), (labels(m), query.text)


def test_without_weights_to_cross_fit_those_of_the_index_serve(measured: list[Measured], root: Path) -> None:
    m = next(m for m in measured if labels(m) == ("known-item", "words", None, "shipped"))
    searcher = open_index(m.system.recipe.without_held_out(), root)
    for query, ranking in zip(m.query_set.queries, m.rankings, strict=True):
        hits = searcher.search(query.text, embed=None, k=10, translation="ONE", mode="words").hits
        assert ranking == tuple(hit.verse_id for hit in hits)


def test_the_index_that_is_asked_for_held_out_words_has_not_read_them(
    measured: list[Measured], root: Path
) -> None:
    for m in measured:
        if m.query_set.name == "known-item":
            assert "LEESER" not in open_index(m.system.recipe.without_held_out(), root).translations


def test_a_blind_index_knows_no_modern_query_of_a_right_verse(measured: list[Measured], root: Path) -> None:
    blind = next(m.system for m in measured if m.system.documents == "blind")
    assert dict(blind.recipe.modern) == {RETURN: MODERN[RETURN]}
    for documents, right in (("shipped", 1.0), ("blind", 0.0)):
        words = next(m for m in measured if labels(m) == ("queries", "words", None, documents))
        assert words.scores()["success@1"][0] == right
    assert open_index(blind.recipe, root).manifest["counts"]["modern_queries"] == 1


def test_vectors_of_encoded_texts_are_the_mean_of_translations_and_modern_queries(
    measured: list[Measured], root: Path
) -> None:
    peer = next(m.system for m in measured if labels(m)[1:] == ("meaning", "peer", "encoded"))
    assert peer.embedder is not None
    texts = [t.verses[NUMBER] for code, t in peer.recipe.bible.translations.items() if code != "LEESER"]
    expected = peer.embedder.embed(texts).mean(axis=0) + peer.embedder.embed([ASKED])[0]
    expected /= (expected**2).sum() ** 0.5
    searcher = open_index(peer.recipe, root)
    hit = searcher.search("x", embed=lambda _: expected[None], k=1, translation="ONE", mode="meaning").hits[0]
    assert hit.verse_id == NUMBER
    assert hit.score > 0.99


def test_what_was_built_is_not_built_again(measured: list[Measured], root: Path) -> None:
    stages: list[str] = []
    recipe = measured[0].system.recipe
    first = build(recipe, root, lambda stage, *_: stages.append(stage))
    assert not stages
    changed = Recipe(recipe.bible, {}, recipe.dev, recipe.embedder)
    assert build(changed, root, lambda stage, *_: stages.append(stage)) != first
    assert {"words", "encode ONE", "graph", "fit"} <= set(stages)


def test_other_texts_queries_or_weights_make_another_index(measured: list[Measured]) -> None:
    recipe = measured[0].system.recipe
    changed = [
        recipe.encoded(),
        recipe.without_held_out(),
        recipe.blind(frozenset({NUMBER})),
        Recipe(recipe.bible, recipe.modern, DevSet(recipe.dev.queries[1:], ()), recipe.embedder),
        Recipe(recipe.bible, recipe.modern, recipe.dev, BagOfWords()),
    ]
    assert len({r.key for r in [recipe, *changed]}) == len(changed) + 1


def test_the_first_encoder_is_compared_with_the_others_in_the_same_place(
    measured: list[Measured], contestants: list[Contestant]
) -> None:
    asked = [m for m in measured if m.query_set.name == "queries"]
    pairs = {(labels(new)[2:], labels(old)[2:]) for new, old, _ in comparisons(asked, contestants)}
    assert pairs == {
        (("new", "shipped"), ("old", "shipped")),
        (("new", "shipped"), ("peer", "encoded")),
        *((("new", place), (other, place)) for place in ("encoded", "blind") for other in ("old", "peer")),
    }


def test_json_holds_every_mean_with_its_interval(
    measured: list[Measured], contestants: list[Contestant]
) -> None:
    told = json.loads(json.dumps(to_json(measured, contestants)))
    rows = told["sets"]["queries"]
    assert set(rows) == {"all", "long", "short"} or set(rows) == {"all", "long"}
    for m, row in zip([m for m in measured if m.query_set.name == "queries"], rows["all"], strict=True):
        for measure, scores in m.scores().items():
            assert row[measure]["mean"] == pytest.approx(sum(scores) / len(DEV))
            assert row[measure]["low"] <= row[measure]["mean"] <= row[measure]["high"]


def test_people_read_tables_and_misses_only_on_request(
    measured: list[Measured], contestants: list[Contestant]
) -> None:
    console = Console(record=True, width=200)
    show(console, measured, contestants)
    told = console.export_text()
    for part in (
        "9 queries",
        "topics kept out of training",
        "unseen wordings",
        "nDCG@10",
        "MRR@10",
        "blind",
        "peer",
    ):
        assert part in told
    assert HOPELESS not in told
    words = next(m for m in measured if labels(m) == ("queries", "words", None, "shipped"))
    show_misses(console, words)
    told = console.export_text()
    assert HOPELESS in told
    assert "JHN 3:16" in told
    assert "teach us to number our days" not in told
    hits = {
        q.text for q, right in zip(words.query_set.queries, words.scores()["success@1"], strict=True) if right
    }
    assert {miss["query"] for miss in misses(words)} == DEV.keys() - hits


KEEP_SEARCHING = """
import sys, time
from pathlib import Path
from training.evaluation.queries import Query, QuerySet
from training.evaluation.ranking import Rankers
if __name__ == "__main__":
    with Rankers() as rankers:
        asked = QuerySet("queries", (Query("number our days", {19_090_012: 1.0}, "short"),) * 600)
        rankers.rank("search", Path(sys.argv[1]), "words", asked, None)
        print("searched", flush=True)
        time.sleep(600)
"""


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="there is no /proc to find the workers in")
def test_no_worker_outlives_a_killed_evaluation(measured: list[Measured], root: Path, tmp_path: Path) -> None:
    script = tmp_path / "keep_searching.py"
    script.write_text(KEEP_SEARCHING, "utf-8")
    index = build(measured[0].system.recipe, root)
    with subprocess.Popen(
        [sys.executable, str(script), str(index)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "searched\n"
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text("utf-8").split()
        process.kill()
    assert children
    deadline = time.monotonic() + 30
    while any(Path(f"/proc/{child}/cmdline").exists() for child in children):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_text_is_encoded_once(tmp_path: Path) -> None:
    plain = BagOfWords()
    remembering = RememberingEmbedder(BagOfWords(), tmp_path)
    texts = ["number our days", "Jesus wept", "number our days"]
    assert remembering.embed(texts, "document") == pytest.approx(plain.embed(texts), abs=1e-3)
    again = BagOfWords()
    assert RememberingEmbedder(again, tmp_path).embed([*texts, "new"], "document").shape == (4, again.dim)
    assert again.encoded == ["new"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--model", "nowhere"], "no model nowhere"),
        (["--peer", "nobody"], "no peer nobody; there is minilm"),
        (["nowhere.jsonl"], "nowhere.jsonl cannot be read"),
        (["--topics", "nowhere.tsv"], "nowhere.tsv cannot be read"),
        pytest.param(
            ["--peer", "minilm"],
            "install the extra `peers`",
            marks=pytest.mark.skipif(
                find_spec("sentence_transformers") is not None, reason="it is installed"
            ),
        ),
    ],
)
def test_a_mistake_is_answered_in_one_sentence_before_anything_takes_long(
    options: list[str], said: str, models: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VERSE_DATA_DIR", str(tmp_path))
    model = [] if "--model" in options else ["--model", str(models["new"])]
    result = CliRunner().invoke(verse, ["eval", *options, *model])
    assert result.exit_code == 1
    assert said in " ".join(result.output.split())
    assert not (tmp_path / "evaluation" / "indexes").exists()
