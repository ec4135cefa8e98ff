import numpy as np
import pytest

from index import tokens
from index.analyzer import surfaces, terms
from index.documents import Documents, read_documents
from index.tokens import TokenStore

_KJV = {
    1: "The LORD is my shepherd; I shall not want.",
    2: "So teach us to number our days",
    3: "",
    4: "my days are number",
}
_WEB = {1: "Yahweh is my shepherd: I shall lack nothing.", 2: "So teach us to count our days"}
_MODERN = {2: ["how long do i have", "number your days"], 4: ["days number"]}
_ROWS = np.arange(4)


@pytest.fixture(scope="module")
def documents() -> Documents:
    return read_documents(np.array([1, 2, 3, 4], np.int32), {"KJV": _KJV, "WEB": _WEB}, _MODERN)


@pytest.fixture(scope="module")
def store(documents: Documents) -> TokenStore:
    return TokenStore(3, documents.surfaces, documents.tokens, documents.starts, documents.surface_terms)


def _numbers(documents: Documents, text: str) -> list[int]:
    return [documents.terms.index(term) for term in terms(text)]


def test_every_text_is_where_starts_says(documents: Documents) -> None:
    for row, verse in enumerate(documents.verse_ids.tolist()):
        texts = [_KJV.get(verse, ""), _WEB.get(verse, ""), *_MODERN.get(verse, [])]
        start, end = documents.starts[[row * 3, row * 3 + 3]]
        words = [documents.surfaces[n] for n in documents.tokens[start:end]]
        assert [w for w in words if w] == [w for text in texts for w in surfaces(text)]


@pytest.mark.parametrize(
    ("phrase", "rows"),
    [
        ("my shepherd", [0]),
        ("shall not want", [0]),
        ("shall lack nothing", [0]),
        ("number our days", [1]),
        ("numbers our days", []),
        ("our days how", []),
        ("have number", []),
        ("want yahweh", []),
        ("days", [1, 3]),
        ("unheard", []),
    ],
)
def test_a_phrase_is_found_inside_one_text_only(store: TokenStore, phrase: str, rows: list[int]) -> None:
    assert store.with_phrase(phrase.split(), _ROWS).tolist() == rows


@pytest.mark.parametrize(
    "phrase", ["the", "my", "my shepherd", "number our days", "days", "want yahweh", "so"]
)
def test_reading_everything_finds_the_same(
    store: TokenStore, phrase: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    picked = store.with_phrase(phrase.split(), _ROWS)
    monkeypatch.setattr(tokens, "_SCAN_ALL", 0)
    assert store.with_phrase(phrase.split(), _ROWS).tolist() == picked.tolist()


def test_a_phrase_is_looked_for_in_the_given_rows_only(store: TokenStore) -> None:
    assert store.with_phrase(["days"], np.array([0, 3])).tolist() == [3]
    assert store.with_phrase(["days"], _ROWS[:0]).tolist() == []


def test_a_term_is_found_in_one_field_only(store: TokenStore, documents: Documents) -> None:
    (lack,) = _numbers(documents, "lacking")
    assert store.with_term(lack, _ROWS, 1).tolist() == [0]
    assert store.with_term(lack, _ROWS, 0).tolist() == []
    assert store.with_term(None, _ROWS, 0).tolist() == []


def test_coverage_and_order_are_shares_of_the_query(store: TokenStore, documents: Documents) -> None:
    query = _numbers(documents, "number our days")
    follow = store.follow(query, dict.fromkeys(query, 1.0), _ROWS)
    third = 1 / 3
    assert follow.coverage == pytest.approx(
        np.array([[third, third, 0], [1, 2 * third, 2 * third], [0, 0, 0], [1, 0, 2 * third]])
    )
    # Of the pairs (number our) and (our days), the modern query "number your days" has none.
    of_the_pairs = np.array([[0, 0, 0], [1, 0.5, 0], [0, 0, 0], [0.5, 0, 0]])
    assert follow.order == pytest.approx(of_the_pairs * 2 / tokens.ENOUGH_PAIRS)


def test_order_does_not_run_from_one_text_into_the_next(store: TokenStore, documents: Documents) -> None:
    query = _numbers(documents, "want yahweh")
    assert not store.follow(query, dict.fromkeys(query, 1.0), _ROWS).order.any()


def test_a_query_of_hundreds_of_terms_is_followed_as_far_as_it_goes(
    store: TokenStore, documents: Documents
) -> None:
    query = list(range(len(documents.terms))) * 20
    follow = store.follow(query, dict.fromkeys(query, 1.0), _ROWS)
    assert 0 < follow.coverage.max() <= 1
    assert 0 <= follow.order.min() <= follow.order.max() <= 1
