"""Whatever is typed, search answers with hits or with a sentence, and raises nothing."""

import threading

import pytest

from index.search import Searcher
from tests.index.hostile import hostile_queries
from tests.index.small import BagOfWords


@pytest.mark.parametrize("mode", ["hybrid", "words"])
def test_no_query_raises(searcher: Searcher, embedder: BagOfWords, mode: str) -> None:
    for query in hostile_queries(1500):
        result = searcher.search(query, embed=embedder.embed, mode=mode)  # type: ignore[arg-type]
        assert result.hits or result.notice, repr(query)
        assert 0 <= result.confidence <= 1
        for hit in result.hits:
            assert all(0 <= a < b <= len(hit.text) for a, b in hit.matched_words)


def test_many_threads_get_what_one_gets(searcher: Searcher, embedder: BagOfWords) -> None:
    queries = ["number my days", "love thy neighbour", '"jesus wept"', "faith hope charity", "shepard"] * 8
    alone = [searcher.search(q, embed=embedder.embed).hits for q in queries]
    together: list[object] = [None] * len(queries)

    def run(start: int) -> None:
        for i in range(start, len(queries), 8):
            together[i] = searcher.search(queries[i], embed=embedder.embed).hits

    threads = [threading.Thread(target=run, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert together == alone
