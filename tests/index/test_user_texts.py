"""Texts that people bring: every format, every kind of bad line, nothing half-added."""

import codecs
from pathlib import Path

import pytest

from index.bible import load_bible, load_translation
from index.books import BOOKS, from_usfm, to_usfm
from index.errors import CorpusError, RejectedText
from index.user_texts import add_text, user_codes

TABS = """# my own
PSA 90:12\tTeach us to count our days.
Genesis 1:1\tIn the beginning.
1 John 4.8\tGod is love.
"""
HEADINGS = """### Psalms

[90:12] Teach us to count
our days.
[119:176] I have strayed.

### I John
[4:8] God is “love”.
[4:9]
"""
USFM = r"""\id GEN - a test
\h Genesis
\mt1 Genesis
\c 1
\s1 The Creation
\p
\v 1 In the beginning God\f + \fr 1:1 \ft a note\f* created \w heavens|strong="H8064"\w*
\q1 and \add the\add* earth.
\v 2-3 Void.
\c 2
\p
\v 4a First half,
\v 4b second half.
\id PSA
\c 90
\d A prayer of Moses.
\q1
\v 1 Lord, you have been our home.
\v 12 Teach us to \nd number\nd* our days.
\id TOB
\c 1
\p
\v 1 The book of Tobit.
"""
OSIS = """<?xml version="1.0" encoding="iso-8859-1"?>
<osis xmlns="http://www.bibletechnologies.net/2003/OSIS/namespace"><osisText><div type="book" osisID="Ps">
<chapter osisID="Ps.90"><title>A prayer</title>
<verse osisID="Ps.90.12">Teach us<note>or: show</note> to <seg>number</seg> our days, C\xe6sar.</verse>
<verse osisID="Ps.90.13" sID="a"/>Turn, <l>LORD!</l><verse eID="a"/>
</chapter></div><div type="book" osisID="Tob"><chapter osisID="Tob.1">
<verse osisID="Tob.1.1">Tobit.</verse></chapter></div></osisText></osis>
"""
ZEFANIA = """<XMLBIBLE biblename="Mine">
<BIBLEBOOK bnumber="19" bname="Psalms"><CHAPTER cnumber="90"><CAPTION>A prayer</CAPTION>
<VERS vnumber="12">Teach us<NOTE>or: show</NOTE> to <STYLE css="x">number</STYLE> our days.</VERS>
</CHAPTER></BIBLEBOOK>
<BIBLEBOOK bnumber="69" bname="Tobit"><CHAPTER cnumber="1"><VERS vnumber="1">Tobit.</VERS></CHAPTER></BIBLEBOOK>
</XMLBIBLE>
"""


def _add(tmp_path: Path, content: str | bytes, name: str = "mine.txt", **options: object) -> dict[str, str]:
    file = tmp_path / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    added = add_text(file, tmp_path / "data", **options)  # type: ignore[arg-type]
    return {to_usfm(verse): text for verse, text in added.translation.verses.items()}


def _problems(tmp_path: Path, content: str | bytes) -> list[tuple[int, str]]:
    with pytest.raises(RejectedText) as caught:
        _add(tmp_path, content)
    assert user_codes(tmp_path / "data") == ()
    return [(line, reason.removeprefix("mine.txt: ")) for line, reason in caught.value.problems]


def test_tabs(tmp_path: Path) -> None:
    assert _add(tmp_path, TABS) == {
        "GEN 1:1": "In the beginning.",
        "PSA 90:12": "Teach us to count our days.",
        "1JN 4:8": "God is love.",
    }


def test_headings(tmp_path: Path) -> None:
    assert _add(tmp_path, HEADINGS) == {
        "PSA 90:12": "Teach us to count our days.",
        "PSA 119:176": "I have strayed.",
        "1JN 4:8": 'God is "love".',
    }


