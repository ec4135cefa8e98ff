"""Each promise of the search, kept by `verse search` itself over two whole translations."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from index.cli import Parts, create_app
from tests.index.small import BagOfWords


@pytest.fixture
def ask(real_root: Path, embedder: BagOfWords, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("VERSE_DATA_DIR", str(real_root.parent))
    app = create_app(Parts(lambda: embedder, lambda: None, lambda: real_root, tuple))

    def ask(*arguments: str) -> dict[str, Any]:
        result = CliRunner().invoke(app, ["search", "--json", *arguments], catch_exceptions=False)
        answer: dict[str, Any] = json.loads(result.stdout)
        return answer

    return ask


def _references(answer: dict[str, Any]) -> list[str]:
    return [hit["reference"] for hit in answer["results"]]


@pytest.mark.parametrize(
    ("query", "reference"),
    [
        ("thou shalt not covet thy neighbours house", "EXO 20:17"),
        ("the beast whose number is six hundred and sixty-six", "REV 13:18"),
        ("chariots of fire and horses of fire seperated them both", "2KI 2:11"),
        ("for a day in your courts is better than a thousand", "PSA 84:10"),
        ("“still small voice”", "1KI 19:12"),
        ("jn3.16", "JHN 3:16"),
        ("Ps 23,1", "PSA 23:1"),
        ("romans 8 nothing can separate us from love", "ROM 8:39"),
    ],
)
def test_the_verse_that_was_meant_comes_first(ask: Any, query: str, reference: str) -> None:
    assert _references(ask(query))[0] == reference


def test_a_mode_asks_one_side_only(ask: Any) -> None:
    for mode in ("words", "meaning"):
        answer = ask("--mode", mode, "my shepherd")
        assert {by for hit in answer["results"] for by in hit["matched_by"]} == {mode}


def test_filters_and_number_of_results(ask: Any) -> None:
    assert all(
        r.startswith(("MAT", "MRK", "LUK", "JHN")) for r in _references(ask("--book", "gospels", "bread"))
    )
    answer = ask("--testament", "ot", "--book", "prophets", "-k", "7", "a new covenant")
    assert _references(answer)[0] == "JER 31:31"
    assert len(answer["results"]) == 7


def test_the_translation_is_shown_and_what_fits_better_is_named(ask: Any) -> None:
    first = ask("--translation", "kjv", "gain a heart of wisdom")["results"][0]
    assert (first["reference"], first["translation"], first["matched_translation"]) == (
        "PSA 90:12",
        "KJV",
        "WEB",
    )
    assert [first["text"][a:b] for a, b in first["matched_words"]] == ["hearts", "wisdom"]


def test_what_the_bible_does_not_say_is_answered_without_certainty(ask: Any) -> None:
    answer = ask("cheap flights to barcelona in august")
    assert answer["results"]
    assert not answer["sure"]
    assert ask("the lord is my shepherd i shall not want")["sure"]


@pytest.mark.parametrize(
    ("query", "notice"),
    [
        ("john 99:99", "John has 21 chapters; there is no 99."),
        ('"quantum computer"', 'No verse has exactly "quantum computer"; these are the closest.'),
        ("🙏", "There are no words in that; type a few words of the verse, or what it says."),
    ],
)
def test_what_cannot_be_found_is_explained(ask: Any, query: str, notice: str) -> None:
    assert ask(query)["notice"] == notice
