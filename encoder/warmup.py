"""Loading a model so that its first real request is as fast as the next, and only if it answers like a model."""

from pathlib import Path

import numpy as np

from encoder.embedder import Embedder
from encoder.errors import ModelDirectoryError
from encoder.settings import Precision

WARM_UP = ["in the beginning"], ["the word " * 40] * 2, [f"number {n} my days" for n in range(8)]
"""One caller, long texts, a batch: every kernel and buffer that real requests use is made before them."""


def load_warm(model_dir: Path, device: str, precision: Precision = "auto") -> Embedder:
    """The model, after it has answered; raises ModelDirectoryError when it cannot, or not with unit vectors."""
    embedder = Embedder.load(model_dir, device=device, precision=precision)
    for texts in WARM_UP:
        if not np.allclose(np.linalg.norm(embedder.embed(texts), axis=1), 1, atol=1e-3):
            raise ModelDirectoryError(f"{model_dir} gives no unit vectors: its weights are damaged.")
    return embedder