def test_usfm(tmp_path: Path) -> None:
    assert _add(tmp_path, USFM) == {
        "GEN 1:1": "In the beginning God created heavens and the earth.",
        "GEN 1:2": "Void.",
        "GEN 2:4": "First half, second half.",
        "PSA 90:1": "A prayer of Moses. Lord, you have been our home.",
        "PSA 90:12": "Teach us to number our days.",
    }


def test_osis_in_the_encoding_it_declares(tmp_path: Path) -> None:
    assert _add(tmp_path, OSIS.encode("latin-1")) == {
        "PSA 90:12": "Teach us to number our days, Caesar.",
        "PSA 90:13": "Turn, LORD!",
    }


def test_zefania(tmp_path: Path) -> None:
    assert _add(tmp_path, ZEFANIA) == {"PSA 90:12": "Teach us to number our days."}


def test_deuterocanonical_books_are_set_aside_and_counted(tmp_path: Path) -> None:
    for name, content in (("usfm", USFM), ("osis", OSIS), ("zefania", ZEFANIA)):
        file = tmp_path / name
        file.write_text(content, "latin-1")
        added = add_text(file, tmp_path)
        assert (added.format, added.set_aside, added.rejected) == (name, 1, ())


def test_a_directory_of_one_file_a_book(tmp_path: Path) -> None:
    folder = tmp_path / "bible"
    folder.mkdir()
    for number, part in enumerate(USFM.split("\\id ")[1:]):
        (folder / f"{number}.usfm").write_text(f"\\id {part}")
    (folder / "readme.pdf").write_bytes(b"\0\1\2")
    added = add_text(folder, tmp_path)
    assert (added.translation.code, len(added.translation.verses), added.set_aside) == ("BIBLE", 5, 1)


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""),
        ("utf-8", codecs.BOM_UTF8),
        ("utf-16-le", codecs.BOM_UTF16_LE),
        ("utf-16-be", codecs.BOM_UTF16_BE),
        ("cp1252", b""),
    ],
)
def test_the_encoding_is_detected(tmp_path: Path, encoding: str, mark: bytes) -> None:
    line = "Et si l’on me demande où est passé l’été, je dirai – comme Noël – qu’il reviendra, très tôt peut-être."
    text = "".join(f"PSA 119:{n}\t{line}\n" for n in range(1, 60))
    verses = _add(tmp_path, mark + text.encode(encoding))
    assert len(verses) == 59
    assert verses["PSA 119:7"] == line.replace("’", "'").replace(" – ", " — ")


def test_every_bad_line_is_reported_with_its_number_and_nothing_is_added(tmp_path: Path) -> None:
    text = (
        "PSA 90:12\tTeach us.\n"
        "PSA 90:99\tNo such verse.\n"
        "no tab here\n"
        "\n"
        "XYZ 1:1\tNo such book.\n"
        "PSA 90\tNo verse.\n"
        "PSA 90:12\tAgain.\n"
        "PSA 1:1\t\N{REPLACEMENT CHARACTER}\n"
    )
    problems = _problems(tmp_path, text)
    assert [line for line, _ in problems] == [2, 3, 5, 6, 7, 8]
    for (_, reason), says in zip(
        problems,
        [
            "Psalm 90 has 17 verses",
            "no tab",
            'no book called "XYZ"',
            "not a reference",
            "given before, in line 1",
            "lost",
        ],
        strict=True,
    ):
        assert says in reason
    assert _add(tmp_path, text, skip_rejected=True) == {"PSA 90:12": "Teach us."}


