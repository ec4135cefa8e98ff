from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch

from encoder.checkpoint import load_model
from encoder.embedder import TOKENS_PER_PASS, Embedder
from tests.encoder.tiny import CONFIG, VERSES

MAX_TOKENS = CONFIG["max_tokens"]


def test_vectors_are_of_unit_length(embedder: Embedder) -> None:
    vectors = embedder.embed([*VERSES, "", "🙏"])
    assert vectors.shape == (len(VERSES) + 2, embedder.dim)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_no_texts_no_vectors(embedder: Embedder) -> None:
    assert embedder.embed([]).shape == (0, embedder.dim)
    assert embedder.token_rows([]) == []


def test_padding_changes_nothing(embedder: Embedder) -> None:
    """Each text beside a much longer one, which pads it, and alone, where nothing is padded."""
    together = embedder.embed(VERSES)
    alone = np.concatenate([embedder.embed([text]) for text in VERSES])
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_whatever_stands_on_padding_is_ignored(model_dir: Path) -> None:
    model, tokenizer = load_model(model_dir)
    row = tokenizer.encode(["Jesus wept."])[0]
    mask = torch.zeros(2, MAX_TOKENS, dtype=torch.bool)
    mask[:, : len(row)] = True
    token_ids = torch.randint(3, 100, (2, MAX_TOKENS), generator=torch.Generator().manual_seed(0))
    token_ids[:, : len(row)] = torch.tensor(row)
    assert not torch.equal(token_ids[0], token_ids[1])
    with torch.inference_mode():
        first, second = model.embed(token_ids, mask)
    torch.testing.assert_close(first, second, atol=1e-5, rtol=0)


def test_order_matters_to_a_transformer(embedder: Embedder) -> None:
    """Otherwise the tests above could pass without attention or positions."""
    a, b = embedder.embed(["god created the heaven", "the heaven created god"])
    assert np.abs(a - b).max() > 1e-3  # a hundred times what they tolerate


def test_many_texts_are_those_texts_one_by_one(embedder: Embedder) -> None:
    texts = [f"{VERSES[i % len(VERSES)]} {i}" for i in range(TOKENS_PER_PASS["cpu"] // 2)]
    rows = embedder.tokenize(texts)
    assert sum(map(len, rows)) > 4 * TOKENS_PER_PASS["cpu"]
    alone = np.concatenate([embedder.embed([text]) for text in texts])
    np.testing.assert_allclose(embedder.embed(texts), alone, atol=1e-5)


def test_a_long_text_is_the_mean_of_its_windows_by_length(embedder: Embedder) -> None:
    row = embedder.tokenize([" ".join(VERSES)])[0][: 2 * MAX_TOKENS + 5]
    parts = [row[:MAX_TOKENS], row[MAX_TOKENS : 2 * MAX_TOKENS], row[2 * MAX_TOKENS :]]
    assert [len(part) for part in parts] == [MAX_TOKENS, MAX_TOKENS, 5]
    expected = sum(len(part) * embedder.embed_rows([part])[0] for part in parts)
    expected = expected / np.linalg.norm(expected)
    short = embedder.tokenize(["Jesus wept."])[0]
    vectors = embedder.embed_rows([short, row, short])
    np.testing.assert_allclose(vectors[1], expected, atol=1e-5)
    np.testing.assert_allclose(vectors[0], vectors[2], atol=1e-6)


def test_token_vectors_pool_to_the_text(model_dir: Path, embedder: Embedder) -> None:
    rows = embedder.tokenize([*VERSES, " ".join(VERSES)])
    tokens = embedder.token_rows(rows)
    assert [len(text) for text in tokens] == [len(row) for row in rows]
    model, _ = load_model(model_dir)
    for row, text in zip(rows[:-1], tokens, strict=False):
        np.testing.assert_allclose(np.linalg.norm(text, axis=1), 1, atol=1e-5)
        with torch.inference_mode():
            slow = model(torch.tensor([row]), torch.ones(1, len(row), dtype=torch.bool))[0].numpy()
        np.testing.assert_allclose(text, slow / np.linalg.norm(slow, axis=1, keepdims=True), atol=1e-5)
    np.testing.assert_allclose(
        tokens[-1][:MAX_TOKENS], embedder.token_rows([rows[-1][:MAX_TOKENS]])[0], atol=1e-5
    )


def test_threads_may_share_it(embedder: Embedder) -> None:
    expected = embedder.embed(VERSES)
    with ThreadPoolExecutor(4) as threads:
        for vectors in threads.map(lambda _: embedder.embed(VERSES), range(20)):
            np.testing.assert_allclose(vectors, expected, atol=1e-6)


def test_the_kinds_are_read_alike(embedder: Embedder) -> None:
    np.testing.assert_array_equal(embedder.embed(VERSES, "query"), embedder.embed(VERSES, "document"))


def test_bfloat16_hardly_turns_the_vectors(model_dir: Path, embedder: Embedder) -> None:
    """On every CPU, also where it is emulated and `auto` would not choose it."""
    fast = Embedder.load(model_dir, device="cpu", precision="bfloat16")
    assert fast.dtype is torch.bfloat16
    vectors = fast.embed(VERSES)
    assert vectors.dtype == np.float32
    assert (vectors * embedder.embed(VERSES)).sum(axis=1).min() > 0.999
    assert np.abs(vectors - embedder.embed(VERSES)).max() > 1e-6  # it is at work
    rows = embedder.tokenize(VERSES)
    for ours, exact in zip(fast.token_rows(rows), embedder.token_rows(rows), strict=True):
        assert (ours * exact).sum(axis=1).min() > 0.99


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
def test_the_gpu_agrees_with_the_cpu(model_dir: Path, embedder: Embedder) -> None:
    on_gpu = Embedder.load(model_dir, device="cuda", precision="float32").embed(VERSES)
    np.testing.assert_allclose(on_gpu, embedder.embed(VERSES), atol=1e-4)
