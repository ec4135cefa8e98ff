"""Which book a written name means: pythonbible's names and abbreviations, common short forms, typos.

pythonbible's expressions are applied to the whole name, never searched for inside a text: searched,
they find Mark in "mark of the beast" and Romans in "romance".
"""

import re
from difflib import SequenceMatcher
from functools import cache, lru_cache

from pythonbible.books import Book as PythonbibleBook

from index.books import BOOKS

__all__ = ["book_named", "normalise_name"]

# Short forms and misspellings in use that pythonbible does not know; USFM codes are always known.
_SHORT = """
GEN: gn, ge; EXO: ex; LEV: lv, le; NUM: nm, nb, nu; DEU: dt, de; JDG: jdgs; RUT: ru; NEH: ne
EST: es; JOB: jb; PSA: psalter, plasm; PRO: pr; ECC: qoheleth; SNG: song of song, canticles, sg, so
ISA: is, isiah, isaih; JER: jr, je; LAM: la; EZK: ez; DAN: dn, da; HOS: ho; JOL: jl
AMO: am; OBA: ob; NAM: na; HAB: hb; ZEP: zp; HAG: hg; ZEC: zc; MAL: ml
MAT: mt, mathew; MRK: mk, mr; LUK: lk, lu; JHN: jhon, jonh; ACT: ac, acts of apostles
ROM: rm, ro; GAL: ga; PHP: pp, philip, phlp; PHM: pm; HEB: he; JAS: jm, jam
REV: rv, re, revelations, apocalypse, apoc, revelation of john
"""

_ORDINALS = (
    (re.compile(r"^(?:1st|first|i)\s+(?=\D)", re.IGNORECASE), "1 "),
    (re.compile(r"^(?:2nd|second|ii)\s+(?=\D)", re.IGNORECASE), "2 "),
    (re.compile(r"^(?:3rd|third|iii)\s+(?=\D)", re.IGNORECASE), "3 "),
    (re.compile(r"^([123])\s*(?=[A-Za-z])"), r"\1 "),
)
_LEAD = re.compile(
    r"^(?:the (?:first|second|third|fourth|fifth) book of moses,? called )?"
    r"(?:the\s+)?(?:(?:books?|gospel|epistle|letter|prophet)\s+)?"
    r"(?:(?:of|to|according to)\s+)?(?:(?:saint|st\.?|the)\s+)?",
    re.IGNORECASE,
)
# A misspelt name has the same first letter, at least this many letters, and this similarity.
_TYPO_LETTERS, _TYPO_RATIO = 5, 0.82


def normalise_name(name: str) -> str:
    """ "First  Corinthians." -> "1 corinthians"; "the book of Job" -> "job"."""
    name = " ".join(name.split()).strip(" .,")
    for pattern, digit in _ORDINALS:
        name = pattern.sub(digit, name)
    number, _, rest = name.partition(" ") if name[:2] in ("1 ", "2 ", "3 ") else ("", "", name)
    rest = _LEAD.sub("", rest).strip()
    return f"{number} {rest}".strip().casefold()


@cache
def _expression() -> re.Pattern[str]:
    """All of pythonbible's names in one, the book's number as the group's; the first book that fits wins."""
    books = (book for book in PythonbibleBook if book.value <= len(BOOKS))
    names = "|".join(f"(?P<book{book.value}>{book.regular_expression})" for book in books)
    return re.compile(rf"(?:{names})\.*", re.IGNORECASE)


@cache
def _exact_names() -> dict[str, int]:
    by_usfm = {book.usfm: book.number for book in BOOKS}
    names = {book.name.casefold(): book.number for book in BOOKS}
    names |= {usfm.casefold(): number for usfm, number in by_usfm.items()}
    for entry in re.split(r"[;\n]", _SHORT.strip()):
        usfm, short_forms = entry.split(":")
        names |= {short.strip(): by_usfm[usfm.strip()] for short in short_forms.split(",")}
    return names


@lru_cache(maxsize=4096)
def book_named(name: str, *, typos: bool = False) -> int | None:
    """The number of the book of that name, or None; `typos` also takes "philipians"."""
    name = normalise_name(name)
    if not name:
        return None
    if (number := _exact_names().get(name)) is not None:
        return number
    if (match := _expression().fullmatch(name)) is not None:
        return int(str(match.lastgroup).removeprefix("book"))
    return _misspelt(name) if typos else None


def _misspelt(name: str) -> int | None:
    letters = name.lstrip("123 ")
    if len(letters) < _TYPO_LETTERS:
        return None
    best, best_ratio = None, _TYPO_RATIO
    for book in BOOKS:
        wanted = book.name.casefold()
        same_number = wanted[0] == name[0] if name[0].isdigit() or wanted[0].isdigit() else True
        if not same_number or wanted.lstrip("123 ")[0] != letters[0]:
            continue
        ratio = SequenceMatcher(None, wanted, name).ratio()
        if ratio > best_ratio:
            best, best_ratio = book.number, ratio
    return best
