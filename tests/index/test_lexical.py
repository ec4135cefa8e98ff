import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rank_bm25 import BM25Okapi

from index.analyzer import terms
from index.bible import Bible
from index.documents import TermCounts, count_terms, read_documents
from index.lexical import Bm25Parameters, Lexical, best, weigh

_WORDS = st.lists(st.sampled_from("lord god day king son thing fig".split()), min_size=1, max_size=8)


def _counts(translation: list[list[str]], modern: list[list[str]]) -> tuple[TermCounts, tuple[str, ...]]:
    """Counts of documents given as lists of terms."""
    ids = np.arange(len(translation), dtype=np.int32)
    documents = read_documents(
        ids,
        {"KJV": {i: " ".join(words) for i, words in enumerate(translation)}},
        {i: [" ".join(words)] for i, words in enumerate(modern)},
    )
    return count_terms(documents), documents.terms


@settings(max_examples=50)
@given(
    st.lists(st.tuples(_WORDS, _WORDS), min_size=2, max_size=12),
    _WORDS,
    st.sampled_from([1, 2, 4]),
    st.sampled_from([(1.5, 0.75, 0.25), (0.9, 0.3, 0.05)]),
)
def test_scores_are_those_of_rank_bm25(
    documents: list[tuple[list[str], list[str]]],
    query: list[str],
    weight: int,
    parameters: tuple[float, float, float],
) -> None:
    translation, modern = [d[0] for d in documents], [d[1] for d in documents]
    counts, vocabulary = _counts(translation, modern)
    lexical = Lexical(weigh(counts, Bm25Parameters(*parameters, weight)), len(documents))
    weights: dict[int, float] = {}
    for term in (t for t in query if t in vocabulary):
        number = vocabulary.index(term)
        weights[number] = weights.get(number, 0) + 1

    # A field of weight w counts as if its words stood there w times.
    reference = BM25Okapi(
        [terms(" ".join(a)) + terms(" ".join(b)) * weight for a, b in documents],
        k1=parameters[0],
        b=parameters[1],
        epsilon=parameters[2],
    )
    np.testing.assert_allclose(lexical.scores(weights), reference.get_scores(query), rtol=1e-4, atol=1e-5)


def test_scores_over_a_whole_translation_are_those_of_rank_bm25(bible: Bible) -> None:
    verses = bible.translations["KJV"].verses
    documents = read_documents(np.array(list(verses), np.int32), {"KJV": verses}, {})
    lexical = Lexical(weigh(count_terms(documents), Bm25Parameters()), len(verses))
    reference = BM25Okapi([terms(text) for text in verses.values()])
    numbers = {term: number for number, term in enumerate(documents.terms)}
    for query in ("the lord is my shepherd", "six hundred threescore and six", "jesus wept wept"):
        weights: dict[int, float] = {}
        for term in terms(query):
            weights[numbers[term]] = weights.get(numbers[term], 0) + 1
        expected = reference.get_scores(terms(query))
        np.testing.assert_allclose(lexical.scores(weights), expected, rtol=1e-4, atol=1e-4)


_SCORES = st.floats(0, 5, width=32, allow_subnormal=False)


@given(st.lists(_SCORES, min_size=1, max_size=50), st.integers(1, 60))
def test_best_is_a_stable_sort_of_what_scored(scores: list[float], k: int) -> None:
    array = np.array(scores, np.float32)
    order = [i for i in np.argsort(-array, kind="stable").tolist() if array[i] > 0]
    assert best(array, k).tolist() == order[:k]


def test_a_verse_without_modern_queries_is_scored_too() -> None:
    counts, vocabulary = _counts([["lord"], ["king"], ["day"]], [["lord"], ["lord", "god"], []])
    lexical = Lexical(weigh(counts, Bm25Parameters()), 3)
    assert lexical.scores({vocabulary.index("day"): 1})[2] > 0
    assert lexical.of(vocabulary.index("king"))[0].tolist() == [1]


def test_the_term_that_every_verse_has_scores_everywhere() -> None:
    counts, vocabulary = _counts([["lord"]] * 5, [["god"]] * 5)
    lexical = Lexical(weigh(counts, Bm25Parameters()), 5)
    assert lexical.is_frequent(vocabulary.index("lord"))
    assert lexical.scores({vocabulary.index("lord"): 0.5}) == pytest.approx(
        0.5 * lexical.scores({vocabulary.index("lord"): 1.0})
    )
