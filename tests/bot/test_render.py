"""What a message shows, from an answer alone."""

import pytest

from bot.discord_app.markup import escape, fitting, shorten, with_bold
from bot.discord_app.render import NOT_SURE, SURE, draw_answer, draw_passage
from bot.passages import passage_label, references_in
from index.books import VERSE_IDS, from_usfm, to_usfm
from index.reference import parse_reference
from index.results import Hit, SearchResult

NAMES = {"WEB": "World English Bible", "KJV": "King James Version"}


def hit(reference: str, text: str, *matched: str, **more: object) -> Hit:
    return Hit(from_usfm(reference), reference, 0.5, "WEB", text, matched or ("words",), **more)  # type: ignore[arg-type]


def result(*hits: Hit, sure: bool = True, notice: str | None = None) -> SearchResult:
    return SearchResult("query", hits, 0.9 if sure else 0.1, sure, 4.2, notice=notice)


DAYS = hit("PSA 90:12", "So teach us to number our days.", "words", "meaning", matched_words=((15, 21),))


def test_an_answer_says_what_why_and_what_else() -> None:
    other = hit("JOB 14:16", "But now you number my steps.")
    embed = draw_answer(result(DAYS, other, notice="Only words were searched."), DAYS, NAMES).embed
    assert embed is not None
    assert embed.title == "Psalm 90:12"
    assert embed.description == "So teach us to **number** our days.\n-# Found by its words and its meaning."
    assert [field.value for field in embed.fields] == [
        "**2.** Job 14:16: But now you number my steps.",
        "Only words were searched.",
    ]
    assert embed.footer.text == "World English Bible (WEB) · 4 ms"
    assert (embed.colour, embed.author.name) == (SURE, None)


def test_an_answer_that_is_not_sure_looks_different_in_every_style() -> None:
    embed = draw_answer(result(DAYS, sure=False), DAYS, NAMES).embed
    assert embed is not None
    assert embed.colour == NOT_SURE
    assert "Not sure" in (embed.author.name or "")
    for style in ("quote", "plain"):
        assert "Not sure" in (draw_answer(result(DAYS, sure=False), DAYS, NAMES, style).content or "")


def test_the_translation_that_has_the_words_is_named_and_so_are_neighbours_and_parallels() -> None:
    storm = "And he arose, and rebuked the wind, and said unto the sea, Peace, be still."
    calm = hit("MRK 4:39", storm, "words", matched_translation="KJV")
    results = result(
        calm, hit("MRK 4:40", "And he said unto them, Why are ye so fearful?"), hit("LUK 8:24", storm)
    )
    embed = draw_answer(results, calm, NAMES).embed
    assert embed is not None
    assert "the King James Version has these words." in (embed.description or "")
    assert "See Mark 4:39-40. Much the same: Luke 8:24." in (embed.description or "")


@pytest.mark.parametrize("style", ["embed", "quote", "plain"])
def test_nothing_is_longer_than_discord_takes(style: str) -> None:
    long = [
        hit(to_usfm(v), "*word_ " * 200, matched_words=tuple((i, i + 6) for i in range(0, 1400, 7)))
        for v in VERSE_IDS[:150]
    ]
    answer = result(*long[:5], notice="why " * 500)
    drawn = [draw_answer(answer, long[0], NAMES, style)]  # type: ignore[arg-type]
    looked_up = [hit(to_usfm(v), "*word_ " * 90, "reference") for v in VERSE_IDS[:150]]
    first, pages = draw_passage(result(*looked_up), 0, NAMES, style)  # type: ignore[arg-type]
    assert pages > 1
    drawn += [first, draw_passage(result(*looked_up), pages - 1, NAMES, style)[0]]  # type: ignore[arg-type]
    for message in drawn:
        assert len(message.content or "") <= 2_000
        if message.embed is not None:
            assert len(message.embed) <= 6_000
            assert len(message.embed.description or "") <= 4_096
            assert all(len(field.value or "") <= 1_024 for field in message.embed.fields)
            assert len(message.embed.title or "") <= 256


def test_every_verse_of_a_passage_is_on_exactly_one_page() -> None:
    verses = [v for v in VERSE_IDS if 19_119_000 < v < 19_120_000]
    looked_up = result(*(hit(to_usfm(v), f"verse {v} " + "text " * 20, "reference") for v in verses))
    _, count = draw_passage(looked_up, 0, NAMES)
    pages = [draw_passage(looked_up, page, NAMES)[0].embed for page in range(count)]
    shown = "\n".join(page.description or "" for page in pages if page is not None)
    assert [int(line.split()[2]) for line in shown.splitlines()] == verses


@pytest.mark.parametrize(
    "text",
    [
        "# heading",
        "- list",
        "1. list",
        "12. list",
        "> quote",
        "*a* _b_ ~~c~~ `d` ||e||",
        "[a](b)",
        "<@1> <#2> <:e:3>",
    ],
)
def test_markup_shows_as_typed(text: str) -> None:
    shown = escape(text)
    assert shown.replace("\\", "") == text
    assert shown != text


def test_nobody_is_pinged() -> None:
    assert "@everyone" not in escape("@everyone")
    assert "@here" not in escape("@here")


def test_bold_is_where_the_words_are() -> None:
    assert with_bold("teach us to number", [(0, 5), (6, 8), (12, 18)]) == "**teach us** to **number**"
    assert with_bold("a*b c", [(0, 3)]) == "**a\\*b** c"
    assert with_bold("plain", []) == "plain"


def test_texts_are_cut_between_words() -> None:
    assert shorten("So teach us to number our days", 20) == "So teach us to…"
    assert shorten("short", 20) == "short"
    assert len(shorten("x" * 100, 20)) == 20
    assert fitting(["one", "two", "three"], 8) == "one\ntwo"


@pytest.mark.parametrize(
    "reference",
    [
        "Psalm 23",
        "John 3:16-18",
        "John 3:16",
        "Genesis 1:31-2:3",
        "Jude",
        "Genesis 1-3",
        "Philemon",
        "Psalms 1-3",
    ],
)
def test_a_passage_is_named_as_people_write_it(reference: str) -> None:
    parsed = parse_reference(reference)
    assert parsed is not None
    label = passage_label(parsed.verse_ids)
    again = parse_reference(label)
    assert again is not None
    assert again.verse_ids == parsed.verse_ids
    assert label == reference or reference == "Jude"


def test_passages_with_gaps_are_named_in_parts() -> None:
    verses = [from_usfm(reference) for reference in ("JHN 3:16", "JHN 3:17", "ROM 8:28")]
    assert passage_label(verses) == "John 3:16-17; Romans 8:28"


@pytest.mark.parametrize(
    ("message", "references"),
    [
        ("Let's read John 3:16 tonight!", "John 3:16"),
        ("see Jn 3:16 and 1 Cor. 13:4–7", "John 3:16; 1 Corinthians 13:4-7"),
        ("(Song of Solomon 2.1), again Song of Solomon 2:1", "Song of Solomon 2:1"),
        ("John 99:99, but Mark 1:1", "Mark 1:1"),
        ("it is 7:14, meet at 10:30, he said 3:16", ""),
        ("version 2.1 of psalm 23", ""),
        ("John 1:1 " * 3 + " ".join(f"Psalm 119:{verse}" for verse in range(1, 30)), None),
    ],
)
def test_references_inside_a_message_are_found(message: str, references: str | None) -> None:
    found = references_in(message)
    if references is None:
        assert len(found.split("; ")) == 8
    else:
        assert found == references
    assert not found or parse_reference(found) is not None
