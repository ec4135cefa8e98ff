"""The words that people read: every translation's text of every verse, in one memory-mapped blob.

Dimensions: N verses, C translations.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt


def pack(
    verse_ids: Sequence[int], translations: Mapping[str, Mapping[int, str]]
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Returns the UTF-8 blob and (C * N + 1,) where each text starts; an absent text is empty."""
    parts = [verses.get(verse, "").encode() for verses in translations.values() for verse in verse_ids]
    bounds = np.concatenate(([0], np.cumsum([len(part) for part in parts])))
    return np.frombuffer(b"".join(parts), np.uint8), bounds.astype(np.int64)


class Texts:
    """Reads what `pack` made."""

    def __init__(
        self, codes: Sequence[str], blob: npt.NDArray[np.uint8], bounds: npt.NDArray[np.int64]
    ) -> None:
        self.codes = tuple(codes)
        self._places = {code: place for place, code in enumerate(codes)}
        self._verses = (len(bounds) - 1) // max(1, len(codes))
        self._blob = blob
        self._bounds = bounds

    def get(self, row: int, code: str) -> str | None:
        """The text of one verse row in one translation, or None when that has no such verse."""
        place = self._places[code] * self._verses + row
        start, end = self._bounds[place : place + 2].tolist()
        return self._blob[start:end].tobytes().decode() if end > start else None

    def shown(self, row: int, code: str) -> tuple[str, str]:
        """(code, text) in the wanted translation, or in the first one that has the verse."""
        for candidate in (code, *self.codes):
            text = self.get(row, candidate)
            if text is not None:
                return candidate, text
        return code, ""
