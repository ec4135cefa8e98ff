from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import layout, snapshot
from index.bible import Bible
from index.confidence import BAR, FEATURES, Calibration, fit_calibration
from index.dev_set import DevSet, Praised, load_dev_set
from index.errors import CorpusError
from index.fit import Fitted, fit
from index.fusion import Candidates, FusionWeights, fuse
from index.query import parse
from index.ranking import Ranker
from index.search import Searcher
from tests.index.small import BagOfWords

_FLOATS = st.lists(st.floats(0, 30, width=32), min_size=1, max_size=20)


def _candidates(words: list[float] | None, cosines: list[float] | None) -> Candidates:
    n = len(words or cosines or ())
    as_array = [None if v is None else np.array(v, np.float32) for v in (words, cosines)]
    return Candidates(np.arange(n), as_array[0], as_array[1], np.zeros(n, np.float32))


@given(_FLOATS, st.floats(0, 1))
def test_fused_scores_lie_between_nought_and_one(words: list[float], share: float) -> None:
    cosines = [w / 30 - 0.5 for w in reversed(words)]
    scores = fuse(_candidates(words, cosines), FusionWeights(share, 0.5, 0.5, 0.3), said=4)
    assert ((scores >= 0) & (scores <= 1 + 1e-5)).all()


@given(_FLOATS)
def test_one_sided_fusion_keeps_the_order_of_that_side(words: list[float]) -> None:
    for candidates, share in ((_candidates(words, None), 0.7), (_candidates(None, words), 0.2)):
        scores = fuse(candidates, FusionWeights(share, 0.0, 0.0), said=4)
        assert (
            np.argsort(-scores, kind="stable") == np.argsort(-np.array(words, np.float32), kind="stable")
        ).all() or (len(set(scores.tolist())) < len(set(words)))


def test_without_a_known_word_meaning_decides_alone() -> None:
    scores = fuse(_candidates([0, 0, 0], [0.1, 0.5, 0.3]), FusionWeights(0.1, 0.0, 0.0), said=4)
    assert scores == pytest.approx([0, 1, 0.5])


def test_the_shorter_a_query_the_more_its_meaning_counts() -> None:
    weights = FusionWeights(0.3, 0.0, 0.0, brevity=0.4)
    candidates = _candidates([1, 0], [0, 1])
    words, meaning = zip(*(fuse(candidates, weights, said) for said in (1, 5, 10, 200)), strict=True)
    assert meaning == pytest.approx([0.66, 0.5, 0.3, 0.3])
    assert words == pytest.approx([0.34, 0.5, 0.7, 0.7])


def test_the_prior_is_added() -> None:
    candidates = Candidates(np.arange(2), np.array([1, 1], np.float32), None, np.array([0, 1], np.float32))
    assert fuse(candidates, FusionWeights(0, 0.25, 0), said=4) == pytest.approx([1, 1.25])


def test_calibration_finds_the_probabilities_that_made_the_sample() -> None:
    rng = np.random.default_rng(7)
    truth = Calibration((3.0, -2.0), -0.5)
    features = rng.random((4000, 2))
    right = rng.random(4000) < [truth.probability(x) for x in features]
    fitted = fit_calibration(features, right)
    assert fitted.weights == pytest.approx(truth.weights, abs=0.5)
    for lo, hi in ((0, 0.4), (0.4, 0.6), (0.6, 1)):
        p = np.array([fitted.probability(x) for x in features])
        inside = (p >= lo) & (p < hi)
        assert right[inside].mean() == pytest.approx(p[inside].mean(), abs=0.05)


def test_calibration_of_a_separable_sample_is_finite() -> None:
    features = np.array([[0.0], [0.1], [0.9], [1.0]])
    fitted = fit_calibration(features, np.array([False, False, True, True]))
    assert np.isfinite([*fitted.weights, fitted.offset]).all()
    assert fitted.probability([1.0]) > 0.5 > fitted.probability([0.0])


def test_the_manifest_shows_what_was_fitted_and_measured(searcher: Searcher, dev: DevSet) -> None:
    fitted = searcher.manifest["fitted"]
    assert fitted["measured"]["queries"] == len(dev.queries)
    assert fitted["measured"]["sayings"] == len(dev.sayings) >= 60
    for mode in ("hybrid", "words", "meaning"):
        assert len(fitted["calibration"][mode]["weights"]) == len(FEATURES)
        assert 0 < fitted["measured"][mode]["success@1"] <= fitted["measured"][mode]["success@10"] <= 1
    assert fitted["measured"]["words"]["success@10"] > 0.8
    assert 0 < fitted["fusion"]["hybrid"]["meaning"] < 1


