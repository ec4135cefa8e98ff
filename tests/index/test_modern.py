from collections import Counter
from pathlib import Path

import pytest

from index.books import VERSE_IDS, from_usfm
from index.dev_set import DevSet
from index.errors import CorpusError
from index.modern import OVERLAP, load_modern_queries
from tests.index.conftest import TRAINING_DATA


def _load(
    tmp_path: Path, text: str, *dev: tuple[str, str]
) -> tuple[dict[int, tuple[str, ...]], Counter[str]]:
    (tmp_path / "modern_queries_1.tsv").write_text(text, "utf-8")
    queries = load_modern_queries(
        tmp_path, dev=[(query, frozenset({from_usfm(gold)})) for query, gold in dev]
    )
    return queries.by_verse, Counter(dropped.reason for dropped in queries.dropped)


def test_what_is_dropped_is_counted_with_its_reason(tmp_path: Path) -> None:
    text = (
        "PSA 90:12\thow short life is\n"
        "PSA 90:12\tHow short life is!\n"  # the same words again
        "PSA 23:1\thow short life is\n"  # another verse
        "JHN 99:1\tno such chapter\n"
        "John\tno verse\n"
        "no tab at all\n"
        "PSA 1:1\t  \n"
        "\n"
        "GEN 1:1\t  how did   it all begin \n"
    )
    by_verse, reasons = _load(tmp_path, text)
    assert by_verse == {
        from_usfm("GEN 1:1"): ("how did it all begin",),
        from_usfm("PSA 23:1"): ("how short life is",),
        from_usfm("PSA 90:12"): ("how short life is",),
    }
    assert reasons == {"duplicate": 1, "reference": 3, "empty": 1}


def test_a_copy_of_a_dev_query_is_dropped_at_60_percent_of_the_words(tmp_path: Path) -> None:
    text = "PSA 90:12\ta b c x\nPSA 90:12\ta b x y\nPSA 23:1\ta b c d\n"
    by_verse, reasons = _load(tmp_path, text, ("A, b c d", "PSA 90:12"))
    # Of five words three are common (0.6); then two of six; the third is about another verse.
    assert by_verse == {from_usfm("PSA 23:1"): ("a b c d",), from_usfm("PSA 90:12"): ("a b x y",)}
    assert reasons == {"dev": 1}
    assert OVERLAP == 0.6


def test_a_directory_without_queries_says_so(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no modern_queries"):
        load_modern_queries(tmp_path)


def test_the_projects_own_queries_are_sound_and_leak_nothing(dev: DevSet) -> None:
    queries = load_modern_queries(TRAINING_DATA, dev=dev.queries)
    assert {dropped.reason for dropped in queries.dropped} <= {"dev", "duplicate"}
    assert len(queries.dropped) < 100
    assert len(queries) >= 17_000
    assert set(queries.by_verse) <= set(VERSE_IDS)
    for text, gold in dev.queries:
        wanted = _words(text)
        for verse in gold:
            for query in queries.by_verse.get(verse, ()):
                assert len(wanted & _words(query)) / len(wanted | _words(query)) < OVERLAP


def _words(text: str) -> set[str]:
    return set("".join(c if c.isalnum() else " " for c in text.casefold()).split())
