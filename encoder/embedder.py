"""Texts to unit vectors: what everything outside this room asks of a model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from encoder import checkpoint
from encoder.model import Encoder
from encoder.precision import autocast, choose, lower
from encoder.settings import Precision
from encoder.tokenizer import Tokenizer, pad

Kind = Literal["query", "document"]

TOKENS_PER_PASS = {"cpu": 256, "cuda": 16_384}
"""Padded tokens in one forward pass. A CPU is at full speed from 16 queries on, and small groups of texts of like
length hold less padding: 0.37 ms a query in a batch of 64, 0.46 with 4,096 (measured). A GPU wants more."""


class Embedder:
    """A model in memory; thread-safe, since it never changes after loading."""

    def __init__(
        self,
        model: Encoder,
        tokenizer: Tokenizer,
        model_fingerprint: str,
        device: torch.device,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        self.fingerprint = model_fingerprint
        self.dim = model.config.hidden_size
        self.device = device
        self.dtype = dtype
        self._model = model.to(device).eval()
        self._tokenizer = tokenizer
        lower(self._model, dtype)

    @classmethod
    def load(
        cls, model_dir: Path | None = None, *, device: str = "auto", precision: Precision = "auto"
    ) -> Embedder:
        """Load a model directory, by default the one that ships; raises ModelDirectoryError.

        Args:
            model_dir: a directory as `encoder.checkpoint` writes it.
            device: `cpu`, `cuda`, or `auto` for a GPU when there is one.
            precision: `float32`, `bfloat16`, or `auto` for bfloat16 where the device computes with it.
        """
        model_dir = model_dir or checkpoint.default_model_dir()
        model, tokenizer = checkpoint.load_model(model_dir)
        if device == "auto":
            device = "cuda" if torch.cuda.is_available() else "cpu"
        where = torch.device(device)
        return cls(model, tokenizer, checkpoint.fingerprint(model_dir), where, choose(precision, where))

    def embed(self, texts: Sequence[str], kind: Kind = "query") -> NDArray[np.float32]:
        """Unit vectors (N, D) of N texts, in their order.

        `kind` is part of the door because asymmetric encoders need it; this one reads both kinds alike.
        A text longer than the model's limit is read in windows whose vectors are averaged by length.
        """
        return self.embed_rows(self.tokenize(texts, kind))

    def tokenize(self, texts: Sequence[str], kind: Kind = "query") -> list[list[int]]:
        """Token ids of each text, at least one; with `embed_rows` the two halves of `embed`."""
        return self._tokenizer.encode(texts)

    def embed_rows(self, rows: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """Unit vectors (N, D) of N texts given as token ids of any length."""
        vectors = np.zeros((len(rows), self.dim), dtype=np.float32)
        windows, owners = self._windows(rows)
        for batch in self._batches(windows):
            embedded = self._forward([windows[i] for i in batch])
            lengths = np.array([len(windows[i]) for i in batch], dtype=np.float32)
            np.add.at(vectors, owners[batch], embedded * lengths[:, None])
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors

    def token_rows(self, rows: Sequence[Sequence[int]]) -> list[NDArray[np.float32]]:
        """Unit vectors (T_i, D) of the tokens of N texts given as token ids of any length."""
        windows, owners = self._windows(rows)
        parts: dict[int, NDArray[np.float32]] = {}
        for batch in self._batches(windows):
            parts.update(zip(batch, self._forward_tokens([windows[i] for i in batch]), strict=True))
        tokens: list[list[NDArray[np.float32]]] = [[] for _ in rows]
        for i, owner in enumerate(owners.tolist()):
            tokens[owner].append(parts[i])
        return [np.concatenate(text) for text in tokens]

    def _windows(self, rows: Sequence[Sequence[int]]) -> tuple[list[Sequence[int]], NDArray[np.int64]]:
        """Rows cut to the model's limit (W), and the row that each window came from (W,)."""
        limit = self._model.config.max_tokens
        windows = [row[start : start + limit] for row in rows for start in range(0, len(row), limit)]
        counts = np.array([-(-len(row) // limit) for row in rows], dtype=np.int64)
        return windows, np.repeat(np.arange(len(rows)), counts)

    def _batches(self, rows: Sequence[Sequence[int]]) -> Iterator[list[int]]:
        """Row numbers, shortest rows first, in groups of at most TOKENS_PER_PASS padded tokens."""
        most = TOKENS_PER_PASS[self.device.type]
        batch: list[int] = []
        for i in sorted(range(len(rows)), key=lambda i: len(rows[i])):
            if batch and (len(batch) + 1) * len(rows[i]) > most:
                yield batch
                batch = []
            batch.append(i)
        if batch:
            yield batch

    @torch.inference_mode()
    def _forward(self, rows: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        token_ids, attention_mask = (torch.from_numpy(a).to(self.device) for a in pad(rows))
        with autocast(self.device, self.dtype):
            vectors: NDArray[np.float32] = self._model.embed(token_ids, attention_mask).cpu().numpy()
        return vectors

    @torch.inference_mode()
    def _forward_tokens(self, rows: Sequence[Sequence[int]]) -> list[NDArray[np.float32]]:
        token_ids, attention_mask = (torch.from_numpy(a).to(self.device) for a in pad(rows))
        with autocast(self.device, self.dtype):
            x = self._model(token_ids, attention_mask)
        vectors = F.normalize(x.float(), dim=-1).cpu().numpy()
        return [vector[: len(row)] for vector, row in zip(vectors, rows, strict=True)]
