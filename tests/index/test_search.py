"""Queries over two whole translations, asked as people ask them."""

import re

import numpy as np
import pytest

from index.books import from_usfm
from index.dense import Vectors
from index.errors import BadOption, EmbedderUnavailable, OtherModel, UnknownTranslation, UnknownVerse
from index.search import Searcher
from tests.index.small import BagOfWords


def _words(searcher: Searcher, query: str, k: int = 5, **options: str) -> list[str]:
    found = searcher.search(query, embed=None, k=k, mode="words", **options)
    return [hit.reference for hit in found.hits]


@pytest.mark.parametrize(
    ("query", "reference"),
    [
        ("number my days", "PSA 90:12"),
        ("the lord is my shepherd I shall not want", "PSA 23:1"),
        ("for god so loved the world", "JHN 3:16"),
        ("jesus wept", "JHN 11:35"),
        ("thou shalt not kill", "EXO 20:13"),
        ("the beast whose number is 666", "REV 13:18"),
        ("valley of the shaddow of deth", "PSA 23:4"),
        ("in the beginning god craeted the heavens and the erth", "GEN 1:1"),
    ],
)
def test_half_remembered_words_find_their_verse(searcher: Searcher, query: str, reference: str) -> None:
    assert _words(searcher, query)[0] == reference


@pytest.mark.parametrize(
    ("query", "first", "count"),
    [("john 3:16", "JHN 3:16", 1), ("jn3.16", "JHN 3:16", 1), ("1 cor 13", "1CO 13:1", 13)],
)
def test_a_reference_is_looked_up(searcher: Searcher, query: str, first: str, count: int) -> None:
    result = searcher.search(query, embed=None)
    assert result.hits[0].reference == first
    assert len(result.hits) == count
    assert {hit.matched_by for hit in result.hits} == {("reference",)}
    assert result.sure


def test_a_reference_that_does_not_exist_is_explained(searcher: Searcher) -> None:
    result = searcher.search("john 99:99", embed=None)
    assert result.hits == ()
    assert result.notice == "John has 21 chapters; there is no 99."


def test_a_whole_book_is_cut_and_says_so(searcher: Searcher) -> None:
    result = searcher.search("Genesis", embed=None)
    assert len(result.hits) == 200
    assert result.notice is not None
    assert "Genesis 8:" in result.notice


@pytest.mark.parametrize("query", ["", "   ", "😀🙏", "?!...", "\x00\x07", '""', "-"])
def test_a_query_without_words_asks_for_some(searcher: Searcher, query: str) -> None:
    result = searcher.search(query, embed=None)
    assert result.hits == ()
    assert result.notice == "There are no words in that; type a few words of the verse, or what it says."


def test_a_very_long_query_is_cut_and_answered(searcher: Searcher) -> None:
    result = searcher.search("the lord is my shepherd " * 90, embed=None)
    assert len(result.hits) == 5
    assert result.notice is not None
    assert result.notice.startswith("Only the first 100 words")


def test_words_that_no_verse_has_are_explained(searcher: Searcher) -> None:
    result = searcher.search("xqzjk wvvvq", embed=None, mode="words")
    assert result.hits == ()
    assert result.notice == "No verse has any of these words; try other ones."


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"k": 0}, "1 to 100"),
        ({"k": 101}, "1 to 100"),
        ({"mode": "magic"}, "hybrid, words, meaning"),
        ({"book": "Hezekiah"}, "no book"),
        ({"testament": "new"}, "ot or nt"),
        ({"book": "PSA", "testament": "nt"}, "not in that testament"),
    ],
)
def test_an_option_without_meaning_is_refused(
    searcher: Searcher, options: dict[str, object], message: str
) -> None:
    with pytest.raises(BadOption, match=message):
        searcher.search("love", embed=None, **options)  # type: ignore[arg-type]


def test_an_unknown_translation_is_refused_with_the_known_ones(searcher: Searcher) -> None:
    with pytest.raises(UnknownTranslation, match="KJV, WEB"):
        searcher.search("love", embed=None, translation="NIV")


