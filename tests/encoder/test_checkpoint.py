import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from encoder.checkpoint import fingerprint, load_model, pack, save_model, unpack
from encoder.embedder import Embedder
from encoder.errors import ModelDirectoryError
from encoder.tokenizer import pad
from tests.encoder.tiny import VERSES

FILES = ("config.json", "tokenizer.json", "model.safetensors")


@pytest.fixture
def copy(model_dir: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(model_dir, tmp_path / "copy"))


def test_packing_is_off_by_half_a_step_at_most() -> None:
    weight = torch.randn(50, 40, generator=torch.Generator().manual_seed(0))
    weight[0] = 0  # a row of nothing must not become nan
    weight[1] *= 1e-6  # nor a row of small numbers vanish beside large ones
    restored = unpack(pack({"w": weight}))["w"]
    step = weight.abs().amax(dim=1, keepdim=True) / 127
    assert ((restored - weight).abs() <= step / 2 + 1e-12).all()


def test_packing_keeps_everything_but_matrices_exactly() -> None:
    state = {"gain": torch.tensor(0.3), "bias": torch.randn(7), "w": torch.randn(3, 4)}
    restored = unpack(pack(state))
    assert restored.keys() == state.keys()
    assert torch.equal(restored["gain"], state["gain"])
    assert torch.equal(restored["bias"], state["bias"])


def test_packed_twice_is_packed_once(model_dir: Path, tmp_path: Path) -> None:
    """A model that is loaded and saved again, as training does, must not drift."""
    model, tokenizer = load_model(model_dir)
    save_model(tmp_path / "again", model, tokenizer, "")
    token_ids, mask = map(torch.from_numpy, pad(tokenizer.encode(VERSES)))
    again, _ = load_model(tmp_path / "again")
    with torch.inference_mode():
        torch.testing.assert_close(again.embed(token_ids, mask), model.embed(token_ids, mask))


def test_packing_hardly_turns_the_vectors(model_dir: Path, tmp_path: Path) -> None:
    model, tokenizer = load_model(model_dir)
    torch.manual_seed(3)
    for parameter in model.parameters():
        parameter.data += 0.01 * torch.randn_like(parameter)  # no longer on int8's grid
    token_ids, mask = map(torch.from_numpy, pad(tokenizer.encode(VERSES)))
    save_model(tmp_path / "packed", model, tokenizer, "")
    packed = Embedder.load(tmp_path / "packed", device="cpu", precision="float32").embed(VERSES)
    with torch.inference_mode():
        cosine = (model.embed(token_ids, mask).numpy() * packed).sum(axis=1)
    assert cosine.min() > 0.999


def test_saving_replaces_whole_and_leaves_nothing_beside(model_dir: Path, copy: Path) -> None:
    (copy / "leftover").write_text("of an older model")
    model, tokenizer = load_model(model_dir)
    save_model(copy, model, tokenizer, "card")
    assert sorted(path.name for path in copy.iterdir()) == sorted([*FILES, "card.md"])
    assert [path.name for path in copy.parent.iterdir()] == ["copy"]


@pytest.mark.parametrize("name", FILES)
def test_each_file_that_decides_the_vectors_decides_the_fingerprint(copy: Path, name: str) -> None:
    before = fingerprint(copy)
    content = bytearray((copy / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / name).write_bytes(content)
    assert fingerprint(copy) != before


def test_the_card_does_not(copy: Path) -> None:
    before = fingerprint(copy)
    (copy / "card.md").write_text("measured again")
    assert fingerprint(copy) == before
    assert len(before) == 16
    int(before, 16)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(ModelDirectoryError, match=name):
        Embedder.load(copy, device="cpu", precision="float32")
    with pytest.raises(ModelDirectoryError, match=name):
        fingerprint(copy)


@pytest.mark.parametrize("name", FILES)
def test_half_a_file_is_named(copy: Path, name: str) -> None:
    content = (copy / name).read_bytes()
    (copy / name).write_bytes(content[: len(content) // 2])
    with pytest.raises(ModelDirectoryError, match=name):
        Embedder.load(copy, device="cpu", precision="float32")


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('"hidden_size": 32', '"hidden_size": 64', "does not hold this model's weights"),
        ('"hidden_size": 32', '"hidden_size": 33', "not a multiple"),
        ('"layers": 1', '"layers": 2', "does not hold this model's weights"),
        ('"vocab_size": ', '"vocab_size": 1 , "unknown": ', "not an encoder configuration"),
    ],
)
def test_a_configuration_of_another_model_is_refused(copy: Path, old: str, new: str, complaint: str) -> None:
    text = (copy / "config.json").read_text()
    assert old in text
    (copy / "config.json").write_text(text.replace(old, new))
    with pytest.raises(ModelDirectoryError, match=complaint):
        Embedder.load(copy, device="cpu", precision="float32")


def test_a_directory_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelDirectoryError, match="nowhere"):
        Embedder.load(tmp_path / "nowhere")


def test_vectors_are_the_same_after_copying(copy: Path, embedder: Embedder) -> None:
    loaded = Embedder.load(copy, device="cpu", precision="float32")
    assert loaded.fingerprint == embedder.fingerprint
    np.testing.assert_array_equal(loaded.embed(VERSES), embedder.embed(VERSES))
