"""Cleans a verse without changing what it says.

What is removed is typography that the plain-text wheels carry along: verse markers, brackets round
supplied words, note signs, control characters of old encodings. The words stay.
"""

import re
import unicodedata
from collections.abc import Callable

__all__ = ["clean"]

# Windows-1252 punctuation that was read as Latin-1 (Leeser, Diaglot).
_CP1252 = {"\x91": "‘", "\x92": "’", "\x93": "“", "\x94": "”", "\x96": "-", "\x97": "—"}
# Quotation marks of other languages, as the German CD-ROM these texts come from wrote them.
_QUOTES = {"»": '"', "«": '"'}
_TRANSLATE = str.maketrans(_CP1252 | _QUOTES)

_NOTES = re.compile(
    r"\[?crosswire\s+amateurish codings versifikation may be wrong here\s*\]?"  # OEB
    r"|\bmissing fehlt/missing|,?\s*fehlt/missing"  # BWE, Montgomery: a verse that is not there
    r"|</?F[a-zA-Z]>|<[A-Za-z/]{1,3}>"  # BWE: font tags
    r"|\\(?:cf|fs)\d+\b"  # RTF: colour and size
    r"|\(o\. [a-z ,]+\)"  # UKJV: the Greek word
    r"|\{\{?See [^}]*\}\}?"  # Geneva: cross-references
    r"|\[\s*\]"  # a verse left out
)
_SUPPLIED = re.compile(r"[\[\]{}]")
_SPACE_BEFORE = re.compile(r"\s+([,.;:!?])(?!\.)")
_NO_SPACE_AFTER = re.compile(r"(?<=[a-z])([,;:!?])(?=[A-Za-z])")


def clean(text: str, code: str) -> str:
    """One line of plain text; empty when nothing but marks was there.

    text: the verse as the wheel of translation `code` has it, without its number.
    """
    text = unicodedata.normalize("NFC", text).translate(_TRANSLATE)
    text = _NOTES.sub(" ", text)
    if code in _MARKS:
        text = _MARKS[code](text)
    text = _SUPPLIED.sub("", text)
    text = "".join(c if c.isprintable() else " " for c in text)
    text = re.sub(r"[\\|+=_/*]+", " ", text)
    text = _SPACE_BEFORE.sub(r"\1", text)
    text = _NO_SPACE_AFTER.sub(r"\1 ", text)
    return " ".join(text.split())


def _backtick_is_apostrophe(text: str) -> str:
    return text.replace("`", "'")


# What one sign means differs from text to text.
_MARKS: dict[str, Callable[[str], str]] = {
    "WEB": _backtick_is_apostrophe,
    "WMTH": _backtick_is_apostrophe,
    "YLT": _backtick_is_apostrophe,
    "MKJV1963": lambda text: text.replace("`", ""),
    "WESLEY": lambda text: text.replace("`", "").replace("|", "s"),
    # Wycliffe: a backtick opens a gloss of the editors.
    "WYC": lambda text: text.replace("`", ""),
    "GB": lambda text: text.replace("&", "and"),
}