def test_search_reaches_what_fitting_measured(searcher: Searcher, embedder: BagOfWords, dev: DevSet) -> None:
    for mode in ("words", "hybrid"):
        found = 0
        for query, gold in dev.queries:
            hits = searcher.search(query, embed=embedder.embed, k=10, mode=mode).hits
            found += any(hit.verse_id in gold for hit in hits)
        measured = searcher.manifest["fitted"]["measured"][mode]["success@10"]
        assert found / len(dev.queries) == pytest.approx(measured, abs=0.02)


def test_sayings_that_no_verse_says_are_seldom_sure(
    searcher: Searcher, embedder: BagOfWords, dev: DevSet
) -> None:
    sure = [searcher.search(s, embed=embedder.embed).sure for s in dev.sayings]
    assert np.mean(sure) < 0.3
    right_and_sure = [searcher.search(q, embed=embedder.embed).confidence >= BAR for q, _ in dev.queries]
    assert np.mean(right_and_sure) > 0.5


@pytest.fixture(scope="session")
def ranker(real_root: Path) -> Ranker:
    path = snapshot.current(real_root)
    manifest = snapshot.read_manifest(path)
    return Ranker(layout.load(path, manifest["parameters"]["ef"]), manifest["parameters"]["bm25"]["k1"])


@pytest.fixture(scope="session")
def praise(bible: Bible) -> tuple[Praised, ...]:
    """People who ask in the words of obscure verses, which no prior helps to find."""
    verses = [verse for verse in bible.verse_ids.tolist() if 13_001_001 <= verse <= 13_009_044][::2][:150]
    texts = bible.translations["KJV"].verses
    return tuple(Praised(" ".join(texts[verse].split()[:4]), verse, 1.0) for verse in verses)


def _mean_reciprocal_rank(ranker: Ranker, weights: FusionWeights, questions: DevSet) -> float:
    """Of words, by search as it is, without any shortcut of fitting."""
    total = 0.0
    for text, gold in questions.questions:
        words = ranker.words(parse(text).terms)
        candidates = ranker.candidates(ranker.word_scores(words, None), None, None)
        rows = ranker.rank(candidates, words, weights).rows[:10].tolist()
        total += next((1 / place for place, row in enumerate(rows, 1) if row in gold), 0.0)
    return total / len(questions.questions)


def test_praise_chooses_among_weights_that_the_dev_set_cannot_tell_apart(
    ranker: Ranker, searcher: Searcher, dev: DevSet, bible: Bible, praise: tuple[Praised, ...]
) -> None:
    plain = fit(ranker, bible.verse_ids, dev, None)
    praised = fit(ranker, bible.verse_ids, replace(dev, praised=praise), None)
    assert praised.measured["praised"] == len(praise)
    assert praised.fusion["words"].prior < plain.fusion["words"].prior

    row_of = {verse: row for row, verse in enumerate(bible.verse_ids.tolist())}

    def quality(fitted: Fitted, questions: tuple[tuple[str, frozenset[int]], ...]) -> float:
        rows = tuple((text, frozenset(row_of[v] for v in gold)) for text, gold in questions)
        return _mean_reciprocal_rank(ranker, fitted.fusion["words"], DevSet(rows, ()))

    asked = tuple((p.text, frozenset([p.verse])) for p in praise)
    assert quality(praised, asked) >= quality(plain, asked)
    assert quality(praised, dev.queries) > quality(plain, dev.queries) - 0.02


def test_a_little_praise_says_nothing(
    ranker: Ranker, dev: DevSet, bible: Bible, praise: tuple[Praised, ...]
) -> None:
    plain = fit(ranker, bible.verse_ids, dev, None)
    assert fit(ranker, bible.verse_ids, replace(dev, praised=praise[:99]), None) == plain


def test_without_a_dev_set_nothing_is_fitted(tmp_path: Path) -> None:
    assert load_dev_set(tmp_path) is None


@pytest.mark.parametrize("line", ["{", '{"query": "a"}', '["a"]', '{"query": "a", "gold": ["XYZ 1:1"]}'])
def test_a_damaged_dev_set_is_refused(tmp_path: Path, line: str) -> None:
    (tmp_path / "dev_queries.jsonl").write_text(line + "\n")
    with pytest.raises(CorpusError, match="dev_queries"):
        load_dev_set(tmp_path)
