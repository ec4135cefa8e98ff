"""The article's data, for the one number that compares with its 1.29: overlapping windows of glued verses.

As https://github.com/toranb/encoder-search does (lib/example/dataset.ex, prep.ex): the verses of three
translations are shuffled, glued to texts of 90 words or somewhat more, and read through a window of 90 words that
moves on by one word; a tenth of the windows is held out, after that. So nearly every held-out word stands in some
training window too, and the loss flatters: `prepare` makes the honest split, this one is for comparison alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from encoder.tokenizer import Tokenizer
from index.bible import Bible
from training.dataset import Dataset

TRANSLATIONS = ("ASV", "WEB", "BBE")
"""His are NASB, NIV and ESV, which may not be copied: the free ones that are nearest, a literal, a middling and a
freely worded one."""
WINDOW_WORDS = 90
HELD_OUT_SHARE = 0.1
SEED = 0


def prepare_article(bible: Bible, tokenizer: Tokenizer, *, max_tokens: int) -> Dataset:
    """Every distinct window, cut at `max_tokens`; the same corpus and tokenizer give the same bytes anywhere."""
    rng = np.random.default_rng(SEED)
    windows: dict[str, int] = {}
    for number, translation in enumerate(bible.translations.values()):
        verses = list(dict.fromkeys(text.lower() for text in translation.verses.values()))
        shuffled = [verses[i].split() for i in rng.permutation(len(verses))]
        for text in glue(shuffled):
            for start in range(len(text) - WINDOW_WORDS):
                windows.setdefault(" ".join(text[start : start + WINDOW_WORDS]), number)

    pieces = _pieces(tokenizer, windows)
    rows: list[NDArray[np.uint16]] = []
    sizes, cut = [], 0
    for window in windows:
        ids = np.concatenate([pieces[word] for word in window.split()])
        cut += len(ids) > max_tokens
        share = min(1.0, max_tokens / len(ids))
        rows.append(ids[:max_tokens])
        sizes.append(round(len(window.encode()) * share))
    lengths = np.fromiter(map(len, rows), dtype=np.int64, count=len(rows))
    held_out = rng.random(len(rows)) < HELD_OUT_SHARE
    return Dataset(
        tokens=np.concatenate(rows),
        offsets=np.concatenate(([0], np.cumsum(lengths))),
        verse_ids=np.zeros(len(rows), dtype=np.int32),
        sources=np.fromiter(windows.values(), dtype=np.uint8, count=len(rows)),
        held_out=held_out,
        bytes=np.array(sizes, dtype=np.int32),
        manifest={
            "split": "article",
            "translations": list(bible.translations),
            "vocab_size": tokenizer.vocab_size,
            "max_tokens": max_tokens,
            "examples": len(rows),
            "cut_at_max_tokens": cut,
            "held_out": int(held_out.sum()),
            "tokens": int(lengths.sum()),
        },
    )


def glue(verses: Sequence[Sequence[str]]) -> Iterator[list[str]]:
    """Texts of about 90 words: one ends before the verse that would make it much longer."""
    text: list[str] = []
    for verse in verses:
        longer = len(text) + len(verse)
        nearly_full = len(text) >= 0.8 * WINDOW_WORDS and longer > 1.4 * WINDOW_WORDS
        full = len(text) >= WINDOW_WORDS and longer > 1.2 * WINDOW_WORDS
        if nearly_full or full:
            yield text
            text = []
        text = [*text, *verse]
    yield text


def _pieces(tokenizer: Tokenizer, windows: dict[str, int]) -> dict[str, NDArray[np.uint16]]:
    """Token ids of every word: words are tokenized one by one, so a window's are its words' in a row."""
    words = list(dict.fromkeys(word for window in windows for word in window.split()))
    return {
        word: np.array(ids, dtype=np.uint16) for word, ids in zip(words, tokenizer.encode(words), strict=True)
    }
