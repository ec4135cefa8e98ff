from pathlib import Path

import pytest
from typer.testing import CliRunner

from index.books import from_usfm
from training.cli import app
from training.errors import DatasetError
from training.known_verses import known_verses
from training.topics import HEADING, Topic, load_topics

_HOPE, _LAW = from_usfm("ROM 15:13"), from_usfm("LEV 11:4")


def _topics(count: int, verse: int, *, held_out: bool = False) -> list[Topic]:
    """So many topics under which people voted for a verse."""
    names = (f"topic {verse} {n}" for n in range(100 * count))
    named = (Topic(name, ((verse, verse, 10),)) for name in names)
    return [topic for topic in named if topic.held_out is held_out][:count]


def test_a_verse_of_many_topics_is_better_known_than_a_verse_of_few() -> None:
    known = known_verses(_topics(9, _HOPE) + _topics(4, _LAW))
    assert known[_HOPE] / known[_LAW] == pytest.approx(1.5, abs=0.02)  # the square roots of 9 and 4
    assert set(known) == {_HOPE, _LAW}


def test_topics_that_are_held_out_say_nothing() -> None:
    usable = _topics(3, _HOPE)
    assert known_verses(usable + _topics(50, _LAW, held_out=True)) == known_verses(usable)
    with pytest.raises(DatasetError, match="nothing to learn"):
        known_verses(_topics(5, _HOPE, held_out=True))


def test_the_command_writes_what_the_index_reads(tmp_path: Path) -> None:
    votes, out = tmp_path / "topics.tsv", tmp_path / "known_verses.tsv"
    topics = _topics(4, _HOPE)
    votes.write_text("\n".join([HEADING, *(f"{topic.name}\t{_HOPE}\t\t10" for topic in topics)]), "utf-8")
    told = CliRunner().invoke(app, ["train", "known-verses", str(votes), str(out)])
    assert told.exit_code == 0, told.output
    assert out.read_text("utf-8") == f"ROM 15:13\t{known_verses(load_topics(votes))[_HOPE]}\n"
