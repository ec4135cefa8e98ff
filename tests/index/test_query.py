import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.books import from_usfm
from index.query import MOST_WORDS, parse


@pytest.mark.parametrize(
    ("text", "plain", "phrases", "excluded"),
    [
        ("faith hope love", "faith hope love", (), ()),
        ('"faith hope" love', "faith hope love", (("faith", "hope"),), ()),
        ("“faith hope” love", "faith hope love", (("faith", "hope"),), ()),
        ('"a b" and "c"', "a b and c", (("a", "b"), ("c",)), ()),
        ("faith -hope", "faith", (), ("hope",)),
        ("well-known -loved -hoping", "well-known", (), ("love", "hope")),
        ('an odd " quote', "an odd quote", (), ()),
        ('"" empty', "empty", (), ()),
        ("a - b -- c", "a - b -- c", (), ()),
    ],
)
def test_words_phrases_and_exclusions_are_told_apart(
    text: str, plain: str, phrases: tuple[tuple[str, ...], ...], excluded: tuple[str, ...]
) -> None:
    query = parse(text)
    assert (query.plain, query.phrases, query.excluded) == (plain, phrases, excluded)


def test_a_hint_is_taken_out_of_the_words() -> None:
    query = parse("romans 8 nothing can separate us")
    assert query.hint is not None
    assert from_usfm("ROM 8:38") in query.hint
    assert query.plain == "nothing can separate us"


def test_a_book_inside_a_phrase_is_no_hint() -> None:
    assert parse('"romans 8" nothing').hint is None


@given(st.text())
def test_no_text_makes_it_raise(text: str) -> None:
    query = parse(text)
    assert len(query.plain.split()) <= MOST_WORDS
