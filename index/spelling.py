"""Typing errors: a query word that no verse has falls back to near words of the vocabulary.

Near means a Damerau-Levenshtein distance of 1, or 2 for longer words. All words
are compared at once: a filter on letters leaves a few hundred, and one dynamic programme in numpy
runs over those.

Dimensions: V words, C candidates, W letters of the longest word.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

_ONE_EDIT, _TWO_EDITS = 0.7, 0.3
"""What a near word counts for, by distance; a word spelt right counts 1."""
_MOST = 3
"""Near words that are searched for one misspelt word."""
_SHORTEST = 4
"""Letters from which a word is corrected; shorter ones are near to too much."""
_LONG = 6
"""Letters from which two errors are corrected."""
_LONGEST = 24


class Spelling:
    """Finds the near words of a vocabulary. Thread-safe."""

    def __init__(self, words: Sequence[str], frequency: npt.NDArray[np.integer]) -> None:
        """`frequency`: (V,) in how many verses each word stands; between equally near, more wins."""
        usable = [i for i, w in enumerate(words) if 2 < len(w) <= _LONGEST and w.isascii() and w.isalpha()]
        self._numbers = np.array(usable, np.int64)
        self._frequency = frequency[self._numbers]
        self._lengths = np.array([len(words[i]) for i in usable], np.int64)
        joined = "".join(words[i].ljust(_LONGEST) for i in usable).encode()
        self._letters = np.frombuffer(joined, np.uint8).reshape(-1, _LONGEST)  # (V, W)
        self._masks = _letter_masks(self._letters)
        self.near = lru_cache(maxsize=4096)(self._near)

    def _near(self, word: str) -> tuple[tuple[int, float], ...]:
        """((word number, weight), ...) of the nearest words, best first; empty when none is near."""
        if not (_SHORTEST <= len(word) <= _LONGEST and word.isascii() and word.isalpha()):
            return ()
        reach = 2 if len(word) >= _LONG else 1
        letters = np.frombuffer(word.encode(), np.uint8)
        mask = _letter_masks(letters[None])[0]
        close = np.abs(self._lengths - len(word)) <= reach
        # One edit changes at most two letters of the set of letters.
        close &= np.bitwise_count(self._masks ^ mask) <= 2 * reach
        candidates = np.flatnonzero(close)
        distances = _distances(letters, self._letters[candidates], self._lengths[candidates])
        near = (distances > 0) & (distances <= reach)
        found, distances = candidates[near], distances[near]
        if not len(found):
            return ()
        weights = np.where(distances == 1, _ONE_EDIT, _TWO_EDITS)
        # People mistype the first letter least, and mean a common word more often than a rare one.
        weights = np.where(self._letters[found, 0] == letters[0], weights, weights / 2)
        likely = weights * np.log1p(self._frequency[found])
        order = np.lexsort((found, -likely))[:_MOST]
        return tuple(
            (int(self._numbers[found[i]]), float(weights[i] * likely[i] / likely[order[0]])) for i in order
        )


def _letter_masks(letters: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint32]:
    """(C,) one bit for each of a..z that a row of (C, W) letters contains."""
    masks = np.zeros(len(letters), np.uint32)
    for column in letters.T:
        inside = (column >= ord("a")) & (column <= ord("z"))
        shift = np.where(inside, column - np.uint8(ord("a")), 0).astype(np.uint32)
        masks |= np.where(inside, np.uint32(1) << shift, np.uint32(0))
    return masks


def _distances(
    word: npt.NDArray[np.uint8], others: npt.NDArray[np.uint8], lengths: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """(C,) distances of one word to (C, W) others, swapped neighbours counting as one edit.

    Optimal string alignment, row by row over the letters of `word`, for all others at once.
    """
    count, width = others.shape
    before = np.zeros((count, width + 1), np.int64)
    row = np.tile(np.arange(width + 1), (count, 1))  # (C, W + 1)
    for i, letter in enumerate(word):
        new = np.empty_like(row)
        new[:, 0] = i + 1
        differs = others != letter  # (C, W)
        for j in range(width):
            new[:, j + 1] = np.minimum(np.minimum(row[:, j + 1], new[:, j]) + 1, row[:, j] + differs[:, j])
            if i and j:
                swapped = (others[:, j - 1] == letter) & (others[:, j] == word[i - 1])
                new[:, j + 1] = np.where(
                    swapped, np.minimum(new[:, j + 1], before[:, j - 1] + 1), new[:, j + 1]
                )
        before, row = row, new
    return row[np.arange(count), lengths]
