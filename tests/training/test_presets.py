"""What the presets promise: the article's shape in full, and the same work for the same name."""

import dataclasses

import numpy as np
import pytest

from encoder.tokenizer import Tokenizer
from index.bible import Bible
from tests.training.conftest import FIRST, SECOND, translation
from training.article_split import glue, prepare_article
from training.errors import RunError
from training.presets import ARTICLE, BASE, preset_named
from training.pretrain_run import Changes, Length
from training.schedule import Budget


def test_the_article_is_reproduced_in_full() -> None:
    shape, lessons = ARTICLE.encoder, ARTICLE.pretrain
    assert (shape.layers, shape.heads, shape.hidden_size, shape.feed_forward_size) == (11, 12, 768, 3072)
    assert (shape.max_tokens, shape.vocab_size, shape.positions) == (104, 30_522, "sinusoidal")
    assert (shape.gated, shape.dropout) == (False, 0.143)
    assert (lessons.learning_rate, lessons.mask_rate, lessons.texts_per_batch) == (1.7e-4, 0.22, 64)
    assert (lessons.weight_decay, ARTICLE.betas, ARTICLE.epochs) == (0.0, (0.9, 0.999), 280)
    loop = ARTICLE.loop(Budget(steps=1), seed=0)
    assert (loop.warmup_steps, loop.clip_norm, loop.decay_share) == (12_420, 1.0, 1.0)


def test_base_has_the_articles_size() -> None:
    def weights_of_a_block(shape: object) -> int:
        fields = dataclasses.asdict(shape)  # type: ignore[call-overload]
        matrices = 3 if fields["gated"] else 2
        return int(
            4 * fields["hidden_size"] ** 2 + matrices * fields["hidden_size"] * fields["feed_forward_size"]
        )

    assert BASE.encoder.layers == ARTICLE.encoder.layers
    assert weights_of_a_block(BASE.encoder) == weights_of_a_block(ARTICLE.encoder)


def test_an_unknown_preset_is_answered_with_the_known_ones() -> None:
    with pytest.raises(RunError, match="no preset huge; there are bag, tiny, small, base, article"):
        preset_named("huge")


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (Length(minutes=2), Budget(minutes=2)),
        (Length(steps=7), Budget(steps=7)),
        (Length(epochs=1.5), Budget(steps=15)),
        (Length(), Budget(steps=2800)),
    ],
)
def test_a_length_is_minutes_steps_or_epochs(length: Length, expected: Budget) -> None:
    assert length.budget(280, steps_per_epoch=10) == expected


def test_two_lengths_or_none_are_refused() -> None:
    for length in (Length(steps=1, minutes=1), Length()):
        with pytest.raises(RunError, match="--minutes, --steps or --epochs"):
            length.budget(None, steps_per_epoch=10)


def test_changes_reach_the_part_that_they_are_about() -> None:
    changes = Changes(learning_rate=0.5, layers=2)
    assert changes.of(ARTICLE.encoder) == {"layers": 2}
    assert changes.of(ARTICLE.pretrain) == {"learning_rate": 0.5}


def test_verses_are_glued_to_windows_and_none_is_lost() -> None:
    rng = np.random.default_rng(1)
    verses = [[f"w{i}-{j}" for j in range(n)] for i, n in enumerate(rng.integers(5, 60, 300))]
    texts = list(glue(verses))
    assert [word for text in texts for word in text] == [word for verse in verses for word in verse]
    lengths = np.array([len(text) for text in texts[:-1]])
    assert lengths.min() >= 72
    assert lengths.max() <= 126


def test_the_articles_windows_overlap_across_the_split(tokenizer: Tokenizer) -> None:
    words = list(dict.fromkeys(" ".join([*FIRST.values(), *SECOND.values()]).split()))
    rng = np.random.default_rng(0)
    verses = {1_001_000 + i: " ".join(rng.choice(words, 25)) for i in range(60)}
    bible = Bible({"ONE": translation("ONE", verses)})
    dataset = prepare_article(bible, tokenizer, max_tokens=104)
    assert set(dataset.lengths.tolist()) <= set(range(80, 105))
    assert 0.02 < dataset.held_out.mean() < 0.25
    training = {tuple(dataset.text(int(i))[5:40]) for i in np.flatnonzero(~dataset.held_out)}
    shifted = {tuple(dataset.text(int(i))[4:39]) for i in np.flatnonzero(dataset.held_out)}
    assert training & shifted, "a held-out window is a training window, one word on"
    again = prepare_article(bible, tokenizer, max_tokens=104)
    assert np.array_equal(dataset.tokens, again.tokens)
    assert np.array_equal(dataset.held_out, again.held_out)
