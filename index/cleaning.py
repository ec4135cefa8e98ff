"""Cleans a verse without changing what it says.

What goes is typography that the wheels carry along: brackets round supplied words, note signs,
codes of old file formats, characters read in the wrong encoding. The words stay. One sign means
different things in different texts, so most rules belong to one translation; each was written after
looking at every place where the sign occurs.
"""

import re
import unicodedata
from functools import cache
from importlib.resources import files

__all__ = ["clean"]

_Rules = tuple[tuple[str, str], ...]

# Typewriter quotes everywhere, so that "potter’s" and "potter's" are one word; Windows-1252
# punctuation that was read as Latin-1 (Leeser, Diaglott); guillemets of a German typesetter.
_CHARACTERS = str.maketrans(
    {
        "\x92": "'", "\x93": '"', "\x94": '"', "\x95": " ", "\x97": "—",
        "‘": "'", "’": "'", "“": '"', "”": '"', "»": '"', "«": '"',
        "æ": "ae", "Æ": "Ae", "\xa0": " ", "\xad": "",
        "[": "", "]": "", "{": "", "}": "",  # round supplied words
    }
)  # fmt: skip

# The letters of the Hebrew alphabet stand as headings in Psalm 119 and other acrostics.
_LETTERS = (
    "ALEPH|ALEF|BETH?|BEIT|GIMEL|DALET[H]?|DALED|VAU|VAV|WAW|ZAIN|ZAYIN|C?HETH?|TETH?|J[Oo]D|YODH?"
    "|[CK]APH|KAF|LAMED[H]?|MEM|NUN|SAMECH|SAMEKH|AYIN|TSADDI|T?ZADD?[EI]|TZADI|[CKQ]OPH|KUF"
    "|RESH|S[C]?HIN|TAU|TAV"
)

# Applied before everything else.
_OWN: dict[str, _Rules] = {
    "BBE": ((r"\*{3}", "..."), (r"\\", " ")),
    "BWE": (
        (r"<F[A-Z]>", "("),
        (r"\s*<F[a-z]>", ")"),
        (r"\b\d{1,2}\)?(?=[A-Z])|\s\d{1,2},\s*$|\b\d{1,2}\)", ""),  # numbers of other verses
        (r"\bl\b(?=[ '])", "I"),
    ),
    "DAR": ((r"[*{}]", ""),),
    "DIAGLOT": ((r"\x96", "-"),),
    "DR": (
        (r"[\\/>]|-{3,}.*", ""),
        (r"^,?\s*\d+\s*", ""),  # the number of the verse, once more
        (r"\b0 (?=\w)", "O "),
        (r"(?<=[a-z])- (?=[a-z])", ""),  # hyphenated at the end of a printed line
        (r"^[a-z] (?=[A-Z])", ""),
        (r"\[?[1-4] Kings(?: \d+\.?\]?)?", ""),
        (r"\bIet\b", "let"),
        (r"\btheLord\b", "the Lord"),
    ),
    "ETHERIDGE": ((r"\? s\b", "'s"), (r"\s*\d+\)?\s*(?=[A-Za-z])", " "), (r"\d+", "")),
    "GB": (
        (r"\{\\cf2 \(\d+:\d+\)\}|\\cf2", ""),
        (r"(?:\\par\s*)?\{\s*\(\d+:\d+\).*$", ""),  # the Greek Esther and Daniel
        (r"\{\{See .*$|\{\(.*?\)\}", ""),  # notes
        (r"&", "and"),
    ),
    # \x91 stands for the letter ayin in names: \x91Eden.
    "LEESER": (
        (r"\x91|°", ""),
        (r"\x96\x96", "—"),
        (r"\x96", "-"),
        (r"\b1ook\b", "look"),
        (r"^BOOK [A-Z]+:\s*", ""),
    ),
    "MKJV1963": ((r"[`/]", ""),),
    "MONT": ((r"\\ul\d", ""),),
    "NHEB": ((r"^\d+(?=[A-Z])| *BOOK [IV]+$", ""), (rf"(?<![A-Z])(?:{_LETTERS})", " ")),
    "OEB": ((r"\[crosswire\s+amateurish codings versifikation may be wrong here\s*\]", ""),),
    "ROTH": (
        (r"\\fs15|\*+|=", ""),
        (r"^BOOK THE [A-Z]+\s+", ""),
        (r"_ ", ""),
        (r"(?<=[a-z])(?=[A-Z])", "—"),  # the dash before speech is lost
        (r"\b1o\b", "lo"),
        (r"\bb1ing", "bring"),
    ),
    "RYLT": ((r"\}", ""), (r"(?<=[a-z])(?=[A-Z])", " ")),
    "TYN": ((r"\s+21 Also", " Also"), (r"\+", "")),
    "UKJV": ((r"\(o\. [a-z, ]+\)", ""),),
    "WBS": ((r"\\|^\+", " "),),
    "WEB": ((r"`", "'"),),
    "WESLEY": ((r"who\|oever", "whosoever"), (r"t`ou", "thou"), (r"creat`on", "creation")),
    "WMTH": ((r"`", "'"), (r"–", "—")),
    # A backtick opens a gloss of the editors.
    "WYC": ((r"`", ""),),
    "YLT": ((r"`", "'"),),
}

