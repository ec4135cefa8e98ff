from importlib.resources import files

import numpy as np

from index.books import VERSE_IDS, from_usfm
from index.known_verses import BEST_KNOWN, prior

_LOVED, _GENEALOGY = from_usfm("JHN 3:16"), from_usfm("1CH 2:33")


def test_known_verses_stand_out_without_any_query() -> None:
    known = prior(np.array([_GENEALOGY, _LOVED], np.int32), {})
    assert known.tolist() == [0, 0.5]


def test_the_more_is_asked_for_a_verse_the_better_it_is_known_up_to_one() -> None:
    asked = [prior(np.array([_LOVED], np.int32), {_LOVED: ["loved"] * n})[0] for n in (0, 1, 3, 8, 20)]
    assert asked == sorted(asked)
    assert asked[-1] == asked[-2] == 1


def test_the_table_names_each_verse_once_in_order() -> None:
    rows = [
        line.split("\t") for line in (files("index") / "known_verses.tsv").read_text("utf-8").splitlines()
    ]
    verses = [from_usfm(reference) for reference, _ in rows]
    assert verses == sorted(set(verses) & set(VERSE_IDS))
    assert {int(known) for _, known in rows} <= set(range(1, BEST_KNOWN + 1))
