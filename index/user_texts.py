"""A user's own texts: checked line by line, added as a whole or not at all, kept in the data directory.

`<data>/texts/<CODE>.json` holds one text with its licence and source; `load_bible` reads them all.
"""

import hashlib
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

from index.book_names import book_named
from index.books import BOOKS, verse_id
from index.catalogue import CATALOGUE
from index.cleaning import clean
from index.errors import CorpusError, RejectedText, UnknownVerse
from index.formats import Raw, parse
from index.translation import Translation
from index.versification import MERGED_INTO

__all__ = ["Added", "add_text", "load_user_text", "user_codes"]

# Bytes; the largest study Bibles with notes stay far below.
_LARGEST = 64 * 1024 * 1024
_SUFFIXES = frozenset({".usfm", ".sfm", ".xml", ".osis", ".txt", ".tsv"})
# Books beside the 66: kept apart, since no other translation has them to be compared with.
_DEUTEROCANON = re.compile(
    r"tob(?:it)?|tb|judith|jdt|jdth|wis(?:dom.*)?|sir(?:ach)?|ecclus|ecclesiasticus|bar(?:uch)?"
    r"|lje|epjer|letter of jeremiah|s3y|prazar|song of the three.*|sus(?:anna)?|bel.*|esg|addesth?"
    r"|[1-4] ?ma(?:c+(?:abees)?)?|[1-4] ?esd?r?a?s?|2es|man|prman|prayer of manass(?:eh|es)"
    r"|ps2|addps|psalm 151|dag|adddan|lao|eza|[5-6]ez|frt|bak|oth|int|cnc|glo|tdx|ndx|xx[a-g]",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Added:
    """What became of a file. rejected: (file, line, reason); set_aside: deuterocanonical verses."""

    translation: Translation
    format: str
    encoding: str
    rejected: tuple[tuple[str, int, str], ...]
    set_aside: int
    absent: int


def add_text(
    path: Path,
    data_dir: Path,
    *,
    code: str | None = None,
    name: str | None = None,
    year: int = 0,
    licence: str = "not stated",
    source: str | None = None,
    skip_rejected: bool = False,
    replace: bool = False,
) -> Added:
    """Read a file, or a directory of one file a book, and keep it under `data_dir`.

    Raises `RejectedText`, with every bad line in `problems`, and adds nothing, when a line is
    rejected and `skip_rejected` is not set, or when the file or the code will not do.
    """
    code = _checked_code(code or path.stem, data_dir, replace)
    reader = _Reader(code)
    for file in _files(path):
        reader.read(file)
    if reader.rejected and not skip_rejected:
        count = len(reader.rejected)
        raise RejectedText(
            f"{count} line{'s' if count > 1 else ''} of {path.name} cannot be used, so nothing was "
            "added; mend them, or add the rest with --skip-rejected.",
            [(line, f"{file}: {reason}") for file, line, reason in reader.rejected],
        )
    if not reader.verses:
        raise RejectedText(f"{path.name} holds no verse of the 66 books; nothing was added.")
    translation = Translation(
        code, name or path.stem, year, licence, source or path.name, dict(sorted(reader.verses.items()))
    )
    _store(translation, data_dir)
    return Added(
        translation,
        reader.format,
        reader.encoding,
        tuple(reader.rejected),
        reader.set_aside,
        reader.absent,
    )


class _Reader:
    """Gathers verses and what was wrong, over all files."""

    def __init__(self, code: str) -> None:
        self._code = code
        self.verses: dict[int, str] = {}
        self.rejected: list[tuple[str, int, str]] = []
        self.set_aside = self.absent = 0
        self.format = self.encoding = ""
        self._lines: dict[int, tuple[str, int, str]] = {}

    def read(self, file: Path) -> None:
        try:
            content = file.read_bytes()
        except OSError as error:
            raise RejectedText(f"{file} cannot be read: {error.strerror}.") from error
        if len(content) > _LARGEST:
            raise RejectedText(f"{file.name} is larger than {_LARGEST >> 20} MiB; no Bible is.")
        parsed = parse(content)
        self.format, self.encoding = parsed.format, parsed.encoding
        for item in parsed.items:
            if not isinstance(item, Raw):
                self.rejected.append((file.name, *item))
            elif reason := self._place(file.name, item):
                self.rejected.append((file.name, item.line, reason))

    def _place(self, file: str, raw: Raw) -> str | None:
        """Take a verse in; the reason when it has no place."""
        book = int(raw.book) if raw.book.isdigit() else book_named(raw.book)
        if (book or 0) > len(BOOKS) or (book is None and _DEUTEROCANON.fullmatch(raw.book.strip())):
            self.set_aside += 1
            return None
        if not book:
            return f'there is no book called "{raw.book}"'
        written = book * 1_000_000 + raw.chapter * 1_000 + raw.verse
        try:
            verse = MERGED_INTO.get(written) or verse_id(book, raw.chapter, raw.verse)
        except UnknownVerse as error:
            return str(error)
        if "\N{REPLACEMENT CHARACTER}" in raw.text:
            return "it has characters that were lost when the file was saved"
        text = clean(raw.text, self._code)
        if not text:
            self.absent += 1
        elif written in self._lines:
            first_file, first_line, _ = self._lines[written]
            return f"the verse was given before, in line {first_line} of {first_file}"
        else:
            self._lines[written] = (file, raw.line, text)
            # A verse that the common versification has as part of another one.
            self.verses[verse] = f"{self.verses[verse]} {text}" if verse in self.verses else text
        return None


def _checked_code(code: str, data_dir: Path, replace: bool) -> str:
    code = re.sub(r"[^A-Z0-9]", "", code.upper())[:12]
    if len(code) < 2:
        raise RejectedText("The code needs 2 to 12 letters or digits; give one with --code.")
    if code in CATALOGUE:
        raise RejectedText(f"{code} is {CATALOGUE[code].name}; give another code with --code.")
    if code in user_codes(data_dir) and not replace:
        raise RejectedText(f"{code} was added before; replace it with --replace.")
    return code


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        files = sorted(p for p in path.iterdir() if p.suffix.lower() in _SUFFIXES)
        if not files:
            raise RejectedText(f"{path} holds none of {', '.join(sorted(_SUFFIXES))} files.")
        return files
    if not path.exists():
        raise RejectedText(f"There is no file {path}.")
    return [path]


def _path(data_dir: Path, code: str) -> Path:
    return data_dir / "texts" / f"{code}.json"


def _store(translation: Translation, data_dir: Path) -> None:
    verses = {str(verse): text for verse, text in translation.verses.items()}
    content = {
        "code": translation.code,
        "name": translation.name,
        "year": translation.year,
        "licence": translation.licence,
        "source": translation.source,
        "sha256": _digest(verses),
        "verses": verses,
    }
    path = _path(data_dir, translation.code)
    new = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with new.open("w", encoding="utf-8") as file:
            json.dump(content, file, ensure_ascii=False, indent=0)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError as error:
        raise CorpusError(f"{path} cannot be written: {error.strerror}.") from error


def _digest(verses: dict[str, str]) -> str:
    return hashlib.sha256(json.dumps(verses, ensure_ascii=False).encode()).hexdigest()


def user_codes(data_dir: Path) -> tuple[str, ...]:
    """Codes of the texts added under `data_dir`, in alphabetical order."""
    return tuple(sorted(path.stem for path in (data_dir / "texts").glob("*.json")))


def load_user_text(code: str, data_dir: Path) -> Translation:
    """One added text; raises `CorpusError` when its file is damaged."""
    path = _path(data_dir, code)
    try:
        content = json.loads(path.read_text("utf-8"))
        if content["sha256"] != _digest(content["verses"]):
            raise ValueError("its checksum is wrong")
        verses = {int(verse): text for verse, text in content["verses"].items()}
        return Translation(
            content["code"],
            content["name"],
            content["year"],
            content["licence"],
            content["source"],
            verses,
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CorpusError(
            f"{path} is damaged; delete it, or add the text again with "
            f"`verse corpus add FILE --code {code} --replace`."
        ) from error
