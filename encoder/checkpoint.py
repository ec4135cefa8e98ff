"""A model is a directory: config.json, tokenizer.json, model.safetensors, card.md.

Its fingerprint is a hash of the three files that decide its vectors; the card may gain a remark without
making every index stale.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from importlib import resources
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from encoder.config import EncoderConfig
from encoder.errors import ModelDirectoryError
from encoder.model import Encoder
from encoder.tokenizer import Tokenizer

CONFIG, TOKENIZER, WEIGHTS, CARD = "config.json", "tokenizer.json", "model.safetensors", "card.md"


def default_model_dir() -> Path:
    """The model that ships with the package."""
    return Path(str(resources.files("encoder") / "default"))


def fingerprint(model_dir: Path) -> str:
    """16 hex digits over configuration, tokenizer and weights; raises ModelDirectoryError."""
    digest = hashlib.blake2b(digest_size=8)
    for name in (CONFIG, TOKENIZER, WEIGHTS):
        try:
            content = (model_dir / name).read_bytes()
        except OSError as error:
            raise ModelDirectoryError(
                f"{model_dir} is not a model: {name} cannot be read ({error})."
            ) from error
        digest.update(f"{name} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def save_model(model_dir: Path, model: Encoder, tokenizer: Tokenizer, card: str) -> None:
    """Write a model directory whole or not at all; an existing one is replaced."""
    model_dir.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=f".{model_dir.name}.", dir=model_dir.parent))
    try:
        model.config.save(staging / CONFIG)
        tokenizer.save(staging / TOKENIZER)
        save_file(pack(model.state_dict()), staging / WEIGHTS)
        (staging / CARD).write_text(card, encoding="utf-8")
        staging.chmod(0o755)  # a temporary directory is its maker's alone; a worker may be somebody else
        for file in staging.iterdir():
            file.chmod(0o644)
        if model_dir.exists():
            shutil.rmtree(model_dir)
        staging.rename(model_dir)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def load_model(model_dir: Path) -> tuple[Encoder, Tokenizer]:
    """The encoder (float32, in evaluation mode) and its tokenizer; raises ModelDirectoryError."""
    config = EncoderConfig.load(model_dir / CONFIG)
    tokenizer = Tokenizer.load(model_dir / TOKENIZER)
    if tokenizer.vocab_size > config.vocab_size:
        raise ModelDirectoryError(
            f"{model_dir}: the tokenizer has {tokenizer.vocab_size} tokens, the model {config.vocab_size}."
        )
    model = Encoder(config)
    try:
        model.load_state_dict(unpack(load_file(model_dir / WEIGHTS)))
    except Exception as error:  # safetensors and torch raise half a dozen kinds here
        raise ModelDirectoryError(
            f"{model_dir / WEIGHTS} does not hold this model's weights: {error}"
        ) from error
    return model.eval(), tokenizer


def pack(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Matrices as int8 with one float32 scale a row, the rest as it is: a quarter of the size.

    Absmax rounding, w = scale * q with |q| <= 127 (Dettmers et al. 2022, arXiv:2208.07339, section 2).
    """
    packed: dict[str, Tensor] = {}
    for name, tensor in state.items():
        if tensor.dim() != 2:
            packed[name] = tensor.contiguous()
            continue
        scale = tensor.abs().amax(dim=1).clamp_min(torch.finfo(torch.float32).tiny) / 127
        packed[f"{name}.scale"] = scale.float()
        packed[f"{name}.int8"] = (tensor / scale[:, None]).round().to(torch.int8)
    return packed


def unpack(packed: dict[str, Tensor]) -> dict[str, Tensor]:
    """The inverse of `pack`, up to its rounding."""
    state = {name: t for name, t in packed.items() if not name.endswith((".scale", ".int8"))}
    for name in (name.removesuffix(".int8") for name in packed if name.endswith(".int8")):
        state[name] = packed[f"{name}.int8"].float() * packed[f"{name}.scale"][:, None]
    return state
