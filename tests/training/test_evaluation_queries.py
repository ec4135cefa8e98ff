"""The sets of queries: what they ask for, and that they ask for the same thing every time."""

from pathlib import Path

import pytest

from index.bible import Translation
from tests.training.conftest import FIRST, translation
from training.corpus import load_dev_queries
from training.errors import EvaluationError
from training.evaluation.queries import dev_set, known_item_set, topic_set
from training.topics import load_topics

HEADING = "Topic\tStart Verse ID\tEnd Verse ID\tVotes\n"
RANGES = [
    (19_090_010, "", 7),
    (19_090_012, 19_090_014, 5),
    (19_090_012, "", 2),
    (43_003_016, "", 1),
    (19_119_001, 19_119_041, 4),
    (19_119_001, 19_119_176, 90),
]


@pytest.fixture
def topics(tmp_path: Path) -> Path:
    rows = [f"topic {n}\t{first}\t{last}\t{votes}\n" for n in range(30) for first, last, votes in RANGES]
    few = [f"small {n}\t{first}\t{last}\t{votes}\n" for n in range(30) for first, last, votes in RANGES[:4]]
    path = tmp_path / "topics.tsv"
    path.write_text(HEADING + "".join(rows + few), "utf-8")
    return path


def test_only_topics_kept_out_of_training_with_enough_entries_are_asked(topics: Path) -> None:
    asked = {query.text for query in topic_set(topics).queries}
    held_out = {t.name for t in load_topics(topics) if t.held_out and t.name.startswith("topic")}
    assert asked == held_out
    assert 0 < len(asked) < 30


def test_each_verse_of_a_range_has_all_of_its_votes_unless_the_range_is_long(topics: Path) -> None:
    gains = topic_set(topics).queries[0].gains
    psalm = {19_090_010: 7, 19_090_012: 7, 19_090_013: 5, 19_090_014: 5}
    long_psalm = {19_119_000 + verse: 4 for verse in range(1, 42)}
    assert gains == {**psalm, 43_003_016: 1, **long_psalm}


def test_a_file_without_topics_to_measure_is_told_apart(tmp_path: Path) -> None:
    (tmp_path / "few.tsv").write_text(HEADING + "love\t43003016\t\t9\n", "utf-8")
    with pytest.raises(EvaluationError, match="no topic of 5 entries"):
        topic_set(tmp_path / "few.tsv")


def held_out() -> dict[str, Translation]:
    quoted = {verse: f"“{text.replace(' ', ' - ', 1)},”" for verse, text in FIRST.items()}
    return {"A": translation("A", FIRST), "B": translation("B", quoted)}


def test_every_verse_is_asked_for_whole_and_by_a_few_neighbouring_words() -> None:
    asked = known_item_set(held_out(), verses=8)
    whole = [q for q in asked.queries if q.kind == "whole verses"]
    cuts = [q for q in asked.queries if q.kind == "3 to 6 words"]
    assert [q.gains for q in whole] == [q.gains for q in cuts]
    assert len(whole) == 8
    for query, cut in zip(whole, cuts, strict=True):
        (verse,) = query.gains
        assert query.text == FIRST[verse]  # without marks that a search would read as orders
        assert 3 <= len(cut.text.split()) <= 6
        assert f" {cut.text} " in f" {FIRST[verse]} "


def test_a_verse_too_short_to_cut_is_not_asked_for() -> None:
    asked = known_item_set(held_out(), verses=1000)
    assert len(asked.queries) == 2 * 2 * (len(FIRST) - 1)  # all but "Jesus wept"


def test_the_same_seed_asks_the_same_and_another_seed_something_else() -> None:
    first, again, other = (known_item_set(held_out(), verses=6, seed=seed) for seed in (1, 1, 2))
    assert first == again != other


def test_a_file_of_queries_must_hold_some(tmp_path: Path) -> None:
    (tmp_path / "none.jsonl").write_text("", "utf-8")
    with pytest.raises(EvaluationError, match="no query"):
        dev_set(load_dev_queries(tmp_path / "none.jsonl"), fitted_on=False)
