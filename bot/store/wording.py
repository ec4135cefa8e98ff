"""What two spellings of one question share, and taking personal data out of it."""

import re
import unicodedata

MASK = "■"
"""What stands where personal data stood; normalising leaves it as it is."""

_SPACES = re.compile(r"\s+")
_STRAIGHT = str.maketrans("‘’ʼ“”", "'''\"\"")
_EDGES = " \t\n\"'.,;:!?"
_FEWEST_PHONE_DIGITS = 8  # fewer may be a reference: "119:105-112"
_PERSONAL = re.compile(
    r"(?P<mention><[@#][!&]?\d+>)"
    r"|(?P<link>\b(?:https?://|www\.)\S+)"
    r"|(?P<mail>[\w.+-]+@[\w-]+\.[\w.-]+)"
    r"|(?P<handle>(?<!\w)@\w{2,})"
    r"|(?P<number>\+?\d[\d\s()/.-]{6,}\d)",
    re.IGNORECASE,
)


def normalised(text: str) -> str:
    """The question in lower case, with plain quotes and single spaces, without punctuation around it."""
    plain = unicodedata.normalize("NFKC", text).translate(_STRAIGHT)
    return _SPACES.sub(" ", plain).strip(_EDGES).lower()


def masked(text: str, *words: str) -> str:
    """The text without mentions, addresses, links and telephone numbers, and without the `words` given."""

    def cover(match: re.Match[str]) -> str:
        if match.lastgroup == "number" and sum(c.isdigit() for c in match[0]) < _FEWEST_PHONE_DIGITS:
            return match[0]
        return MASK

    text = _PERSONAL.sub(cover, text)
    for word in filter(None, map(str.strip, words)):
        text = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", MASK, text, flags=re.IGNORECASE)
    return text