# Applied to text whose blanks are single already.
_COMMON: _Rules = (
    (rf"^(?:(?:{_LETTERS})\b\.?|(?:HE|PE|AIN|SIN)\.) ?", ""),
    (rf" (?=[A-Z])(?:{_LETTERS}|HE|PE|AIN|SIN)\.?$", ""),
    (r" ?--+ ?| [–-] |(?<=[a-z])- (?=[A-Z])", " — "),
    (r"–|(?<=[a-z])(?:- | -)(?=[a-z])", "-"),
    (r"\( ", "("),
    (r" (?:([,;:!?)])|(\.)(?![.\w]))", r"\1\2"),
    (r"([,;:!?.])(?<=[a-z].)(?=[A-Za-z])(?:(?<!\.)|(?=[A-Z]))", r"\1 "),
)
# These two take more time than all the others, and most verses have no dash.
_OF_DASHES = _COMMON[2:4]


def _compile(rules: _Rules) -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(pattern), to) for pattern, to in rules)


_COMPILED = {code: _compile(rules) for code, rules in _OWN.items()}
_COMPILED_COMMON = _compile(_COMMON)
_WITHOUT_DASHES = _compile(tuple(rule for rule in _COMMON if rule not in _OF_DASHES))


@cache
def _run_together() -> dict[str, dict[str, str]]:
    """{code: {"daysso": "days so"}}: words that met where a line of poetry ended."""
    table: dict[str, dict[str, str]] = {}
    for line in (files("index") / "run_together.tsv").read_text("utf-8").splitlines():
        code, words = line.split("\t")
        table.setdefault(code, {})[words.replace(" ", "")] = words
    return table


def clean(text: str, code: str) -> str:
    """One line of plain text; empty when nothing but marks was there.

    text: the verse as the wheel of translation `code` has it, without its number.
    """
    for pattern, to in _COMPILED.get(code, ()):
        text = pattern.sub(to, text)
    text = unicodedata.normalize("NFC", text.translate(_CHARACTERS))
    if (glued := _run_together().get(code)) is not None:
        text = re.sub(r"[A-Za-z]+", lambda word: glued.get(word[0], word[0]), text)
        text = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    if not text.isprintable():
        text = "".join(c if c.isprintable() else " " for c in text)
    text = " ".join(text.split())
    dashes = "-" in text or "–" in text
    for pattern, to in _COMPILED_COMMON if dashes else _WITHOUT_DASHES:
        text = pattern.sub(to, text)
    text = text.strip() if text.startswith("...") else text.lstrip(" .,;:)—-")
    text = text.rstrip(" —-")
    return text if any(map(str.isalpha, text)) else ""
