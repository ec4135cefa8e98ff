"""Query examples for fine-tuning: a text as somebody might type it, and the verse it is about.

Dimensions: B examples in a batch, V verses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from encoder.tokenizer import Tokenizer
from index.bible import Bible
from training.noise import Noise, NoiseRates
from training.topics import LONGEST_RANGE, Topic
from training.words import Lexicon, Ragged, Words

MODERN_NOISE = NoiseRates(dropped=0.12, synonym=0.10, misspelt=0.03)
TOPIC_NOISE = NoiseRates(dropped=0.05, synonym=0.08, misspelt=0.03)
TOPIC_SIZE_POWER = 0.75
"""A topic is drawn in proportion to its verses to this power: large topics often, small ones not never."""


class Source(IntEnum):
    """Where an example comes from."""

    TRANSLATION = 0
    MODERN = 1
    TOPIC = 2


@dataclass(frozen=True, slots=True)
class Batch:
    """Queries as token ids, B rows of their own lengths, and the row of each one's verse, (B,) int64."""

    token_ids: list[NDArray[np.int32]]
    verse_rows: NDArray[np.int64]


class _WeightedVerses:
    """The verses of a topic, drawn by their votes."""

    def __init__(self, rows: Sequence[int], votes: Sequence[float]) -> None:
        self._rows = rows
        self._cumulated = np.cumsum(votes)

    def __len__(self) -> int:
        return len(self._rows)

    def draw(self, rng: np.random.Generator) -> int:
        chance = rng.random() * self._cumulated[-1]
        return self._rows[min(int(np.searchsorted(self._cumulated, chance)), len(self._rows) - 1)]


class Sampler:
    """Draws batches; all state is made at the start, so that equal generators draw equal batches."""

    def __init__(
        self,
        bible: Bible,
        modern: Mapping[int, Iterable[str]],
        topics: Iterable[Topic],
        tokenizer: Tokenizer,
        shares: Mapping[Source, float],
        *,
        synonyms: Mapping[str, Sequence[str]],
        rng: np.random.Generator,
    ) -> None:
        lexicon = Lexicon()
        self.verse_ids = bible.verse_ids  # (V,)
        row_of = {int(verse): row for row, verse in enumerate(self.verse_ids)}

        texts: list[list[Words]] = [[] for _ in row_of]
        for translation in bible.translations.values():
            for verse, text in translation.verses.items():
                if len(words := lexicon.read(text)):  # a few verses of old editions are a dash
                    texts[row_of[verse]].append(words)
        unique = [list({words.tobytes(): words for words in of_verse}.values()) for of_verse in texts]
        self._texts = Ragged(words for of_verse in unique for words in of_verse)
        self._first_text = np.concatenate(([0], np.cumsum([len(of_verse) for of_verse in unique])))

        pairs = [(row_of[verse], query) for verse, queries in modern.items() for query in queries]
        self._modern = Ragged(lexicon.read(query) for _, query in pairs)
        self._modern_rows = [row for row, _ in pairs]

        self._topics, self._topic_verses = [], []
        for topic in topics:
            votes = {row_of[v]: n for v, n in topic.verse_votes(LONGEST_RANGE).items() if v in row_of}
            if votes:
                self._topics.append(lexicon.read(topic.name))
                self._topic_verses.append(_WeightedVerses(list(votes), list(votes.values())))
        sizes = np.array([len(verses) for verses in self._topic_verses], dtype=np.float64)
        self._topic_cumulated = np.cumsum(sizes**TOPIC_SIZE_POWER)

        present = {Source.TRANSLATION: True, Source.MODERN: bool(pairs), Source.TOPIC: bool(self._topics)}
        weights = np.array([shares[source] * present[source] for source in Source])
        self._shares = weights / weights.sum()
        self._noise = Noise(lexicon, synonyms, rng)
        self._tokens = lexicon.tokens(tokenizer)

    def draw(self, size: int, rng: np.random.Generator) -> Batch:
        """A batch of `size` examples."""
        rows, token_ids = np.empty(size, dtype=np.int64), []
        for i, source in enumerate(rng.choice(len(Source), size, p=self._shares)):
            rows[i], words = self._draw_one(Source(source), rng)
            token_ids.append(np.concatenate([self._tokens[word] for word in words]))
        return Batch(token_ids, rows)

    def _draw_one(self, source: Source, rng: np.random.Generator) -> tuple[int, list[int]]:
        match source:
            case Source.TRANSLATION:
                row = int(rng.integers(len(self.verse_ids)))
                text = int(rng.integers(self._first_text[row], self._first_text[row + 1]))
                return row, self._noise.half_remembered(self._texts[text], rng)
            case Source.MODERN:
                i = int(rng.integers(len(self._modern)))
                return self._modern_rows[i], self._noise.apply(self._modern[i], MODERN_NOISE, rng)
            case Source.TOPIC:
                chance = rng.random() * self._topic_cumulated[-1]
                i = min(int(np.searchsorted(self._topic_cumulated, chance)), len(self._topics) - 1)
                return self._topic_verses[i].draw(rng), self._noise.apply(self._topics[i], TOPIC_NOISE, rng)
