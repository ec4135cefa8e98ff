import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from encoder import model_store
from encoder.checkpoint import default_model_dir, fingerprint
from encoder.cli import app
from encoder.errors import ModelDirectoryError


@pytest.fixture
def models_dir(tmp_path: Path) -> Path:
    return tmp_path / "models"


def in_use(models_dir: Path) -> str:
    return next(model.name for model in model_store.list_models(models_dir) if model.current)


def test_without_a_choice_the_model_that_ships_is_in_use(models_dir: Path) -> None:
    assert in_use(models_dir) == "default"
    assert model_store.current_model_dir(models_dir) == default_model_dir()


def test_promote_and_roll_back(models_dir: Path, model_dir: Path, other_model_dir: Path) -> None:
    first = model_store.promote(models_dir, str(model_dir))
    second = model_store.promote(models_dir, str(other_model_dir))
    assert (first, second) == (fingerprint(model_dir), fingerprint(other_model_dir))
    current = model_store.current_model_dir(models_dir)
    assert fingerprint(current) == second
    assert (current / "card.md").read_text() == (other_model_dir / "card.md").read_text()
    assert {m.name: m.current for m in model_store.list_models(models_dir)} == {
        "default": False,
        first: False,
        second: True,
    }
    assert model_store.rollback(models_dir) == first
    assert model_store.promote(models_dir, second) == second  # by name, now that it is here
    assert model_store.promote(models_dir, second) == second  # again, which is no new step back
    assert model_store.rollback(models_dir) == first
    assert in_use(models_dir) == first


def test_there_is_nothing_before_the_first(models_dir: Path) -> None:
    with pytest.raises(ModelDirectoryError, match="no model before default"):
        model_store.rollback(models_dir)


def test_what_is_not_sound_changes_nothing(models_dir: Path, model_dir: Path, other_model_dir: Path) -> None:
    good = model_store.promote(models_dir, str(model_dir))
    broken = Path(shutil.copytree(other_model_dir, models_dir / "broken"))
    (broken / "model.safetensors").unlink()
    missing = "model.safetensors"
    for model, complaint in ((str(broken), missing), ("broken", missing), ("x", "no model x")):
        with pytest.raises(ModelDirectoryError, match=complaint):
            model_store.promote(models_dir, model)
    assert in_use(models_dir) == good
    problems = {m.name: m.problem for m in model_store.list_models(models_dir)}
    assert problems[good] is None
    assert "model.safetensors" in (problems["broken"] or "")


def test_a_roll_back_to_a_model_that_is_gone_changes_nothing(
    models_dir: Path, model_dir: Path, other_model_dir: Path
) -> None:
    first = model_store.promote(models_dir, str(model_dir))
    second = model_store.promote(models_dir, str(other_model_dir))
    shutil.rmtree(models_dir / first)
    with pytest.raises(ModelDirectoryError, match=first):
        model_store.rollback(models_dir)
    assert in_use(models_dir) == second
    shutil.rmtree(models_dir / second)
    with pytest.raises(ModelDirectoryError, match="verse model promote"):
        model_store.current_model_dir(models_dir)
    assert in_use(models_dir) == second  # the list still shows what is missing


def test_nothing_is_left_of_a_copy_that_failed(
    models_dir: Path, model_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(*_: object, **__: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(shutil, "copytree", full_disk)
    with pytest.raises(OSError, match="No space"):
        model_store.promote(models_dir, str(model_dir))
    assert list(models_dir.iterdir()) == []


def test_the_command_line(models_dir: Path, model_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VERSE_DATA_DIR", str(models_dir.parent))
    monkeypatch.setenv("COLUMNS", "200")
    runner = CliRunner()
    name = fingerprint(model_dir)
    promoted = runner.invoke(app, ["model", "promote", str(model_dir)])
    assert promoted.exit_code == 0
    assert f"Model {name} is in use" in promoted.stdout
    listed = runner.invoke(app, ["model", "list"]).stdout
    assert f"→  {name}" in listed
    assert "A model for tests." in listed
    refused = runner.invoke(app, ["model", "promote", "nonesuch"])
    assert refused.exit_code == 1
    assert "There is no model nonesuch" in refused.stderr
