"""WordPiece over plain lower-case words: what half-remembered queries are made of.

Case, accents, punctuation and apostrophes carry no meaning in a search and cost tokens, so the normaliser
drops them (`don't` and `dont` are one word). There are no [CLS] and [SEP]: pooling is a mean, nobody would
read them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Regex, models, normalizers, pre_tokenizers, trainers
from tokenizers import Tokenizer as BackendTokenizer

from encoder.errors import ModelDirectoryError

PAD, UNKNOWN, MASK = "[PAD]", "[UNK]", "[MASK]"
SPECIAL_TOKENS = (PAD, UNKNOWN, MASK)
PAD_ID, UNKNOWN_ID, MASK_ID = range(3)


class Tokenizer:
    """Text to token ids; a thin, typed door to `tokenizers`."""

    def __init__(self, backend: BackendTokenizer) -> None:
        self._backend = backend

    @classmethod
    def train(cls, texts: Iterable[str], vocab_size: int, *, min_frequency: int = 3) -> Tokenizer:
        """Learn a WordPiece vocabulary (Schuster & Nakajima 2012). Ties differ from run to run."""
        backend = BackendTokenizer(models.WordPiece(unk_token=UNKNOWN, max_input_chars_per_word=32))
        backend.normalizer = normalizers.Sequence(
            [
                normalizers.NFKD(),
                normalizers.StripAccents(),
                normalizers.Lowercase(),
                normalizers.Replace(Regex("['’‘ʼ`]"), ""),
                normalizers.Replace(Regex("[^a-z0-9]+"), " "),
            ]
        )
        backend.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
        trainer = trainers.WordPieceTrainer(
            vocab_size=vocab_size,
            min_frequency=min_frequency,
            special_tokens=list(SPECIAL_TOKENS),
            show_progress=False,
        )
        backend.train_from_iterator(texts, trainer)
        return cls(backend)

    @classmethod
    def load(cls, path: Path) -> Tokenizer:
        """Read `tokenizer.json`; raises ModelDirectoryError."""
        try:
            return cls(BackendTokenizer.from_file(str(path)))
        except Exception as error:  # the library raises bare Exception for every cause
            raise ModelDirectoryError(f"{path} is not a tokenizer: {error}") from error

    def save(self, path: Path) -> None:
        """Write `tokenizer.json`."""
        self._backend.save(str(path))

    @property
    def vocab_size(self) -> int:
        """Tokens, special ones included."""
        return self._backend.get_vocab_size()

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids of each text; a text without a single word is [UNK], never empty."""
        encodings = self._backend.encode_batch_fast(list(texts), add_special_tokens=False)
        return [encoding.ids or [UNKNOWN_ID] for encoding in encodings]

    def decode(self, token_ids: Sequence[int]) -> str:
        """The words again, for people; joins `##` pieces."""
        pieces = (self._backend.id_to_token(token_id) for token_id in token_ids)
        return " ".join(piece for piece in pieces if piece).replace(" ##", "")


def pad(rows: Sequence[Sequence[int]]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Token ids (B, T) and attention mask (B, T) of ragged rows, T the longest row."""
    token_ids = np.full((len(rows), max(map(len, rows))), PAD_ID, dtype=np.int64)
    for padded, row in zip(token_ids, rows, strict=True):
        padded[: len(row)] = row
    lengths = np.fromiter(map(len, rows), dtype=np.int64, count=len(rows))
    return token_ids, np.arange(token_ids.shape[1]) < lengths[:, None]