@pytest.mark.parametrize(
    ("options", "books"),
    [
        ({"book": "PSA"}, {"PSA"}),
        ({"book": "gospels"}, {"MAT", "MRK", "LUK", "JHN"}),
        ({"testament": "nt", "book": "letters"}, None),
    ],
)
def test_filters_keep_to_their_books(
    searcher: Searcher, embedder: BagOfWords, options: dict[str, str], books: set[str] | None
) -> None:
    for mode in ("hybrid", "words", "meaning"):
        result = searcher.search("love your neighbor", embed=embedder.embed, k=20, mode=mode, **options)
        assert len(result.hits) >= 5
        found = {hit.reference[:3] for hit in result.hits}
        assert found <= books if books else "GEN" not in found
        assert result.notice is None


def test_a_filter_that_leaves_nothing_says_so_and_shows_the_closest(searcher: Searcher) -> None:
    result = searcher.search("philistines", embed=None, mode="words", testament="nt")
    assert result.notice == "Nothing there fits; these are the closest elsewhere."
    assert len(result.hits) == 5


def test_a_quoted_phrase_is_exact_in_some_translation(searcher: Searcher) -> None:
    result = searcher.search('"thou shalt not" covet', embed=None, k=50, mode="words")
    assert result.hits[0].reference in ("EXO 20:17", "DEU 5:21")
    for hit in result.hits:
        texts = searcher.compare(hit.verse_id).values()
        assert any("thou shalt not" in text.lower() for text in texts)


def test_a_phrase_that_no_verse_has_says_so_and_shows_the_closest(searcher: Searcher) -> None:
    result = searcher.search('"so teach us to count our days"', embed=None, mode="words")
    assert result.notice == 'No verse has exactly "so teach us to count our days"; these are the closest.'
    assert result.hits[0].reference == "PSA 90:12"


@pytest.mark.parametrize("translation", ["KJV", "WEB"])
def test_an_excluded_word_is_in_no_text_shown(searcher: Searcher, translation: str) -> None:
    with_it = _words(searcher, "green pastures still waters", translation=translation)
    result = searcher.search(
        "green pastures still waters -leads -pastures",
        embed=None,
        k=20,
        mode="words",
        translation=translation,
    )
    assert "PSA 23:2" in with_it
    assert result.hits
    for hit in result.hits:
        assert "pasture" not in hit.text.lower()
        assert not re.search(r"\bleads?\b", hit.text.lower())


def test_excluding_everything_says_so(searcher: Searcher) -> None:
    result = searcher.search('"jesus wept" -wept', embed=None, mode="words")
    assert result.hits[0].reference == "JHN 11:35"
    assert result.notice == "Every verse that fits has an excluded word; these have it."


def test_a_chapter_in_the_query_lifts_its_verses(searcher: Searcher) -> None:
    without, within = "nothing can separate us", "romans 8 nothing can separate us"
    assert all(reference.startswith("ROM 8:") for reference in _words(searcher, within, k=2))
    assert not all(reference.startswith("ROM 8:") for reference in _words(searcher, without, k=5))


def test_every_hit_is_explained(searcher: Searcher, embedder: BagOfWords) -> None:
    result = searcher.search("number our days", embed=embedder.embed, translation="KJV")
    first = result.hits[0]
    assert first.reference == "PSA 90:12"
    assert "words" in first.matched_by
    assert [first.text[a:b] for a, b in first.matched_words[:3]] == ["number", "our", "days"]
    assert first.matched_translation is None
    assert all(hit.matched_by for hit in result.hits)


def test_the_translation_that_fits_better_is_named(searcher: Searcher) -> None:
    hit = searcher.search("gain a heart of wisdom", embed=None, mode="words", translation="KJV").hits[0]
    assert (hit.reference, hit.translation, hit.matched_translation) == ("PSA 90:12", "KJV", "WEB")


def test_common_words_are_not_highlighted_alone(searcher: Searcher) -> None:
    hit = searcher.search("the shepherd of the sheep", embed=None, translation="KJV", mode="words").hits[0]
    for start, end in hit.matched_words:
        if hit.text[start:end].lower() == "the":
            assert {(a, b) for a, b in hit.matched_words if a == end + 1 or b == start - 1}


def test_scores_never_rise_down_the_list(searcher: Searcher, embedder: BagOfWords) -> None:
    result = searcher.search("grace and peace", embed=embedder.embed, k=40)
    scores = [hit.score for hit in result.hits]
    assert scores == sorted(scores, reverse=True)
    assert len({hit.verse_id for hit in result.hits}) == 40


