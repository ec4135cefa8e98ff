from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.books import VERSE_IDS, display, from_usfm, to_usfm
from index.errors import UnknownVerse
from index.reference import find_book_hint, parse_reference


@pytest.mark.parametrize(
    ("text", "first", "last", "count", "label"),
    [
        ("john 3:16", "JHN 3:16", "JHN 3:16", 1, "John 3:16"),
        ("jn3.16", "JHN 3:16", "JHN 3:16", 1, "John 3:16"),
        ("John 3 16", "JHN 3:16", "JHN 3:16", 1, "John 3:16"),
        ("John 3,16", "JHN 3:16", "JHN 3:16", 1, "John 3:16"),
        ("“John 3:16”", "JHN 3:16", "JHN 3:16", 1, "John 3:16"),
        ("jhon 3:16", "JHN 3:16", "JHN 3:16", 1, "John 3:16"),
        ("PSA 90:12", "PSA 90:12", "PSA 90:12", 1, "Psalm 90:12"),
        ("john 3:16–18", "JHN 3:16", "JHN 3:18", 3, "John 3:16-18"),
        ("john 3:16 — 18", "JHN 3:16", "JHN 3:18", 3, "John 3:16-18"),
        ("john 3 verses 16 to 18", "JHN 3:16", "JHN 3:18", 3, "John 3:16-18"),
        ("Genesis chapter 1 verse 3", "GEN 1:3", "GEN 1:3", 1, "Genesis 1:3"),
        ("gen 1:31-2:2", "GEN 1:31", "GEN 2:2", 3, "Genesis 1:31-2:2"),
        ("acts 2:38 and 41", "ACT 2:38", "ACT 2:41", 2, "Acts 2:38,41"),
        ("romans 8:28,31; 9:1", "ROM 8:28", "ROM 9:1", 3, "Romans 8:28,31,9:1"),
        ("first corinthians 13", "1CO 13:1", "1CO 13:13", 13, "1 Corinthians 13"),
        ("1 Cor 13:4–7", "1CO 13:4", "1CO 13:7", 4, "1 Corinthians 13:4-7"),
        ("I John 4:8", "1JN 4:8", "1JN 4:8", 1, "1 John 4:8"),
        ("2 tim 3:16a", "2TI 3:16", "2TI 3:16", 1, "2 Timothy 3:16"),
        ("psalm 23", "PSA 23:1", "PSA 23:6", 6, "Psalm 23"),
        ("jude 5", "JUD 1:5", "JUD 1:5", 1, "Jude 5"),
        ("philemon", "PHM 1:1", "PHM 1:25", 25, "Philemon"),
        ("philipians 4:13", "PHP 4:13", "PHP 4:13", 1, "Philippians 4:13"),
        ("3 john 15", "3JN 1:14", "3JN 1:14", 1, "3 John 15"),
        ("revelation 12:18", "REV 13:1", "REV 13:1", 1, "Revelation 12:18"),
        ("the book of job", "JOB 1:1", "JOB 42:17", 1070, "Job"),
        ("jn 3:16; rom 8:28-29;", "JHN 3:16", "ROM 8:29", 3, "John 3:16; Romans 8:28-29"),
    ],
)
def test_references_as_people_type_them(text: str, first: str, last: str, count: int, label: str) -> None:
    reference = parse_reference(text)
    assert reference is not None
    assert (to_usfm(reference.verse_ids[0]), to_usfm(reference.verse_ids[-1])) == (first, last)
    assert len(reference.verse_ids) == count
    assert reference.label == label


@given(st.sampled_from(VERSE_IDS))
def test_what_we_print_we_read(verse: int) -> None:
    for written in (display(verse), to_usfm(verse)):
        reference = parse_reference(written)
        assert reference is not None
        assert reference.verse_ids == (verse,)


@pytest.mark.parametrize(
    "text",
    [
        "mark of the beast 666", "number my days", "is", "am", "so", "666", "7 deadly sins", "catch 22",
        "route 66", "love 1", "john 3:16 kjv", "who wrote john 3:16", "", "   ", "😀", ":-)", "1 2 3",
        "john 3:16 " * 200,
    ],
)  # fmt: skip
def test_anything_else_is_no_reference(text: str) -> None:
    assert parse_reference(text) is None


@given(st.text(max_size=60))
def test_no_text_breaks_the_parser(text: str) -> None:
    with suppress(UnknownVerse):
        parse_reference(text)
    verses, rest = find_book_hint(text)
    assert verses is None or rest


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("john 99:99", "John has 21 chapters; there is no 99."),
        ("john 3:99", "John 3 has 36 verses; there is no 3:99."),
        ("john 3:16-99", "there is no 3:99."),
        ("Psalm 151", "Psalms has 150 chapters; there is no 151."),
        ("jude 30", "Jude 1 has 25 verses; there is no 1:30."),
        ("john 3:0", "there is no 3:0."),
        ("luke 1000", "Luke has 24 chapters"),
        ("john 3:18-16", '"John 3:18-16" is not a passage'),
    ],
)
def test_a_reference_that_does_not_exist_says_what_does(text: str, says: str) -> None:
    with pytest.raises(UnknownVerse) as caught:
        parse_reference(text)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("text", "first", "count", "rest"),
    [
        ("romans 8 nothing can separate us", "ROM 8:1", 39, "nothing can separate us"),
        ("nothing can separate us romans 8", "ROM 8:1", 39, "nothing can separate us"),
        ("1 john god is love", "1JN 1:1", 105, "god is love"),
        ("isaiah wings like eagles", "ISA 1:1", 1292, "wings like eagles"),
        ("book of job where were you", "JOB 1:1", 1070, "where were you"),
        ("in the gospels walking on water", "MAT 1:1", 3779, "walking on water"),
        ("love your enemies new testament", "MAT 1:1", 7957, "love your enemies"),
        ("john 3:16 so loved", "JHN 3:16", 1, "so loved"),
    ],
)
def test_a_book_named_in_a_longer_query_is_a_hint(text: str, first: str, count: int, rest: str) -> None:
    verses, other = find_book_hint(text)
    assert verses is not None
    assert (min(verses), len(verses), other) == (from_usfm(first), count, rest)


@pytest.mark.parametrize(
    "text",
    [
        "mark of the beast 666", "john the baptist", "job loses everything", "acts of kindness",
        "in acts of kindness", "romans 99 foo", "number my days", "romans 8", "daniel in the lions den",
    ],
)  # fmt: skip
def test_words_that_are_also_names_are_no_hint(text: str) -> None:
    assert find_book_hint(text) == (None, text)
