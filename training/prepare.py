"""From the corpus to a dataset for pretraining.

Examples are every distinct verse text of the training translations, and runs of consecutive verses of one
translation up to the context length (the article's 100-token chunks, but of verses that belong together).
Splits cannot leak: one verse in a hundred is held out in every translation at once, and a run that touches a
held-out verse ends before it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

import numpy as np

from encoder.tokenizer import Tokenizer
from index.bible import Bible, Translation
from training.dataset import Dataset

HELD_OUT_SHARE = 100
"""One verse in so many is held out."""


def is_held_out(verse_id: int) -> bool:
    """Whether a verse is kept out of training in every translation; by its hash, so that splits are for ever."""
    digest = hashlib.blake2b(str(verse_id).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") % HELD_OUT_SHARE == 0


def prepare(bible: Bible, tokenizer: Tokenizer, *, max_tokens: int) -> Dataset:
    """Tokenize, cut, deduplicate; the same corpus and tokenizer give the same bytes anywhere.

    Args:
        bible: the translations to train on.
        tokenizer: the committed one; everything after it is deterministic.
        max_tokens: the encoder's limit; a longer text becomes several examples, none is cut silently.
    """
    rows: list[list[int]] = []
    verse_ids, sources, held_out, sizes = [], [], [], []
    seen: set[tuple[int, ...]] = set()
    duplicates = runs = longest_verse = 0
    for number, translation in enumerate(bible.translations.values()):
        encoded = tokenizer.encode(list(translation.verses.values()))
        longest_verse = max(longest_verse, *map(len, encoded))
        for verse_id, ids, size, is_run in _examples(translation, encoded, max_tokens):
            key = tuple(ids)
            if key in seen:
                duplicates += 1
                continue
            seen.add(key)
            runs += is_run
            rows.append(ids)
            verse_ids.append(verse_id)
            sources.append(number)
            held_out.append(is_held_out(verse_id))
            sizes.append(size)
    lengths = np.fromiter(map(len, rows), dtype=np.int64, count=len(rows))
    return Dataset(
        tokens=np.concatenate([np.array(row, dtype=np.uint16) for row in rows]),
        offsets=np.concatenate(([0], np.cumsum(lengths))),
        verse_ids=np.array(verse_ids, dtype=np.int32),
        sources=np.array(sources, dtype=np.uint8),
        held_out=np.array(held_out, dtype=np.bool_),
        bytes=np.array(sizes, dtype=np.int32),
        manifest={
            "split": "verses",
            "translations": list(bible.translations),
            "vocab_size": tokenizer.vocab_size,
            "max_tokens": max_tokens,
            "unique_examples": len(rows),
            "of_them_verses": len(rows) - runs,
            "of_them_runs_of_verses": runs,
            "duplicates_removed": duplicates,
            "held_out": int(sum(held_out)),
            "tokens": int(lengths.sum()),
            "longest_example": int(lengths.max()),
            "longest_verse": longest_verse,
            "length_deciles": [int(n) for n in np.percentile(lengths, range(0, 101, 10))],
        },
    )


def _examples(
    translation: Translation, encoded: Sequence[list[int]], max_tokens: int
) -> Iterator[tuple[int, list[int], int, bool]]:
    """(first verse, token ids, bytes, False) of each window of each verse, then with True of each run of verses.

    `encoded`: the token ids of each verse of the translation, in its order.
    """
    verses = list(translation.verses)
    sizes = [len(text.encode()) for text in translation.verses.values()]
    for verse, ids, size in zip(verses, encoded, sizes, strict=True):
        for start in range(0, len(ids), max_tokens):
            window = ids[start : start + max_tokens]
            yield verse, window, round(size * len(window) / len(ids)), False
    run: list[int] = []
    first, run_bytes, previous = 0, 0, 0
    for verse, ids, size in zip(verses, encoded, sizes, strict=True):
        continues = verse == previous + 1 and is_held_out(verse) == is_held_out(first)
        if run and (not continues or len(run) + len(ids) > max_tokens):
            if first != previous:  # a run of one is the verse itself
                yield first, run, run_bytes, True
            run, run_bytes = [], 0
        if len(ids) <= max_tokens:
            if not run:
                first = verse
            run, run_bytes = run + ids, run_bytes + size
        previous = verse
    if run and first != previous:
        yield first, run, run_bytes, True
