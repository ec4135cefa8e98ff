from index.books import from_usfm
from index.passages import group
from index.results import Hit
from index.search import Searcher

_LOAVES = "And he took the five loaves and the two fishes, and looking up to heaven, he blessed"


def _hit(reference: str, text: str = "") -> Hit:
    return Hit(from_usfm(reference), reference, 0.0, "KJV", text or f"text{from_usfm(reference)}", ("words",))


def test_neighbours_are_one_passage_led_by_the_best() -> None:
    passages = group(
        [_hit("PSA 23:4"), _hit("ROM 8:1"), _hit("PSA 23:2"), _hit("PSA 23:1"), _hit("PSA 24:1")]
    )
    assert [(p.lead.reference, p.label) for p in passages] == [
        ("PSA 23:4", "Psalm 23:1-4"),
        ("ROM 8:1", "Romans 8:1"),
        ("PSA 24:1", "Psalm 24:1"),
    ]


def test_verses_far_apart_or_in_another_chapter_are_not() -> None:
    assert len(group([_hit("PSA 23:1"), _hit("PSA 23:4"), _hit("PSA 22:31")])) == 3


def test_parallel_accounts_are_shown_together() -> None:
    first, *others = group(
        [
            _hit("MAT 14:19", _LOAVES + " and brake"),
            _hit("GEN 1:1", "In the beginning God created the heaven"),
            _hit("MRK 6:41", "When " + _LOAVES),
            _hit("LUK 9:16", _LOAVES + " them"),
        ]
    )
    assert [p.label for p in first.parallels] == ["Mark 6:41", "Luke 9:16"]
    assert [p.lead.reference for p in others] == ["GEN 1:1"]


def test_the_gospels_tell_of_the_loaves_together(searcher: Searcher) -> None:
    result = searcher.search(
        "took the five loaves and two fish and looked up to heaven", embed=None, mode="words", k=10
    )
    passages = group(result.hits)
    together = {passages[0].lead.reference, *(p.lead.reference for p in passages[0].parallels)}
    assert {"MAT 14:19", "MRK 6:41", "LUK 9:16"} <= together


def test_no_hit_is_lost(searcher: Searcher) -> None:
    result = searcher.search("the lord is my shepherd", embed=None, mode="words", k=50)
    passages = group(result.hits)
    shown = [p for passage in passages for p in (passage, *passage.parallels)]
    for hit in result.hits:
        assert sum(p.first <= hit.verse_id <= p.last for p in shown) == 1
    assert [p.lead for p in passages] == sorted((p.lead for p in passages), key=lambda h: -h.score)
