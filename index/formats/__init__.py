"""Reads other people's Bible files, line by line, without judging what they say.

Each format yields `Raw` verses and `(line, reason)` for what it cannot read; where a verse belongs,
and whether it exists, is decided once for all of them in `index.user_texts`.
"""

from index.formats.detect import Parsed, parse
from index.formats.raw import Raw

__all__ = ["Parsed", "Raw", "parse"]
