"""Names and numbered text for several verses at once, and the references inside a longer text."""

import re
from collections.abc import Sequence

from index.book_names import book_named
from index.books import book_of, display, split, verse_count
from index.errors import UnknownVerse
from index.reference import parse_reference
from index.results import Hit

_MOST_PARTS = 4
_MOST_REFERENCES = 8
_LONGEST_NAME = 4  # words: "Song of the Songs"
_PLACE = re.compile(r"\d{1,3}\s?[:.]\s?\d{1,3}(?:\s?[-\u2010-\u2015]\s?\d{1,3})?(?![\d:])")
_WORDS = {"is", "am", "so", "he", "re", "la", "pm"}  # "it is 7:14" is no Isaiah


def references_in(text: str) -> str:
    """What a message refers to by book, chapter and verse, as one reference: "John 3:16; Romans 8:28"; else ""."""
    found: dict[str, None] = {}
    for place in _PLACE.finditer(text):
        words = re.findall(r"[^\W_]+", text[max(0, place.start() - 60) : place.start()])[-_LONGEST_NAME:]
        for begin in range(len(words)):
            name = " ".join(words[begin:])
            if name in _WORDS or book_named(name, typos=False) is None:
                continue
            try:
                reference = parse_reference(f"{name} {place[0]}")
            except UnknownVerse:
                continue
            if reference is not None:
                found[reference.label] = None
                break
    return "; ".join(list(found)[:_MOST_REFERENCES])


def passage_label(verse_ids: Sequence[int]) -> str:
    """ "Psalm 23", "John 3:16-18", "Genesis 1:31-2:3", "John 3:16; Romans 8:28"."""
    runs = _runs(verse_ids)
    labels = [_run_label(first, last) for first, last in runs[:_MOST_PARTS]]
    return "; ".join([*labels, "…"] if len(runs) > _MOST_PARTS else labels)


def verse_marks(hits: Sequence[Hit]) -> list[str]:
    """The number that stands before each verse, with the chapter where a new one begins, and the book."""
    books = {split(hit.verse_id)[0] for hit in hits}
    marks = []
    before = chapter_of(hits[0].verse_id) if len(books) == 1 else (0, 0)
    for hit in hits:
        book, chapter, verse = split(hit.verse_id)
        chaptered = f"{chapter}:{verse}" if book == before[0] else display(hit.verse_id)
        marks.append(f"{verse}" if (book, chapter) == before else chaptered)
        before = (book, chapter)
    return marks


def chapter_of(verse_id: int) -> tuple[int, int]:
    """(book, chapter) of a verse."""
    book, chapter, _ = split(verse_id)
    return book, chapter


def _runs(verse_ids: Sequence[int]) -> list[tuple[int, int]]:
    """(first, last) of each stretch without a gap."""
    runs: list[tuple[int, int]] = []
    for verse in verse_ids:
        if runs and _follows(runs[-1][1], verse):
            runs[-1] = (runs[-1][0], verse)
        else:
            runs.append((verse, verse))
    return runs


def _follows(before: int, verse: int) -> bool:
    book, chapter, number = split(before)
    if number == verse_count(book, chapter):
        return verse == book * 1_000_000 + (chapter + 1) * 1_000 + 1
    return verse == before + 1


def _run_label(first: int, last: int) -> str:
    if first == last:
        return display(first)
    book, chapter, verse = split(first)
    _, last_chapter, last_verse = split(last)
    whole = verse == 1 and last_verse == verse_count(book, last_chapter)
    if whole and chapter == 1 and last_chapter == verse_count(book):
        return book_of(first).name
    if whole and chapter == last_chapter:
        return display(first).rpartition(":")[0]
    if whole:
        return f"{book_of(first).name} {chapter}-{last_chapter}"
    return f"{display(first)}-{last_verse if chapter == last_chapter else f'{last_chapter}:{last_verse}'}"
