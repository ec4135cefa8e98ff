"""Texts as rows of word numbers, and each word's tokens.

Query views cut, drop, swap and misspell words; doing that on numbers and looking the tokens up costs a tenth of
tokenizing each view anew, which would starve the training loop.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from encoder.tokenizer import Tokenizer

Words = NDArray[np.int32]
"""Word numbers of one text, (L,)."""

_APOSTROPHES = re.compile("['’‘ʼ`]")
_WORD = re.compile("[a-z0-9]+")


def split_words(text: str) -> list[str]:
    """The words of a text exactly as the tokenizer's normaliser sees them."""
    decomposed = unicodedata.normalize("NFKD", text)
    plain = "".join(c for c in decomposed if not unicodedata.combining(c)).lower()
    return _WORD.findall(_APOSTROPHES.sub("", plain))


class Lexicon:
    """Words numbered in the order in which they are first met."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self._numbers: dict[str, int] = {}

    def number(self, word: str) -> int:
        """The word's number, a new one for a new word."""
        number = self._numbers.setdefault(word, len(self.words))
        if number == len(self.words):
            self.words.append(word)
        return number

    def read(self, text: str) -> Words:
        """The numbers of the text's words."""
        return np.array([self.number(word) for word in split_words(text)], dtype=np.int32)

    def tokens(self, tokenizer: Tokenizer) -> list[NDArray[np.int32]]:
        """Token ids of every word, by its number."""
        return [np.array(ids, dtype=np.int32) for ids in tokenizer.encode(self.words)]


class Ragged:
    """Rows of different lengths in one array, without an object for each."""

    def __init__(self, rows: Iterable[Sequence[int] | Words]) -> None:
        rows = [np.asarray(row, dtype=np.int32) for row in rows]
        self.starts = np.concatenate(([0], np.cumsum([len(row) for row in rows], dtype=np.int64)))
        self.values = np.concatenate(rows) if rows else np.zeros(0, dtype=np.int32)

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, row: int) -> Words:
        return self.values[self.starts[row] : self.starts[row + 1]]
