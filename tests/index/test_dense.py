import numpy as np
import pytest

from index.dense import Dense, Vectors, build_graph, choose_ef, distinct
from index.errors import IndexingError
from index.search import Searcher
from tests.index.small import BagOfWords


def _unit(rng: np.random.Generator, n: int, dim: int = 24) -> Vectors:
    vectors = rng.standard_normal((n, dim)).astype(np.float32)
    unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def _dense(vectors: Vectors) -> Dense:
    nodes = distinct(vectors)
    graph = build_graph(vectors, nodes)
    return Dense(vectors, nodes, graph, choose_ef(vectors, nodes, graph)[0])


def _exact(vectors: Vectors, query: Vectors, k: int) -> list[int]:
    order: list[int] = np.argsort(-(vectors @ query), kind="stable").tolist()
    return order[:k]


def test_the_graph_finds_what_exact_search_finds() -> None:
    rng = np.random.default_rng(1)
    vectors, queries = _unit(rng, 3000), _unit(rng, 100)
    dense = _dense(vectors)
    found = [set(dense.nearest(q, 10)[0].tolist()) & set(_exact(vectors, q, 10)) for q in queries]
    assert sum(map(len, found)) / 1000 >= 0.99


def test_over_all_verses_the_recall_at_ten_is_99_percent(searcher: Searcher, embedder: BagOfWords) -> None:
    dense = searcher._ranker.dense
    assert dense is not None
    said = ["the lord is my shepherd", "i am anxious about money", "in the beginning", "love your enemies"]
    verses = [f"{a} {b}" for a in said for b in ("king of israel", "bread and wine", "sea", "sword of fire")]
    queries = embedder.embed(verses)
    # Verses with equal vectors may stand in for one another, so cosines are compared.
    hits = 0
    for query in queries:
        exact = np.sort(dense.vectors @ query)[::-1][:10]
        hits += int((dense.nearest(query, 10)[1] >= exact - 1e-6).sum())
    assert hits / (10 * len(queries)) >= 0.99


def test_rows_with_equal_vectors_are_all_found() -> None:
    rng = np.random.default_rng(2)
    vectors = np.repeat(_unit(rng, 40), 25, axis=0)  # 40 distinct ones among 1,000
    dense = _dense(vectors)
    rows, cosines = dense.nearest(vectors[130], 25)
    assert rows.tolist() == list(range(125, 150))
    assert cosines == pytest.approx(np.ones(25), abs=1e-5)


@pytest.mark.parametrize("share", [0.001, 0.01, 0.5])
def test_a_filter_is_searched_exactly(share: float) -> None:
    rng = np.random.default_rng(3)
    vectors = _unit(rng, 2000)
    allowed = rng.random(2000) < share
    query = _unit(rng, 1)[0]
    rows, _ = _dense(vectors).nearest(query, 10, allowed)
    order = [row for row in _exact(vectors, query, 2000) if allowed[row]]
    assert rows.tolist() == order[:10]


def test_asking_for_more_than_there_is_gives_what_there_is() -> None:
    vectors = _unit(np.random.default_rng(4), 3)
    assert sorted(_dense(vectors).nearest(vectors[0], 100)[0].tolist()) == [0, 1, 2]


def test_a_verse_without_text_is_never_found() -> None:
    vectors = _unit(np.random.default_rng(5), 10)
    vectors[4] = 0
    assert 4 not in _dense(vectors).nearest(vectors[3], 10)[0]


def test_a_vector_of_another_size_is_refused() -> None:
    vectors = _unit(np.random.default_rng(6), 10)
    with pytest.raises(IndexingError, match="verse index build"):
        _dense(vectors).nearest(np.ones(7, np.float32), 3)
