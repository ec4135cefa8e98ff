"""What simulated people ask, and what they are shown.

The queries are half-remembered verses of Leeser's and Weymouth's Bibles (`training.noise`), wordings that no model
was trained on (design decision 8); the dev set has no part in this. What is asked for follows Zipf's law: verses
in the order of how many modern queries were written for them, the r-th with a chance of about 1 / (r + FLAT).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from index.bible import Translation
from index.fit import Mode
from index.query import parse
from index.results import SearchResult
from index.search import Embed, Searcher
from index.vectors import TextEmbedder, Vectors
from training.errors import FeedbackError
from training.noise import Noise
from training.words import Lexicon

FLAT = 10
"""Ranks over which the best known verses are about equally asked for."""
SHOWN = 5
_FEWEST_WORDS = 2
_AT_A_TIME = 256


@dataclass(frozen=True, slots=True)
class Need:
    """A query and the verse that whoever typed it looks for."""

    query: str
    verse: int


class Asking:
    """Draws needs; equal generators draw equal ones."""

    def __init__(
        self,
        translations: Sequence[Translation],
        modern: Mapping[int, Sequence[str]],
        rng: np.random.Generator,
    ) -> None:
        lexicon = Lexicon()
        texts = {
            verse: words
            for translation in translations
            for verse, text in translation.verses.items()
            if len(words := lexicon.read(text)) >= _FEWEST_WORDS
        }
        if not texts:
            raise FeedbackError(
                "Simulated people quote Leeser's and Weymouth's Bibles, and neither is installed:"
                " install verse-finder[all-translations]."
            )
        shuffled = rng.permutation(sorted(texts)).tolist()
        self.verses = sorted(shuffled, key=lambda verse: -len(modern.get(verse, ())))
        self._texts = texts
        chances = 1 / (np.arange(len(self.verses)) + FLAT)
        self._chances = chances / chances.sum()
        self._noise = Noise(lexicon, {}, rng)
        self._words = lexicon.words

    def draw(self, count: int, rng: np.random.Generator) -> list[Need]:
        """So many needs."""
        drawn = rng.choice(len(self.verses), count, p=self._chances)
        return [self._need(self.verses[i], rng) for i in drawn]

    def _need(self, verse: int, rng: np.random.Generator) -> Need:
        numbers = self._noise.half_remembered(self._texts[verse], rng)
        return Need(" ".join(self._words[number] for number in numbers), verse)


def answers(
    searcher: Searcher, embedder: TextEmbedder, queries: Sequence[str], mode: Mode = "hybrid"
) -> Iterator[SearchResult]:
    """Search as people get it, with the queries encoded many at a time."""
    shown = next(iter(searcher.translations))
    for start in range(0, len(queries), _AT_A_TIME):
        portion = queries[start : start + _AT_A_TIME]
        vectors = embedder.embed([parse(query).plain for query in portion], "query")
        for i, query in enumerate(portion):
            yield searcher.search(
                query, embed=_remembered(vectors[i : i + 1]), k=SHOWN, translation=shown, mode=mode
            )


def _remembered(vector: Vectors) -> Embed:
    return lambda _: vector
