"""Synonyms from WordNet's own files (Miller 1995), where a path to them is given: noise for queries, no more.

Debian ships them as `wordnet-base` under /usr/share/wordnet; the format is described in wndb(5WN).
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from training.errors import DatasetError

PARTS_OF_SPEECH = ("noun", "verb", "adj", "adv")
SENSES = 2
"""The most frequent senses of a word; rarer ones mislead more often than they help."""
SYNONYMS_PER_WORD = 6


def load_synonyms(directory: Path) -> dict[str, list[str]]:
    """Single-word synonyms of every single word, the most frequent sense first; raises DatasetError."""
    synonyms: defaultdict[str, dict[str, None]] = defaultdict(dict)  # a dict keeps the order
    for part in PARTS_OF_SPEECH:
        try:
            synsets = _read_synsets(directory / f"data.{part}")
            index = (directory / f"index.{part}").read_text(encoding="utf-8").splitlines()
        except OSError as error:
            raise DatasetError(f"{directory} does not hold WordNet's files: {error}.") from error
        for line in index:
            if line.startswith("  "):  # the licence
                continue
            fields = line.split()
            lemma, pointers = fields[0], int(fields[3])
            offsets = fields[6 + pointers :]
            for offset in offsets[:SENSES]:
                synonyms[lemma].update(dict.fromkeys(w for w in synsets[offset] if w != lemma))
    return {
        lemma: list(words)[:SYNONYMS_PER_WORD]
        for lemma, words in synonyms.items()
        if words and lemma.isalpha()
    }


def _read_synsets(path: Path) -> dict[str, list[str]]:
    """The single words of each synset, by its offset."""
    synsets = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("  "):
            continue
        fields = line.split()
        words = fields[4 : 4 + 2 * int(fields[3], 16) : 2]
        synsets[fields[0]] = [w.split("(")[0].lower() for w in words if w.split("(")[0].isalpha()]
    return synsets
