"""What a verse finder is taught with (translations, modern queries, topics), and what it is looked at with."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np

from encoder.tokenizer import Tokenizer
from index.bible import Bible
from training.corpus import modern_queries
from training.finetune import Validation
from training.sampler import Sampler, Source
from training.topics import load_topics
from training.wordnet import load_synonyms

SHARES = {Source.TRANSLATION: 0.5, Source.MODERN: 0.35, Source.TOPIC: 0.15}
VALIDATION_SHARE = 50
"""One modern query in so many is kept for validation, if it is not the first that was written for its verse."""


def usual_examples(
    bible: Bible, tokenizer: Tokenizer, topics_path: Path | None, wordnet: Path | None, seed: int
) -> tuple[Sampler, Validation]:
    """A sampler of training examples, and the validation queries that it never draws."""
    training_queries, validation = split_validation(modern_queries().by_verse, bible.verse_ids)
    sampler = Sampler(
        bible,
        training_queries,
        [topic for topic in load_topics(topics_path) if not topic.held_out] if topics_path else [],
        tokenizer,
        SHARES,
        synonyms=load_synonyms(wordnet) if wordnet else {},
        rng=np.random.default_rng(seed),
    )
    return sampler, validation


def split_validation(
    queries: dict[int, tuple[str, ...]], verse_ids: np.ndarray[tuple[int], np.dtype[np.int32]]
) -> tuple[dict[int, list[str]], Validation]:
    """Training queries by verse, and validation queries: those after a verse's first that their hash chooses.

    So a query stays on its side when others are added after it and runs follow one another; validation queries
    that an earlier run has learned would make its weights look best for ever.
    """
    row_of = {int(verse): row for row, verse in enumerate(verse_ids)}
    training: dict[int, list[str]] = {}
    texts, rows = [], []
    for verse, of_verse in queries.items():
        if verse not in row_of:
            continue
        training[verse] = []
        for number, query in enumerate(of_verse):
            if number and zlib.crc32(query.encode()) % VALIDATION_SHARE == 0:
                texts.append(query)
                rows.append(row_of[verse])
            else:
                training[verse].append(query)
    return training, Validation(texts, np.array(rows, dtype=np.int64))
