"""Learned vectors: what is written is found again, by the index too."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from encoder.checkpoint import fingerprint, save_model
from encoder.config import EncoderConfig
from encoder.model import Encoder
from encoder.tokenizer import Tokenizer
from index.vectors import LEARNED, MODERN, TRANSLATIONS, Group, load_vectors, unlearned
from training.errors import RunError
from training.learned import VECTORS_FILE, load_learned, save_learned
from training.verse_table import VerseTable

VERSES = np.array([1_001_001, 19_090_012, 43_011_035], dtype=np.int32)
QUERIES = {19_090_012: ("make every day count",)}


@pytest.fixture
def model_dir(tokenizer: Tokenizer, tmp_path: Path) -> Path:
    config = EncoderConfig(
        vocab_size=tokenizer.vocab_size, hidden_size=16, layers=0, heads=2, feed_forward_size=0, dropout=0.0
    )
    save_model(tmp_path / "model", Encoder(config), tokenizer, "card")
    return tmp_path / "model"


def test_a_saved_table_finds_its_verses_again(model_dir: Path) -> None:
    table = VerseTable(3, 16)
    save_learned(model_dir, table.vectors.detach().numpy(), VERSES, QUERIES)
    other = VerseTable(3, 16)
    before = F.normalize(other.vectors.detach().clone(), dim=1)
    load_learned(model_dir, other, np.array([5, 19_090_012, 43_011_035], dtype=np.int32))
    assert torch.allclose(other.vectors[0], before[0])
    assert (F.cosine_similarity(other.vectors[1:], table.vectors[1:]) > 0.999).all()


def test_the_index_encodes_only_what_was_not_learned(model_dir: Path) -> None:
    save_learned(model_dir, VerseTable(3, 16).vectors.detach().numpy(), VERSES, QUERIES)
    learned = load_vectors(model_dir / VECTORS_FILE, fingerprint(model_dir))[LEARNED]
    old = dict.fromkeys([*VERSES.tolist(), 66022021], ("text",))
    asked = {**QUERIES, 43_011_035: ("he cried",)}
    groups = [Group(TRANSLATIONS, 1.0, old), Group(MODERN, 1.0, asked), Group("MINE", 0.1, old)]
    assert {group.name: set(group.texts) for group in unlearned(groups, learned)} == {
        TRANSLATIONS: {66_022_021},
        MODERN: {43_011_035},
        "MINE": set(old),
    }


def test_vectors_of_another_size_are_refused(model_dir: Path) -> None:
    save_learned(model_dir, VerseTable(3, 16).vectors.detach().numpy(), VERSES, QUERIES)
    with pytest.raises(RunError, match="vectors of 16 dimensions, this shape has 32"):
        load_learned(model_dir, VerseTable(3, 32), VERSES)


def test_the_vectors_are_everybodys_to_read(model_dir: Path) -> None:
    save_learned(model_dir, VerseTable(3, 16).vectors.detach().numpy(), VERSES, QUERIES)
    assert (model_dir / VECTORS_FILE).stat().st_mode & 0o777 == 0o644
    assert not list(model_dir.glob("*.writing"))
