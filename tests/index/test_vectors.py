from pathlib import Path

import numpy as np
import pytest

from index.bible import Bible, Translation
from index.build import Sources, build_index
from index.encode_cache import EncodeCache
from index.errors import CorpusError
from index.vectors import (
    Group,
    GroupVectors,
    compose,
    corpus_groups,
    encode_group,
    load_vectors,
    save_vectors,
    texts_key,
)
from tests.index.small import BagOfWords, small_bible

_TEXTS = {1001001: ("In the beginning", "At first"), 1001002: ("darkness was upon the deep",)}
_GROUP = Group("translations", 1.0, _TEXTS)


def test_a_group_is_the_mean_of_the_unit_vectors_of_its_texts() -> None:
    embedder = BagOfWords()
    group = encode_group(_GROUP, embedder)
    for row, texts in enumerate(_TEXTS.values()):
        mean = embedder.embed(texts).mean(axis=0)
        stored = group.vectors[row] * group.scales[row]
        np.testing.assert_allclose(stored, mean, atol=np.abs(mean).max() / 127)


def test_a_verse_is_the_normalised_weighted_sum_of_its_groups() -> None:
    embedder = BagOfWords()
    modern = encode_group(Group("modern", 1.0, {1001002: ("it was pitch dark",)}), embedder)
    vectors = compose(
        np.array([1001001, 1001002, 1001003], np.int32),
        [(1.0, encode_group(_GROUP, embedder)), (0.5, modern)],
        embedder.dim,
    )
    deep, dark = embedder.embed(["darkness was upon the deep", "it was pitch dark"])
    expected = deep + 0.5 * dark
    assert vectors[1] @ (expected / np.linalg.norm(expected)) == pytest.approx(1, abs=1e-3)
    np.testing.assert_allclose(np.linalg.norm(vectors[:2], axis=1), 1, rtol=1e-5)
    assert not vectors[2].any()


def test_the_key_depends_on_the_texts_and_not_on_their_order() -> None:
    assert texts_key(["a", "b"]) == texts_key(["b", "a"])
    assert len({texts_key(t) for t in (["a", "b"], ["ab"], ["a"], ["a", "b", "c"], [])}) == 5


def test_what_ships_is_read_back_as_it_was(tmp_path: Path) -> None:
    embedder = BagOfWords()
    group = encode_group(_GROUP, embedder)
    save_vectors(tmp_path / "v.safetensors", {"translations": group}, embedder.fingerprint)
    found = load_vectors(tmp_path / "v.safetensors", embedder.fingerprint)["translations"]
    for part in ("verse_ids", "vectors", "scales", "keys"):
        np.testing.assert_array_equal(getattr(found, part), getattr(group, part))
        assert getattr(found, part).dtype == getattr(group, part).dtype


def test_another_models_vectors_are_not_used(tmp_path: Path) -> None:
    embedder = BagOfWords()
    save_vectors(tmp_path / "v", {"translations": encode_group(_GROUP, embedder)}, "another")
    assert load_vectors(tmp_path / "v", embedder.fingerprint) == {}


def test_a_file_that_holds_no_vectors_is_refused(tmp_path: Path) -> None:
    (tmp_path / "v").write_bytes(b"no tensors")
    with pytest.raises(CorpusError, match="does not hold verse vectors"):
        load_vectors(tmp_path / "v", "x")


def test_only_verses_whose_texts_changed_are_encoded_again() -> None:
    known = encode_group(_GROUP, BagOfWords())
    embedder = BagOfWords()
    changed = Group("translations", 1.0, {**_TEXTS, 1001002: ("darkness was on the deep",)})
    group = encode_group(changed, embedder, known=known)
    assert embedder.encoded == ["darkness was on the deep"]
    np.testing.assert_array_equal(group.vectors[0], known.vectors[0])


def test_the_cache_gives_back_every_vector_and_only_of_its_model(tmp_path: Path) -> None:
    embedder = BagOfWords()
    texts = [f"text {i}" for i in range(1200)]
    with EncodeCache(tmp_path, "one", embedder.dim) as cache:
        assert cache.get(texts) == {}
        cache.put(texts, embedder.embed(texts))
    with EncodeCache(tmp_path, "one", embedder.dim) as cache:
        found = cache.get([*texts, "new"])
        np.testing.assert_allclose(np.stack([found[t] for t in texts]), embedder.embed(texts), atol=1e-3)
        assert "new" not in found
    with EncodeCache(tmp_path, "two", embedder.dim) as cache:
        assert cache.get(texts) == {}
    with EncodeCache(tmp_path, "one", embedder.dim * 2) as cache:
        assert cache.get(texts) == {}


def test_a_second_build_encodes_nothing(tmp_path: Path) -> None:
    first, second = BagOfWords(), BagOfWords()
    build_index(tmp_path, Sources(small_bible(), {}, first))
    build_index(tmp_path, Sources(small_bible(), {}, second))
    assert first.encoded
    assert second.encoded == []


def test_shipped_vectors_are_taken_instead_of_encoding(tmp_path: Path) -> None:
    embedder = BagOfWords()
    bible = small_bible()
    groups = {g.name: encode_group(g, embedder) for g in corpus_groups(bible, {})}
    save_vectors(tmp_path / "v", groups, embedder.fingerprint)
    building = BagOfWords()
    build_index(tmp_path / "index", Sources(bible, {}, building, tmp_path / "v"))
    assert building.encoded == []


def test_a_users_translation_is_a_group_of_its_own_and_shifts_no_key() -> None:
    bible = small_bible()
    kjv = bible.translations["KJV"]
    own = Translation(
        "MINE", "My own", 2026, "mine", "", {verse: "new " + t for verse, t in kjv.verses.items()}
    )
    both = Bible({"KJV": kjv, "MINE": own})
    before, after = corpus_groups(bible, {}), corpus_groups(both, {})
    assert [g.name for g in after] == ["translations", "MINE"]
    assert dict(before[0].texts) == dict(after[0].texts)
    assert after[1].weight < after[0].weight


def test_dimensions_that_do_not_fit_are_encoded_anew() -> None:
    known: GroupVectors = encode_group(_GROUP, BagOfWords(dim=8))
    assert encode_group(_GROUP, BagOfWords(dim=16), known=known).vectors.shape == (2, 16)
