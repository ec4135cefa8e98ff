"""`verse model promote` asks somebody who can measure, and heeds the answer."""

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from encoder import model_store
from encoder.cli import create_app
from encoder.promotion import Verdict
from encoder.tokenizer import Tokenizer
from tests.training.test_evaluation import make_model
from training.cli import models_app
from training.errors import EvaluationError
from training.evaluation.bootstrap import compare
from training.evaluation.gate import judge, regression_set, verdict
from training.settings import TrainingSettings

QUERIES = 320


@pytest.fixture
def models(tokenizer: Tokenizer, tmp_path: Path) -> tuple[Path, Path]:
    return make_model(tmp_path / "first", tokenizer, 0), make_model(tmp_path / "second", tokenizer, 1)


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VERSE_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


class Judging:
    """A judge that always says the same, and remembers what it was asked."""

    def __init__(self, *, worse: bool) -> None:
        self._verdict = Verdict(worse, "It finds four points less.")
        self.asked: list[tuple[Path, Path]] = []

    def __call__(self, candidate: Path, current: Path) -> Verdict:
        self.asked.append((candidate, current))
        return self._verdict


def promote(judging: Judging, *options: str) -> tuple[int, str]:
    result = CliRunner().invoke(create_app(judging), ["model", "promote", *options])
    return result.exit_code, " ".join(result.output.split())


def in_use(data_dir: Path) -> Path:
    return model_store.current_model_dir(data_dir / "models")


def test_a_worse_model_stays_out_unless_forced(models: tuple[Path, Path], data_dir: Path) -> None:
    first, second = models
    model_store.promote(data_dir / "models", str(first))
    before = in_use(data_dir)
    judging = Judging(worse=True)
    code, said = promote(judging, str(second))
    assert (code, in_use(data_dir)) == (1, before)
    assert "It finds four points less." in said
    assert "--force" in said
    assert judging.asked == [(second, before)]
    assert promote(judging, str(second), "--force")[0] == 0
    assert in_use(data_dir) != before
    assert len(judging.asked) == 1


def test_a_model_that_is_not_worse_is_promoted_and_told_about(
    models: tuple[Path, Path], data_dir: Path
) -> None:
    first, second = models
    model_store.promote(data_dir / "models", str(first))
    before = in_use(data_dir)
    code, said = promote(Judging(worse=False), str(second))
    assert code == 0
    assert "It finds four points less." in said
    assert in_use(data_dir) != before


def test_a_model_in_use_that_does_not_answer_is_no_measure(models: tuple[Path, Path], data_dir: Path) -> None:
    first, second = models
    name = model_store.promote(data_dir / "models", str(first))
    (data_dir / "models" / name / "model.safetensors").unlink()
    judging = Judging(worse=True)
    assert promote(judging, str(second))[0] == 0
    assert not judging.asked


def test_checking_compares_and_changes_nothing(models: tuple[Path, Path], data_dir: Path) -> None:
    first, second = models
    model_store.promote(data_dir / "models", str(first))
    before = in_use(data_dir)
    judging = Judging(worse=True)
    code, said = promote(judging, str(second), "--check")
    assert (code, in_use(data_dir)) == (0, before)
    assert said == "It finds four points less."
    assert judging.asked == [(second, before)]
    (before / "model.safetensors").unlink()
    code, said = promote(judging, str(second), "--check")
    assert (code, said) == (0, "The model in use does not answer, so any other is better.")
    assert promote(judging, "nowhere", "--check")[0] == 1


def test_a_check_without_anybody_who_can_measure_says_so(models: tuple[Path, Path], data_dir: Path) -> None:
    result = CliRunner().invoke(create_app(), ["model", "promote", "--check", str(models[0])])
    assert result.exit_code == 1


def test_the_regression_set_is_read_where_keepers_made_one(data_dir: Path) -> None:
    assert regression_set(TrainingSettings()) is None
    path = data_dir / "feedback" / "regression.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text("")
    assert regression_set(TrainingSettings()) is None
    path.write_text('{"query": "number my days", "gold": ["PSA 90:12"], "kind": "regression"}\n')
    found = regression_set(TrainingSettings())
    assert found is not None
    assert not found.fitted_on
    assert [query.text for query in found.queries] == ["number my days"]
    path.write_text('{"query": "number my days", "gold": ["PSA 190:12"]}\n')
    with pytest.raises(EvaluationError, match="line 1"):
        regression_set(TrainingSettings())


def test_the_verdict_names_what_became_worse() -> None:
    old = (np.arange(QUERIES) % 4 > 0).astype(float)
    lost = old * (np.arange(QUERIES) % 9 > 0)
    same = {"success@1": compare(old, old)}
    worse = verdict({"the dev set": {"success@1": compare(lost, old), "success@10": compare(old, old)}})
    assert worse.worse
    assert worse.sentence.endswith("it is worse in success@1 on the dev set.")
    mended = verdict({"the dev set": same, "what was mended": {"success@1": compare(lost, old)}})
    assert mended.worse
    assert mended.sentence.endswith("it is worse in success@1 on what was mended.")
    equal = verdict({"the dev set": same})
    assert not equal.worse
    assert "success@1 +0.0 (+0.0 to +0.0)" in equal.sentence


def test_a_model_is_not_measured_against_itself(models: tuple[Path, Path], data_dir: Path) -> None:
    found = judge(TrainingSettings(), models[0], models[0])
    assert not found.worse
    assert not data_dir.exists()


def test_the_command_line_of_all_rooms_promotes_with_a_judge(
    models: tuple[Path, Path], data_dir: Path
) -> None:
    model_store.promote(data_dir / "models", str(models[0]))
    name = in_use(data_dir).name
    result = CliRunner().invoke(models_app(), ["model", "promote", name])
    assert result.exit_code == 0
    assert "It is the model in use." in result.output
