"""The prepared dataset: the same bytes anywhere, nothing cut, nothing leaked, damage refused."""

from pathlib import Path

import numpy as np
import pytest

from encoder.tokenizer import Tokenizer
from index.bible import Bible
from tests.training.conftest import FIRST, translation
from training.dataset import Dataset
from training.errors import DatasetError
from training.prepare import is_held_out, prepare


def test_equal_inputs_are_equal_bytes(bible: Bible, tokenizer: Tokenizer, tmp_path: Path) -> None:
    for name in ("a", "b"):
        prepare(bible, tokenizer, max_tokens=24).save(tmp_path / name)
    for path in sorted((tmp_path / "a").iterdir()):
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


def test_no_token_of_a_long_verse_is_lost(tokenizer: Tokenizer) -> None:
    text = " ".join(FIRST.values())
    long = Bible({"ONE": translation("ONE", {19_090_012: text})})
    dataset = prepare(long, tokenizer, max_tokens=10)
    assert (
        np.concatenate([dataset.text(i) for i in range(len(dataset))]).tolist() == tokenizer.encode([text])[0]
    )


def test_runs_hold_consecutive_verses_and_never_cross_the_split(bible: Bible, tokenizer: Tokenizer) -> None:
    dataset = prepare(bible, tokenizer, max_tokens=60)
    run = tokenizer.encode([f"{FIRST[19_090_011]} {FIRST[19_090_012]}"])[0]
    texts = [dataset.text(i).tolist() for i in range(len(dataset))]
    assert any(text[: len(run)] == run for text in texts)
    assert [is_held_out(int(v)) for v in dataset.verse_ids] == dataset.held_out.tolist()


def test_the_card_counts_what_there_is(bible: Bible, tokenizer: Tokenizer) -> None:
    dataset = prepare(bible, tokenizer, max_tokens=12)
    card = dataset.manifest
    texts = {tuple(dataset.text(i).tolist()) for i in range(len(dataset))}
    assert card["unique_examples"] == len(texts) == len(dataset)
    assert card["of_them_verses"] + card["of_them_runs_of_verses"] == len(texts)
    lengths = [
        len(ids) for t in bible.translations.values() for ids in tokenizer.encode(list(t.verses.values()))
    ]
    assert card["longest_verse"] == max(lengths) > card["longest_example"] == 12
    whole = prepare(bible, tokenizer, max_tokens=max(lengths)).manifest
    assert whole["of_them_verses"] == len(
        {text for t in bible.translations.values() for text in t.verses.values()}
    )


def test_one_verse_in_a_hundred_is_held_out() -> None:
    held_out = sum(is_held_out(verse) for verse in range(1_001_001, 1_051_001))
    assert held_out == pytest.approx(500, abs=80)


@pytest.mark.parametrize("damage", ["flip", "truncate", "remove"])
def test_a_damaged_dataset_is_refused(
    bible: Bible, tokenizer: Tokenizer, tmp_path: Path, damage: str
) -> None:
    prepare(bible, tokenizer, max_tokens=24).save(tmp_path)
    path = tmp_path / "tokens.npy"
    content = bytearray(path.read_bytes())
    match damage:
        case "flip":
            content[-1] ^= 1
            path.write_bytes(content)
        case "truncate":
            path.write_bytes(content[:-7])
        case "remove":
            path.unlink()
    with pytest.raises(DatasetError, match="verse train prepare"):
        Dataset.open(tmp_path)