def test_bad_lines_under_headings_and_in_usfm_have_numbers_too(tmp_path: Path) -> None:
    assert _problems(tmp_path, "[1:1] no book\n### Psalms\nwhat is this\n[1:1] fine\n") == [
        (1, 'no heading such as "### Genesis" stands above this verse'),
        (3, "the line is neither a heading nor a verse such as [90:12] text"),
    ]
    ((line, reason),) = _problems(tmp_path, "\\id PSA\n\\c 117\n\\p\n\\v 1 one\n\\v 3 three\n")
    assert (line, reason) == (5, "Psalm 117 has 2 verses; there is no 117:3.")
    ((line, reason),) = _problems(tmp_path, OSIS.replace("Ps.90.13", "Ps.90.130"))
    assert (line, reason) == (5, "Psalm 90 has 17 verses; there is no 90:130.")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"   \n", "empty"),
        (b"just some words\n", "holds no verses that can be read"),
        (bytes(range(256)) * 20, "not a text file"),
        (b"\xef\xbb\xbfPSA 90:12\t\xff\xfe\n", "says it is utf-8-sig but is not"),
        (b"<osis><verse", "The XML is broken in line 1"),
        (b"<html><body>PSA 90:12</body></html>", "<html> is not a Bible format"),
        (b'<!DOCTYPE x [<!ENTITY a "aaaa">]><osis>&a;</osis>', "declares entities"),
        (b"<XMLBIBLE></XMLBIBLE>", "holds no verse of the 66 books"),
        (b"TOB 1:1\tTobit\n", "holds no verse of the 66 books"),
    ],
)
def test_files_that_are_no_bible(tmp_path: Path, content: bytes, says: str) -> None:
    with pytest.raises(RejectedText, match=says):
        _add(tmp_path, content)
    assert user_codes(tmp_path / "data") == ()


@pytest.mark.parametrize(
    ("code", "says"),
    [("KJV", "KJV is King James Version"), ("?", "2 to 12 letters or digits"), ("MINE", "added before")],
)
def test_codes_that_will_not_do(tmp_path: Path, code: str, says: str) -> None:
    _add(tmp_path, TABS, code="mine")
    with pytest.raises(RejectedText, match=says):
        _add(tmp_path, TABS, code=code)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(RejectedText, match="There is no file"):
        add_text(tmp_path / "nothing.txt", tmp_path)


def test_replacing_replaces_and_failing_keeps_the_old(tmp_path: Path) -> None:
    _add(tmp_path, TABS, code="mine")
    with pytest.raises(RejectedText):
        _add(tmp_path, "PSA 90:99\tbad\n", code="mine", replace=True)
    assert len(load_translation("MINE", tmp_path / "data").verses) == 3
    _add(tmp_path, "PSA 90:12\tnew\n", code="mine", replace=True)
    assert dict(load_translation("mine", tmp_path / "data").verses) == {from_usfm("PSA 90:12"): "new"}


def test_an_added_text_is_loaded_with_the_others(tmp_path: Path, corpus_dir: Path) -> None:
    _add(tmp_path, TABS, code="mine", name="My own", licence="CC0", source="me", year=2024)
    data = tmp_path / "data"
    (data / "corpus").symlink_to(corpus_dir / "corpus")
    bible = load_bible(("KJV",), data)
    assert list(bible.translations) == ["KJV", "MINE"]
    mine = bible.translations["MINE"]
    assert (mine.name, mine.licence, mine.source, mine.year) == ("My own", "CC0", "me", 2024)
    assert bible.texts(from_usfm("1JN 4:8"))["MINE"] == "God is love."


@pytest.mark.parametrize("harm", ["{", '{"code": "MINE"}', "flip"])
def test_a_damaged_text_says_how_to_mend_it(tmp_path: Path, harm: str) -> None:
    _add(tmp_path, TABS, code="mine")
    path = tmp_path / "data" / "texts" / "MINE.json"
    path.write_text(path.read_text().replace("God is love", "God is live") if harm == "flip" else harm)
    with pytest.raises(CorpusError, match="verse corpus add FILE --code MINE --replace"):
        load_bible((), tmp_path / "data")


def test_a_whole_bible_goes_in_and_comes_out_the_same(tmp_path: Path, corpus_dir: Path) -> None:
    web = load_translation("WEB", corpus_dir).verses
    lines: list[str] = []
    for book in BOOKS:
        lines.append(f"### {book.name}")
        lines += [f"[{v // 1000 % 1000}:{v % 1000}] {web[v]}" for v in web if v // 1_000_000 == book.number]
    _add(tmp_path, "\n".join(lines))
    assert load_translation("MINE", tmp_path / "data").verses == web
