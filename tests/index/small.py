"""A tiny Bible and a tiny encoder, both real: verses that exist, vectors that mean something."""

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

import numpy as np
import numpy.typing as npt

from index.analyzer import terms
from index.bible import Bible, Translation
from index.books import from_usfm

_PSALMS = {
    "PSA 23:1": "The LORD is my shepherd; I shall not want.",
    "PSA 23:2": "He maketh me to lie down in green pastures: he leadeth me beside the still waters.",
    "PSA 23:3": "He restoreth my soul: he leadeth me in the paths of righteousness for his name's sake.",
    "PSA 23:4": "Yea, though I walk through the valley of the shadow of death, I will fear no evil.",
    "PSA 90:12": "So teach us to number our days, that we may apply our hearts unto wisdom.",
    "PSA 107:1": "O give thanks unto the LORD, for he is good: for his mercy endureth for ever.",
    "PSA 118:1": "O give thanks unto the LORD, for he is good: for his mercy endureth for ever.",
    "JHN 11:35": "Jesus wept.",
}


def small_bible(*extra: str) -> Bible:
    """A handful of verses as the KJV has them; extra texts are added to John 3:16 onwards."""
    verses = {from_usfm(reference): text for reference, text in _PSALMS.items()}
    verses |= {from_usfm("JHN 3:16") + i: text for i, text in enumerate(extra)}
    kjv = Translation("KJV", "King James Version", 1769, "public domain", "", dict(sorted(verses.items())))
    return Bible({"KJV": kjv})


class BagOfWords:
    """Embeds a text as the sum of a random direction for each of its terms: near texts share words."""

    def __init__(self, dim: int = 32, seed: str = "bag") -> None:
        self.dim = dim
        self.fingerprint = hashlib.sha256(f"{seed}{dim}".encode()).hexdigest()[:16]
        self.encoded: list[str] = []
        self._direction = lru_cache(maxsize=None)(self._new_direction)

    def embed(
        self, texts: Sequence[str], kind: Literal["query", "document"] = "query"
    ) -> npt.NDArray[np.float32]:
        """(len(texts), D) unit vectors; `encoded` remembers which documents were asked for."""
        if kind == "document":
            self.encoded += texts
        vectors = np.zeros((len(texts), self.dim), np.float32)
        for row, text in enumerate(texts):
            for term in terms(text) or [""]:
                vectors[row] += self._direction(term)
        unit: npt.NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit

    def _new_direction(self, term: str) -> npt.NDArray[np.float32]:
        # Rare words are long, which stands in for their weight.
        seed = int.from_bytes(hashlib.blake2b(term.encode(), digest_size=8).digest(), "little")
        direction = np.random.default_rng(seed).standard_normal(self.dim).astype(np.float32)
        return direction * np.float32(len(term))