def test_without_an_encoder_words_are_searched_and_the_result_says_so(searcher: Searcher) -> None:
    result = searcher.search("jesus wept", embed=None)
    assert result.hits[0].reference == "JHN 11:35"
    assert result.notice == "No encoder is at hand, so only words were searched."


def test_an_encoder_that_fails_costs_nothing_but_the_meaning(searcher: Searcher) -> None:
    def embed(_: object) -> Vectors:
        raise EmbedderUnavailable("the encoder is starting.")

    result = searcher.search("jesus wept", embed=embed, mode="meaning")
    assert result.hits[0].reference == "JHN 11:35"
    assert result.notice == "Only words were searched: the encoder is starting."


@pytest.mark.parametrize("vector", [np.ones((1, 7)), np.full((1, 32), np.nan)])
def test_a_vector_that_does_not_fit_costs_nothing_but_the_meaning(
    searcher: Searcher, vector: Vectors
) -> None:
    result = searcher.search("jesus wept", embed=lambda _: vector)
    assert result.hits[0].reference == "JHN 11:35"
    assert result.notice is not None
    assert "only words were searched; run `verse index build`" in result.notice


def test_another_model_is_refused_in_one_sentence(searcher: Searcher, embedder: BagOfWords) -> None:
    searcher.check_model(embedder.fingerprint)
    with pytest.raises(OtherModel, match="run `verse index build`"):
        searcher.check_model("0123456789abcdef")


def test_context_stays_inside_its_book(searcher: Searcher) -> None:
    around = searcher.context(from_usfm("GEN 1:2"), 3, "KJV")
    assert [hit.reference for hit in around] == [f"GEN 1:{n}" for n in range(1, 6)]
    last = searcher.context(from_usfm("MAL 4:6"), 1)
    assert [hit.reference for hit in last] == ["MAL 4:5", "MAL 4:6"]
    with pytest.raises(UnknownVerse):
        searcher.context(99_001_001, 1)


def test_related_verses_are_the_nearest_others(searcher: Searcher) -> None:
    verse = from_usfm("PSA 107:1")
    related = searcher.related(verse, 5, "KJV")
    assert verse not in {hit.verse_id for hit in related}
    assert related[0].text.endswith("his mercy endureth for ever.")
    scores = [hit.score for hit in related]
    assert scores == sorted(scores, reverse=True)


def test_lookup_and_compare_give_every_translation(searcher: Searcher) -> None:
    (hit,) = searcher.lookup("Psalm 90:12", "KJV")
    assert searcher.compare(hit.verse_id)["KJV"] == hit.text
    assert set(searcher.compare(hit.verse_id)) == {"KJV", "WEB"}


def test_a_verse_that_the_translation_lacks_is_shown_in_another(bible: object, searcher: Searcher) -> None:
    lacking = [v for v in bible.translations["KJV"].verses if v not in bible.translations["WEB"].verses]  # type: ignore[attr-defined]
    for verse in lacking[:3]:
        (hit,) = searcher.context(verse, 0, "WEB")
        assert hit.translation == "KJV"
        assert hit.text


def test_the_json_form_holds_what_the_design_promises(searcher: Searcher, embedder: BagOfWords) -> None:
    row = searcher.search("number our days", embed=embedder.embed, k=2).to_json("q1")
    assert row["id"] == "q1"
    assert {"confidence", "sure", "results", "took_ms"} <= row.keys()
    assert {"reference", "score", "translation", "text", "matched_by"} <= row["results"][0].keys()


def test_took_ms_is_the_whole_and_the_parts_are_inside(searcher: Searcher, embedder: BagOfWords) -> None:
    result = searcher.search("number our days", embed=embedder.embed)
    assert set(result.timings) == {"parse", "encode", "words", "meaning", "rank", "explain"}
    assert 0 < sum(result.timings.values()) <= result.took_ms


def test_confidence_is_high_for_a_quotation_and_low_for_nonsense(
    searcher: Searcher, embedder: BagOfWords
) -> None:
    quotation = searcher.search(
        "in the beginning God created the heavens and the earth", embed=embedder.embed
    )
    nonsense = searcher.search("how do i reset my router password", embed=embedder.embed)
    assert quotation.sure
    assert not nonsense.sure
    assert np.clip(nonsense.confidence, 0, 1) == nonsense.confidence
