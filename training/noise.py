"""How people half remember: what a query loses, swaps and misspells on its way from the verse to the keyboard.

Parts of a verse are the free queries of the corpus (crops: Contriever, arXiv:2112.09118; deletions: TSDAE,
arXiv:2104.06979). Synonyms come from a dictionary where one is given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from training.words import Lexicon, Words

STOP_WORDS = frozenset(
    "a all an and are as at be but by did do does for from had has have he her his i if in into is it me my no "
    "not o of on or our out said shall she so that the thee their them then there these they this those thou "
    "thy to up us was we were what when which who will with would ye you your".split()
)
"""What somebody who types keywords leaves out."""

MISSPELLINGS_PER_WORD = 3
SHORTEST_MISSPELT = 4
"""Letters; a shorter word with a slip is mostly another word."""

_LETTERS = "abcdefghijklmnoprstuvwy"


@dataclass(frozen=True, slots=True)
class NoiseRates:
    """The share of words that each fate takes; the rest stay."""

    dropped: float = 0.0
    synonym: float = 0.0
    misspelt: float = 0.0


class Noise:
    """Draws noisy versions of texts; built once over all words of the examples."""

    def __init__(
        self, lexicon: Lexicon, synonyms: Mapping[str, Sequence[str]], rng: np.random.Generator
    ) -> None:
        known = tuple(lexicon.words)
        self._synonyms = {
            lexicon.number(word): [lexicon.number(other) for other in synonyms[word]]
            for word in known
            if word in synonyms and word not in STOP_WORDS
        }
        self._misspellings = {
            lexicon.number(word): [lexicon.number(misspell(word, rng)) for _ in range(MISSPELLINGS_PER_WORD)]
            for word in known
            if len(word) >= SHORTEST_MISSPELT
        }
        self._is_stop_word = np.array([word in STOP_WORDS for word in lexicon.words])

    def apply(self, words: Words, rates: NoiseRates, rng: np.random.Generator) -> list[int]:
        """One noisy version; never empty for a text that is not."""
        noisy: list[int] = []
        for word, chance in zip(words.tolist(), rng.random(len(words)).tolist(), strict=True):
            chance -= rates.dropped
            if chance < 0:
                continue
            if chance < rates.synonym:
                choices = self._synonyms.get(word, (word,))
                noisy.append(choices[int(chance / rates.synonym * len(choices))])
            elif chance < rates.synonym + rates.misspelt:
                choices = self._misspellings.get(word, (word,))
                noisy.append(choices[int((chance - rates.synonym) / rates.misspelt * len(choices))])
            else:
                noisy.append(word)
        return noisy or words.tolist()

    def keywords(self, words: Words) -> list[int]:
        """Without stop words, unless nothing else is there."""
        kept: list[int] = words[~self._is_stop_word[words]].tolist()
        return kept or words.tolist()

    def half_remembered(self, words: Words, rng: np.random.Generator) -> list[int]:
        """A query that somebody who knows this text might type.

        8 % the whole text; else a run of it, mostly 2 to 12 words, sometimes to 24: as it stands (32 %), thinned
        (20 %), keywords only (15 %), reworded (25 %, a third of those out of order).
        """
        kind = rng.random()
        if kind < 0.08:
            return self.apply(words, NoiseRates(synonym=0.03), rng)
        longest = int(rng.integers(2, 13)) if kind < 0.85 else int(rng.integers(5, 25))
        length = min(longest, len(words))
        start = int(rng.integers(0, len(words) - length + 1))
        run = words[start : start + length]
        if kind < 0.40:
            return self.apply(run, NoiseRates(dropped=0.05, synonym=0.03, misspelt=0.02), rng)
        if kind < 0.60:
            return self.apply(run, NoiseRates(dropped=0.25, synonym=0.08, misspelt=0.03), rng)
        if kind < 0.75:
            return self.keywords(run)
        reworded = self.apply(run, NoiseRates(dropped=0.10, synonym=0.15, misspelt=0.04), rng)
        if rng.random() < 0.3:
            rng.shuffle(reworded)
        return reworded


def misspell(word: str, rng: np.random.Generator) -> str:
    """One slip of the keyboard inside the word: a letter left out, swapped, doubled or another (Damerau 1964)."""
    i = int(rng.integers(1, len(word) - 1))
    match int(rng.integers(4)):
        case 0:
            return word[:i] + word[i + 1 :]
        case 1:
            return word[:i] + word[i + 1] + word[i] + word[i + 2 :]
        case 2:
            return word[:i] + word[i] + word[i:]
        case _:
            return word[:i] + _LETTERS[int(rng.integers(len(_LETTERS)))] + word[i + 1 :]
