from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from encoder.errors import ModelDirectoryError
from encoder.tokenizer import PAD_ID, UNKNOWN_ID, Tokenizer, pad
from tests.encoder.tiny import VERSES


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.train(VERSES, vocab_size=200, min_frequency=1)


@pytest.mark.parametrize(
    "text",
    [
        "The Lord is my shepherd",
        "the LORD is my shepherd!",
        "  the lórd — is my shepherd.",
        "the lord’s is my shepherd",
    ],
)
def test_case_accents_and_punctuation_do_not_matter(tokenizer: Tokenizer, text: str) -> None:
    plain = text.replace("’s", "s")
    assert tokenizer.encode([text]) == tokenizer.encode([plain])
    if "’" not in text:
        assert tokenizer.encode([text]) == tokenizer.encode(["the lord is my shepherd"])


@pytest.mark.parametrize("text", ["", " ", "?!", "🙏🙏", "—", "我"])
def test_a_text_without_words_is_unknown_and_never_empty(tokenizer: Tokenizer, text: str) -> None:
    assert tokenizer.encode([text]) == [[UNKNOWN_ID]]


def test_known_words_come_back(tokenizer: Tokenizer) -> None:
    text = "so teach us to number our days"
    assert tokenizer.decode(tokenizer.encode([text])[0]) == text


@given(st.lists(st.text(max_size=80), min_size=1, max_size=5))
def test_a_text_is_read_alike_alone_and_in_company(tokenizer: Tokenizer, texts: list[str]) -> None:
    together = tokenizer.encode(texts)
    assert together == [tokenizer.encode([text])[0] for text in texts]
    assert all(0 < id_ < tokenizer.vocab_size for row in together for id_ in row)


def test_saved_and_loaded_reads_alike(tokenizer: Tokenizer, tmp_path: Path) -> None:
    tokenizer.save(tmp_path / "tokenizer.json")
    assert Tokenizer.load(tmp_path / "tokenizer.json").encode(VERSES) == tokenizer.encode(VERSES)


@pytest.mark.parametrize("content", [None, "", "{}", "not json"])
def test_a_damaged_file_is_named(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "tokenizer.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ModelDirectoryError, match=r"tokenizer\.json is not a tokenizer"):
        Tokenizer.load(path)


def test_padding_marks_what_is_real() -> None:
    token_ids, mask = pad([[5, 6, 7], [8]])
    np.testing.assert_array_equal(token_ids, [[5, 6, 7], [8, PAD_ID, PAD_ID]])
    np.testing.assert_array_equal(mask, [[True, True, True], [True, False, False]])
