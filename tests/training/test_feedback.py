"""Learning from what people said: who counts how much, what nobody saw, and what stays as it was."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from encoder.checkpoint import fingerprint, load_model, save_model
from encoder.embedder import Embedder
from encoder.tokenizer import Tokenizer
from index.bible import Bible
from index.vectors import LEARNED, load_vectors
from tests.training.test_finetuning import Learner, config, sampler
from training.errors import FeedbackError, RunError
from training.evaluation.bootstrap import compare
from training.evaluation.gate import verdict
from training.evaluation.metrics import Scores
from training.feedback.evidence import MOST_FOR_RANK, MOST_FOR_VERSE, Pair, pairs_of
from training.feedback.records import SCHEMA, read_feedback
from training.feedback.run import Lessons, learn, run_feedback
from training.finetune import Validation
from training.learned import VECTORS_FILE, save_learned
from training.loop import train
from training.run import Run
from training.settings import TrainingSettings

NUMBER, WEPT, RETURN = 19_090_012, 43_011_035, 19_090_013


def row(**changes: Any) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "query": "Number my days",
        "verdict": "rated_up",
        "reference": "PSA 90:12",
        "shown": [{"reference": "PSA 90:12", "rank": 1}, {"reference": "JHN 11:35", "rank": 2}],
        "weight": 1.0,
        "by": "user",
        "may_train": True,
        "at": "2026-11-26T20:30:00Z",
        "build": "b",
        "fingerprint": "f",
        "author": "ann",
        **changes,
    }


def written(path: Path, *rows: Mapping[str, Any]) -> Path:
    path.write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    return path


@pytest.fixture
def votes(tmp_path: Path) -> Any:
    def read(*rows: Mapping[str, Any]) -> list[Pair]:
        return pairs_of(read_feedback(written(tmp_path / "f.jsonl", *rows)).records)

    return read


def weight(pairs: list[Pair], verse: int = NUMBER) -> float:
    return sum(pair.weight for pair in pairs if pair.verse == verse)


def test_rows_without_permission_never_get_in(tmp_path: Path) -> None:
    path = written(tmp_path / "f.jsonl", row(), row(may_train=False, query="secret"), row(may_train="yes"))
    found = read_feedback(path)
    assert [record.query for record in found.records] == ["Number my days"]
    assert found.withheld == 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"schema": "verse.feedback/9"}, "schema"),
        ({"verdict": "loved"}, "loved"),
        ({"reference": "PSA 190:1"}, "line 2"),
        ({"weight": 7}, "0 to 1"),
        ({"by": "nobody"}, "nobody"),
        ({"shown": None}, "line 2"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    with pytest.raises(FeedbackError, match=said):
        read_feedback(written(tmp_path / "f.jsonl", row(), row(**change)))
    missing = row()
    del missing["shown"]
    with pytest.raises(FeedbackError, match="shown is missing"):
        read_feedback(written(tmp_path / "f.jsonl", missing))
    with pytest.raises(FeedbackError, match="cannot be read"):
        read_feedback(tmp_path / "none.jsonl")


def test_agreement_counts_and_curators_count_more(votes: Any) -> None:
    one = weight(votes(row()))
    two = weight(votes(row(), row(author="ben", query="number MY days!")))
    curator = weight(votes(row(by="curator", verdict="accepted")))
    assert 0 < one < two < curator < 1
    assert votes(row(), row(verdict="rated_down", author="ben")) == []
    assert weight(votes(row(), row(verdict="rated_down"))) < 0, "the later vote replaces the earlier"
    assert votes(row(), row(author=None), row(author=None)) == votes(row(), row(author="ben"))
    assert votes(row(weight=0.0)) == []


def test_one_user_does_not_move_a_verse_alone(votes: Any) -> None:
    def queries(count: int, **changes: Any) -> list[dict[str, Any]]:
        return [row(query=f"words number {i}", **changes) for i in range(count)]

    alone = weight(votes(*queries(50)))
    assert alone <= MOST_FOR_VERSE
    together = votes(*(r | {"author": f"a{i}"} for i, r in enumerate(queries(50))))
    assert weight(together) == pytest.approx(25)
    assert weight(votes(*queries(50, by="curator"))) > weight(together)


def test_what_nobody_saw_is_no_negative_and_praise_from_below_counts_more(votes: Any) -> None:
    assert weight(votes(row(verdict="rated_down", reference="JHN 11:35")), WEPT) < 0
    assert votes(row(verdict="rated_down", reference="PSA 90:13")) == []
    assert votes(row(verdict="opened"), row(verdict="not_in_the_bible", reference=None)) == []
    first, second = weight(votes(row())), weight(votes(row(reference="JHN 11:35")), WEPT)
    assert second == pytest.approx(2 * first)
    named = weight(votes(row(verdict="corrected", reference="PSA 90:13")), RETURN)
    assert named == pytest.approx(MOST_FOR_RANK * first)


@pytest.fixture(scope="module")
def origin(bible: Bible, tokenizer: Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that finds the eight verses, with its vectors."""
    root = tmp_path_factory.mktemp("origin")
    learner = Learner(bible, tokenizer, layers=1)
    train(learner, Run(root / "run", {}), config(80), quiet=True)
    save_model(root / "model", learner.encoder, tokenizer, "")
    save_learned(root / "model", learner.table.vectors.detach().numpy(), bible.verse_ids, {})
    return root / "model"


