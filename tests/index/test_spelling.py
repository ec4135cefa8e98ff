import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.spelling import Spelling

_WORDS = ["believ", "shepherd", "righteous", "jerusalem", "receiv", "forgiv", "four", "forc", "wept", "wep"]


def _distance(a: str, b: str) -> int:
    """Optimal string alignment, as the textbooks have it."""
    d = {(i, -1): i + 1 for i in range(-1, len(a))} | {(-1, j): j + 1 for j in range(-1, len(b))}
    for i in range(len(a)):
        for j in range(len(b)):
            d[i, j] = min(d[i - 1, j] + 1, d[i, j - 1] + 1, d[i - 1, j - 1] + (a[i] != b[j]))
            if i and j and a[i] == b[j - 1] and a[i - 1] == b[j]:
                d[i, j] = min(d[i, j], d[i - 2, j - 2] + 1)
    return d[len(a) - 1, len(b) - 1]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("beleiv", "believ"),
        ("shepard", "shepherd"),
        ("rightous", "righteous"),
        ("jerusalum", "jerusalem"),
        ("reciev", "receiv"),
    ],
)
def test_a_misspelt_word_is_near_the_right_one(typed: str, meant: str) -> None:
    spelling = Spelling(_WORDS, np.full(len(_WORDS), 10))
    number, weight = spelling.near(typed)[0]
    assert _WORDS[number] == meant
    assert 0 < weight < 1


@given(st.lists(st.text("abcd", min_size=3, max_size=9), min_size=1, max_size=30, unique=True), st.data())
def test_all_near_words_are_within_reach_and_none_is_missed(words: list[str], data: st.DataObject) -> None:
    typed = data.draw(st.text("abcd", min_size=4, max_size=9))
    reach = 2 if len(typed) >= 6 else 1
    found = Spelling(words, np.ones(len(words), int)).near(typed)
    distances = [_distance(typed, word) for word in words]
    assert all(0 < distances[number] <= reach for number, _ in found)
    assert len(found) == min(3, sum(0 < d <= reach for d in distances))


def test_the_common_word_comes_before_the_rare_one() -> None:
    words = ["forc", "four", "sourc"]
    assert words[Spelling(words, np.array([3, 900, 2])).near("fourc")[0][0]] == "four"


@pytest.mark.parametrize("typed", ["", "abc", "ünïcö", "x" * 50, "12345"])
def test_what_is_no_long_plain_word_is_left_alone(typed: str) -> None:
    assert Spelling(_WORDS, np.ones(len(_WORDS), int)).near(typed) == ()


def test_a_vocabulary_without_words_is_no_trouble() -> None:
    assert Spelling(["42"], np.ones(1, int)).near("shepherd") == ()
