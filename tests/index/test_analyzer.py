from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.analyzer import spans, surfaces, terms, word_terms
from index.numbers import compound_numbers


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("thou lovest", "you love"),
        ("he saith unto thee", "he said to you"),
        ("the king cometh", "the king comes"),
        ("she runneth", "she runs"),
        ("he crieth", "he cried"),
        ("the Lord seeth", "the Lord sees"),
        ("he spake and they hearkened", "he spoke and they hearken"),
        ("shew me thy ways", "show me your ways"),
        ("the thing which he shewed", "the thing which he showed"),
        ("my Saviour's favour", "my Savior's favor"),
        ("we baptised our neighbours", "we baptized our neighbors"),
        ("he ploughed in the centre", "he plowed in the center"),
        ("don’t be afraid", "do not be afraid"),
        ("forty days", "40 days"),
        ("number our days", "number my days"),
        ("they knew their brethren", "they know their brother"),
        ("naïve café", "naive cafe"),
    ],
)
def test_forms_of_a_word_become_one_term(one: str, other: str) -> None:
    assert terms(one) == terms(other)


@pytest.mark.parametrize("word", ["Nazareth", "priest", "teeth", "Elisabeth", "harvest", "forest", "rest"])
def test_words_that_only_look_archaic_stay_themselves(word: str) -> None:
    assert terms(word) != terms(word[:-3])
    assert terms(word) != terms(word[:-3] + "ed")


@pytest.mark.parametrize(
    ("words", "figures"),
    [
        ("three hundred and eighteen", "318"),
        ("six hundred threescore and six", "666"),
        ("an hundred forty and four thousand", "144000"),
        ("threescore and ten", "70"),
        ("three score and ten", "70"),
        ("ninety and nine", "99"),
        ("forty-two", "42"),
        ("six hundred thousand and three thousand and five hundred and fifty", "603550"),
    ],
)
def test_a_number_in_words_is_found_by_its_figures(words: str, figures: str) -> None:
    assert terms(figures) == [figures]
    assert figures in terms(words)


@pytest.mark.parametrize("words", ["two or three", "two and two", "seven times seventy", "one by one"])
def test_numbers_side_by_side_are_not_added_up(words: str) -> None:
    assert list(compound_numbers(words.split())) == []


def test_figures_with_commas_are_one_number() -> None:
    assert terms("144,000") == ["144000"]


@given(st.text(max_size=200))
def test_spans_point_at_the_words_of_any_text(text: str) -> None:
    found = spans(text)
    assert [t for span in found for t in span.terms] == [t for w in surfaces(text) for t in word_terms(w)]
    for before, after in pairwise(found):
        assert before.end <= after.start
    assert all(text[span.start : span.end].strip() for span in found)


def test_a_word_without_end_is_cut() -> None:
    assert len(terms("a" * 10_000)[0]) <= 40