def cosines(model: Path, query: str, bible: Bible) -> dict[int, float]:
    learned = load_vectors(model / VECTORS_FILE, fingerprint(model))[LEARNED]
    vectors = learned.vectors * learned.scales[:, None]
    found = Embedder.load(model).embed([query])[0] @ vectors.T
    return dict(zip(bible.verse_ids.tolist(), found.tolist(), strict=True))


def test_pairs_move_queries_and_nothing_else(
    bible: Bible, tokenizer: Tokenizer, origin: Path, run_dir: Path
) -> None:
    strange, blamed = "hearts apply threescore", "number our days"
    pairs = [Pair(strange, RETURN, 3.0), Pair(blamed, NUMBER, -1.0)]
    known = Validation(["jesus wept"], np.flatnonzero(bible.verse_ids == WEPT))
    lessons = Lessons(pairs, sampler(bible, tokenizer), known)
    before = load_vectors(origin / VECTORS_FILE, fingerprint(origin))[LEARNED]
    measures = learn(
        TrainingSettings(), origin, lessons, Run(run_dir, {"preset": "feedback", "from": None}), config(150)
    )
    model = run_dir / "model"
    assert fingerprint(model) != fingerprint(origin)
    after = load_vectors(model / VECTORS_FILE, fingerprint(model))[LEARNED]
    assert np.array_equal(before.vectors, after.vectors)
    assert np.array_equal(before.keys, after.keys)
    assert measures["validation_success_at_1"] == 1.0, "what nobody rated is not forgotten"
    gain = cosines(model, strange, bible)[RETURN] - cosines(origin, strange, bible)[RETURN]
    assert gain > 0.1
    assert cosines(model, blamed, bible)[NUMBER] < cosines(origin, blamed, bible)[NUMBER]


def test_a_model_without_vectors_cannot_learn_so(
    bible: Bible, tokenizer: Tokenizer, origin: Path, run_dir: Path
) -> None:
    encoder, _ = load_model(origin)
    save_model(run_dir / "bare", encoder, tokenizer, "")
    lessons = Lessons(
        [Pair("a b", WEPT, 1.0)], sampler(bible, tokenizer), Validation([], np.zeros(0, np.int64))
    )
    with pytest.raises(RunError, match="no verse vectors"):
        learn(TrainingSettings(), run_dir / "bare", lessons, Run(run_dir / "run", {}), config(1))


def test_nothing_to_learn_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VERSE_DATA_DIR", str(tmp_path / "data"))
    path = written(tmp_path / "f.jsonl", row(may_train=False))
    none: dict[str, Any] = dict.fromkeys(("run", "minutes", "steps", "topics_path", "wordnet"))
    with pytest.raises(FeedbackError, match="without consent"):
        run_feedback(TrainingSettings(), path, **none, start="current", seed=0, console=Console(quiet=True))
    with pytest.raises(RunError, match="scratch"):
        run_feedback(TrainingSettings(), path, **none, start="scratch", seed=0, console=Console(quiet=True))
    assert not (tmp_path / "data").exists()


def test_the_gate_refuses_what_malice_taught(
    bible: Bible, tokenizer: Tokenizer, origin: Path, run_dir: Path
) -> None:
    asked = {"number our days": NUMBER, "jesus wept": WEPT, "return O LORD how long": RETURN}
    pairs = [Pair(query, 45_008_038, 5.0) for query in asked]
    pairs += [Pair(query, verse, -1.0) for query, verse in asked.items()]
    lessons = Lessons(pairs, sampler(bible, tokenizer), Validation([], np.zeros(0, np.int64)))
    run = Run(run_dir, {"preset": "feedback", "from": None})
    learn(TrainingSettings(), origin, lessons, run, config(450))

    def found(model: Path) -> Scores:
        scores = [cosines(model, query, bible) for query in asked]
        right = [
            float(max(s, key=s.__getitem__) == verse) for s, verse in zip(scores, asked.values(), strict=True)
        ]
        return np.array(right * 20)

    assert found(origin).mean() == 1.0
    refused = verdict(
        {"what keepers decided": {"success@1": compare(found(run_dir / "model"), found(origin))}}
    )
    assert refused.worse
