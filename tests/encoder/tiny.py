"""A real model, small enough to make in a test: 1 layer of 32, a tokenizer that has read a few verses."""

from pathlib import Path

import torch

from encoder.checkpoint import save_model
from encoder.config import EncoderConfig
from encoder.model import Encoder
from encoder.tokenizer import Tokenizer

VERSES = [
    "So teach us to number our days, that we may apply our hearts unto wisdom.",
    "The LORD is my shepherd; I shall not want.",
    "For God so loved the world, that he gave his only begotten Son.",
    "In the beginning God created the heaven and the earth.",
    "Jesus wept.",
    "Thy word is a lamp unto my feet, and a light unto my path.",
    "And we know that all things work together for good to them that love God.",
    "I can do all things through Christ which strengtheneth me.",
    "Be still, and know that I am God: I will be exalted among the heathen.",
    "To every thing there is a season, and a time to every purpose under the heaven.",
]
CONFIG = {"hidden_size": 32, "layers": 1, "heads": 2, "feed_forward_size": 64, "max_tokens": 24}


def make_model(model_dir: Path, seed: int = 0) -> Path:
    """A model directory; another seed gives other vectors from the same texts."""
    torch.manual_seed(seed)
    tokenizer = Tokenizer.train(VERSES, vocab_size=200, min_frequency=1)
    model = Encoder(EncoderConfig(vocab_size=tokenizer.vocab_size, **CONFIG))  # type: ignore[arg-type]
    for parameter in model.parameters():
        # A fresh model is a bag of embeddings; only one with weights everywhere can show a fault in attention.
        torch.nn.init.normal_(parameter, std=0.5)
    model.position_gain.data.fill_(25.0)  # the sinusoids at the scale of these embeddings
    save_model(model_dir, model, tokenizer, "A model for tests.\n")
    return model_dir
