"""The commands, through typer, over a small index that they build themselves."""

import json
from importlib.resources import files
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from index import snapshot
from index.build import Sources, build_index
from index.cli import Parts, create_app
from index.errors import BadOption, EmbedderUnavailable, IndexingError, NoSnapshot, UnknownTranslation
from index.vectors import TextEmbedder
from tests.index.small import BagOfWords, small_bible

_run = CliRunner()


def _away() -> TextEmbedder:
    raise EmbedderUnavailable("There is no model.")


def _parts(load: object = BagOfWords) -> Parts:
    return Parts(load, lambda: None, lambda: Path(str(files("training") / "data")), tuple)  # type: ignore[arg-type]


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VERSE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("VERSE_TRANSLATION", "KJV")
    return tmp_path


@pytest.fixture
def app(data_dir: Path) -> typer.Typer:
    build_index(data_dir / "index", Sources(small_bible(), {}, BagOfWords()))
    return create_app(_parts())


def _json(app: typer.Typer, *arguments: str) -> dict[str, object]:
    result = _run.invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    row: dict[str, object] = json.loads(result.stdout)
    return row


def test_search_prints_the_verse_for_people(app: typer.Typer) -> None:
    result = _run.invoke(app, ["search", "number", "my", "days"])
    assert result.exit_code == 0
    assert "Psalm 90:12 (KJV)  So teach us to number our days" in result.stdout


def test_search_prints_one_json_object(app: typer.Typer) -> None:
    row = _json(app, "search", "still waters", "--json", "-k", "2")
    results = row["results"]
    assert isinstance(results, list)
    assert (len(results), results[0]["reference"], row["notice"]) == (2, "PSA 23:2", None)


def test_a_batch_is_answered_line_by_line_in_order(app: typer.Typer, tmp_path: Path) -> None:
    queries = ["jesus wept", "", "john 99:99", "psalm 23:1", "shepherd"]
    path = tmp_path / "queries.jsonl"
    path.write_text(
        "\n".join(json.dumps({"id": f"q{i}", "query": q}) for i, q in enumerate(queries)) + "\n\n"
    )
    result = _run.invoke(app, ["search", "--batch", str(path), "-k", "3"], catch_exceptions=False)
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [row["id"] for row in rows] == ["q0", "q1", "q2", "q3", "q4"]
    assert rows[0]["results"][0]["reference"] == "JHN 11:35"
    assert rows[1]["results"] == []
    assert rows[2]["notice"].startswith("John has 21 chapters")
    assert rows[3]["confidence"] == 1
    assert all(len(row["results"]) <= 3 for row in rows)


@pytest.mark.parametrize("line", ["{", '{"id": 1}', "[]", '"text"'])
def test_a_bad_batch_line_is_named(app: typer.Typer, tmp_path: Path, line: str) -> None:
    path = tmp_path / "queries.jsonl"
    path.write_text('{"id": "a", "query": "jesus wept"}\n' + line)
    result = _run.invoke(app, ["search", "--batch", str(path)])
    assert isinstance(result.exception, IndexingError)
    assert str(result.exception).startswith("Line 2 of")


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["search"], BadOption),
        (["search", "love", "--batch", "x.jsonl"], BadOption),
        (["search", "--batch", "nowhere.jsonl"], IndexingError),
        (["search", "love", "--translation", "NIV"], UnknownTranslation),
        (["search", "love", "--book", "Hezekiah"], BadOption),
        (["search", "love", "--mode", "magic"], BadOption),
        (["search", "love", "-k", "0"], BadOption),
    ],
)
def test_bad_options_are_errors_that_say_what_to_do(
    app: typer.Typer, arguments: list[str], error: type[Exception]
) -> None:
    assert isinstance(_run.invoke(app, arguments).exception, error)


@pytest.mark.parametrize("command", [["search", "love"], ["index", "status"], ["index", "verify"]])
def test_without_an_index_the_command_that_builds_one_is_named(data_dir: Path, command: list[str]) -> None:
    result = _run.invoke(create_app(_parts()), command)
    assert isinstance(result.exception, NoSnapshot)
    assert "run `verse index build`" in str(result.exception)


def test_without_a_model_words_are_searched(app: typer.Typer) -> None:
    row = _json(create_app(_parts(_away)), "search", "still waters", "--json")
    assert row["notice"] == "Only words were searched: There is no model."
    assert row["results"]


def test_with_another_model_words_are_searched(app: typer.Typer) -> None:
    row = _json(create_app(_parts(lambda: BagOfWords(seed="other"))), "search", "still waters", "--json")
    assert "run `verse index build`" in str(row["notice"])
    assert row["results"]


def test_words_that_begin_with_a_minus_are_excluded(app: typer.Typer) -> None:
    row = _json(app, "search", "--json", "--mode", "words", "--", "lord", "-shepherd")
    assert all("shepherd" not in hit["text"] for hit in row["results"])  # type: ignore[attr-defined]


def test_verify_and_status_describe_the_index(app: typer.Typer, data_dir: Path) -> None:
    serving = snapshot.current(data_dir / "index").name
    verified = _run.invoke(app, ["index", "verify"])
    assert verified.exit_code == 0
    assert serving in verified.stdout
    status = _run.invoke(app, ["index", "status"])
    assert BagOfWords().fingerprint in status.stdout


def test_rollback_serves_the_index_before(app: typer.Typer, data_dir: Path) -> None:
    first = snapshot.current(data_dir / "index").name
    build_index(data_dir / "index", Sources(small_bible("second"), {}))
    assert first in _run.invoke(app, ["index", "rollback"]).stdout
    assert snapshot.current(data_dir / "index").name == first
