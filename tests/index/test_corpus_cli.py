from pathlib import Path

import pytest
from typer.testing import CliRunner

from index.audit import Audit, Yardstick, audit
from index.audit_table import markdown
from index.bible import Bible
from index.books import to_usfm
from index.catalogue import CATALOGUE
from index.corpus_cli import create_app
from index.errors import RejectedText, UnknownTranslation
from index.translation import Translation
from tests.index.conftest import TRAINING_DATA

DOCS = Path(__file__).parents[2] / "docs" / "corpus.md"
APP = create_app(lambda: TRAINING_DATA)


@pytest.fixture(scope="module")
def audits(whole_bible: Bible) -> dict[str, Audit]:
    yardstick = Yardstick(whole_bible.translations["KJV"].verses)
    return {code: audit(t, yardstick) for code, t in whole_bible.translations.items()}


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, corpus_dir: Path):  # type: ignore[no-untyped-def]
    """Runs `verse corpus ...` on a data directory of its own, with the cleaned wheels at hand."""
    (tmp_path / "corpus").symlink_to(corpus_dir / "corpus")
    monkeypatch.setenv("VERSE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")

    def call(*arguments: str) -> str:
        result = CliRunner().invoke(APP, arguments)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.stdout

    return call


def test_the_table_in_the_docs_is_true(audits: dict[str, Audit]) -> None:
    text = DOCS.read_text("utf-8")
    table = text.split("<!-- verse corpus audit --markdown -->\n")[1].split("<!-- end -->")[0]
    assert table == markdown(list(audits.values()))
    assert len(audits) == 27


def test_few_verses_are_suspicious_and_none_is_far_from_the_kjv(audits: dict[str, Audit]) -> None:
    for code, one in audits.items():
        assert len(one.suspicions) <= 15, code
        assert one.overlap > {"WYC": 0.3}.get(code, 0.45), code
    assert sum(len(one.translation.verses) for one in audits.values()) > 575_000


def test_the_audit_sees_what_is_wrong() -> None:
    kjv = {
        1_001_001: "In the beginning God created the heaven and the earth",
        1_001_002: "And the earth was without form and void and darkness was upon the face of the deep",
        1_001_003: "And God said, Let there be light",
        1_001_004: "And God saw the light, that it was good: and God divided the light from the darkness",
        1_001_005: "And God called the light Day, and the darkness he called Night",
    }
    harmed = {
        1_001_001: " ".join(["In the beginning God created the heaven and the earth"] * 7),
        1_001_002: kjv[1_001_003],
        1_001_003: kjv[1_001_003],
        1_001_004: "And G0d saw the light, that it was good: and God divided the light from the darkness",
        1_001_005: kjv[1_001_005],
    }
    found = audit(Translation("MINE", "", 0, "", "", harmed), Yardstick(kjv)).suspicions
    assert {to_usfm(s.verse): s.reason for s in found} == {
        "GEN 1:1": "70 words where the KJV has 10",
        "GEN 1:2": "its words fit Genesis 1:3",
        "GEN 1:3": "the same text as the verse before",
        "GEN 1:4": "odd characters: G0",
    }


def test_list_names_all_with_their_licence(run) -> None:  # type: ignore[no-untyped-def]
    output = run("list")
    for entry in CATALOGUE.values():
        assert entry.code in output
        assert entry.name in output
    assert output.count("in doubt") == 3
    assert output.count("not trained on") == 2


def test_audit_shows_suspicious_verses_side_by_side(run, audits: dict[str, Audit]) -> None:  # type: ignore[no-untyped-def]
    output = run("audit", "BBE", "--show", "2")
    assert f"{len(audits['BBE'].translation.verses):,}" in output
    assert "57 words where the KJV has 8" in output
    assert "I will love thee, O LORD, my strength." in output
    assert "queries in use" in output
    with pytest.raises(UnknownTranslation):
        run("audit", "NIV")


def test_add_then_list_and_audit(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "mine.txt"
    file.write_text("PSA 90:12\tTeach us to count our days.\nPSA 90:99\t[odd]\n")
    with pytest.raises(RejectedText, match="nothing was added"):
        run("add", str(file))
    output = run("add", str(file), "--name", "My [own]", "--licence", "CC0", "--skip-rejected")
    assert "line 2, mine.txt: Psalm 90 has 17 verses; there is no 90:99." in output
    assert "Added MINE (My [own]): 1 verses" in output
    assert "My [own]" in run("list")
    assert "MINE" in run("audit", "MINE")
