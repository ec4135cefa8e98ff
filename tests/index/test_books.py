import pytest
from hypothesis import given
from hypothesis import strategies as st
from pythonbible.books import Book as PythonbibleBook

from index.book_names import book_named
from index.books import (
    BOOKS,
    GROUPS,
    VERSE_IDS,
    books_matching,
    display,
    from_usfm,
    split,
    to_usfm,
    verse_count,
    verse_id,
)
from index.errors import IndexingError, ReferenceError_, UnknownVerse


def test_books_are_numbered_as_pythonbible_numbers_them() -> None:
    assert [book.number for book in BOOKS] == list(range(1, 67))
    for book in BOOKS:
        assert book_named(PythonbibleBook(book.number).title) == book.number
        assert book_named(book.usfm) == book_named(book.name) == book.number


def test_the_common_versification_is_the_kjvs() -> None:
    assert len(VERSE_IDS) == 31_102
    assert list(VERSE_IDS) == sorted(VERSE_IDS)
    assert (verse_count(19), verse_count(19, 119), verse_count(64, 1), verse_count(66, 12)) == (
        150,
        176,
        14,
        17,
    )


@given(st.sampled_from(VERSE_IDS))
def test_a_verse_survives_being_written_and_read(verse: int) -> None:
    assert from_usfm(to_usfm(verse)) == verse == verse_id(*split(verse))


def test_people_read_psalm_not_psalms() -> None:
    assert display(from_usfm("PSA 90:12")) == "Psalm 90:12"
    assert display(from_usfm("sng 1:1")) == "Song of Solomon 1:1"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("PSA ninety", "not a USFM reference"),
        ("XYZ 1:1", "not a USFM reference"),
        ("JHN 99:1", "John has 21 chapters; there is no 99."),
        ("JHN 3:99", "John 3 has 36 verses; there is no 3:99."),
        ("PSA 117:3", "Psalm 117 has 2 verses; there is no 117:3."),
        ("OBA 2:1", "Obadiah has 1 chapter; there is no 2."),
    ],
)
def test_a_bad_reference_is_one_clear_sentence(text: str, says: str) -> None:
    with pytest.raises(IndexingError, match=says.replace(".", r"\.")) as caught:
        from_usfm(text)
    assert isinstance(caught.value, ReferenceError_)
    assert isinstance(caught.value, UnknownVerse) == ("there is no" in says)


@pytest.mark.parametrize(
    ("text", "usfm"),
    [
        ("psa", "PSA"),
        ("Psalms", "PSA"),
        ("psalm", "PSA"),
        ("1  john", "1JN"),
        ("philem", "PHM"),
        ("song of songs", "SNG"),
        ("gospels", "MAT MRK LUK JHN"),
        ("law", "GEN EXO LEV NUM DEU"),
        ("acts", "ACT"),
        ("revelation", "REV"),
        ("nonsense", ""),
        ("j", ""),
    ],
)
def test_books_matching(text: str, usfm: str) -> None:
    assert {BOOKS[number - 1].usfm for number in books_matching(text)} == set(usfm.split())


def test_testaments_and_groups_divide_the_books() -> None:
    assert len(books_matching("ot")) == 39
    assert len(books_matching("nt")) == 27
    assert sum(len(books_matching(group)) for group in GROUPS) == 66


OSIS = (
    "Gen Exod Lev Num Deut Josh Judg Ruth 1Sam 2Sam 1Kgs 2Kgs 1Chr 2Chr Ezra Neh Esth Job Ps Prov Eccl Song"
    " Isa Jer Lam Ezek Dan Hos Joel Amos Obad Jonah Mic Nah Hab Zeph Hag Zech Mal Matt Mark Luke John Acts Rom"
    " 1Cor 2Cor Gal Eph Phil Col 1Thess 2Thess 1Tim 2Tim Titus Phlm Heb Jas 1Pet 2Pet 1John 2John 3John Jude Rev"
)


def test_osis_names_are_known() -> None:
    assert [book_named(name) for name in OSIS.split()] == list(range(1, 67))


@pytest.mark.parametrize(
    ("name", "usfm"),
    [
        ("I Samuel", "1SA"),
        ("III John", "3JN"),
        ("Second Peter", "2PE"),
        ("1st Cor.", "1CO"),
        ("Revelation of John", "REV"),
        ("The Gospel According to St. Matthew", "MAT"),
        ("The First Book of Moses, called Genesis", "GEN"),
        ("The Epistle to the Romans", "ROM"),
        ("the book of Job", "JOB"),
    ],
)
def test_names_as_title_pages_write_them(name: str, usfm: str) -> None:
    number = book_named(name)
    assert number is not None
    assert BOOKS[number - 1].usfm == usfm


@pytest.mark.parametrize(
    "name", ["", "tobit", "ecclesiasticus", "wisdom", "1 maccabees", "mark of the beast", "romance"]
)
def test_what_is_no_book_of_the_66(name: str) -> None:
    assert book_named(name) is None


@pytest.mark.parametrize(
    ("name", "usfm"),
    [("philipians", "PHP"), ("galations", "GAL"), ("ephisians", "EPH"), ("1 corinthans", "1CO")],
)
def test_misspelt_names_are_known_only_when_asked_for(name: str, usfm: str) -> None:
    assert book_named(name) is None
    number = book_named(name, typos=True)
    assert number is not None
    assert BOOKS[number - 1].usfm == usfm


@pytest.mark.parametrize("name", ["games", "catch", "route", "area"])
def test_other_words_are_no_misspelt_books(name: str) -> None:
    assert book_named(name, typos=True) is None
