"""Intervals that hold what they promise, and a paired test that tells a loss from noise."""

import numpy as np
import pytest
from numpy.typing import NDArray

from training.evaluation.bootstrap import CONFIDENCE, compare, estimate, resampled_means

DRAWS = 300


def successes(rng: np.random.Generator, probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    return (rng.random(len(probabilities)) < probabilities).astype(np.float64)


def test_nine_intervals_in_ten_hold_the_true_mean() -> None:
    rng = np.random.default_rng(1)
    truth = 0.7
    intervals = [estimate(successes(rng, np.full(200, truth)), seed=i) for i in range(DRAWS)]
    covered = np.mean([e.low <= truth <= e.high for e in intervals])
    # Three standard deviations of a share of 300 draws.
    assert covered == pytest.approx(CONFIDENCE, abs=3 * np.sqrt(0.9 * 0.1 / DRAWS))


def test_counts_of_values_are_drawn_as_if_queries_were() -> None:
    rng = np.random.default_rng(5)
    scores = rng.choice([0.0, 0.1, 0.5, 1.0], 60)
    slow = scores[rng.integers(60, size=(2000, 60))].mean(axis=1)
    tenths = np.linspace(0.1, 0.9, 9)
    np.testing.assert_allclose(
        np.quantile(resampled_means(scores, 0), tenths), np.quantile(slow, tenths), atol=0.01
    )


def test_a_resampled_mean_varies_like_the_mean_of_a_new_sample() -> None:
    scores = np.random.default_rng(2).random(500)
    means = resampled_means(scores, 0)
    assert means.mean() == pytest.approx(scores.mean(), abs=1e-3)
    assert means.std() == pytest.approx(scores.std() / np.sqrt(500), rel=0.05)


def test_equal_scores_have_no_width_and_are_not_worse_than_themselves() -> None:
    scores = np.array([1.0, 0.0, 1.0, 1.0])
    assert (constant := estimate(np.ones(50))).low == constant.high == 1.0
    same = compare(scores, scores)
    assert (same.gain.low, same.gain.high, same.loses, same.worse) == (0.0, 0.0, 0.0, False)


@pytest.mark.parametrize(("loss", "refused"), [(0.0, (0.0, 0.1)), (0.1, (0.9, 1.0)), (-0.05, (0.0, 0.01))])
def test_a_model_that_is_worse_is_refused_and_an_equal_one_accepted(
    loss: float, refused: tuple[float, float]
) -> None:
    """320 queries, some easy and some hard; a model answers each with its probability, less the loss."""
    rng = np.random.default_rng(3)
    easy = rng.beta(4, 1, 320)
    verdicts = [
        compare(successes(rng, easy - loss), successes(rng, easy), seed=i).worse for i in range(DRAWS // 2)
    ]
    assert refused[0] <= np.mean(verdicts) <= refused[1]


def test_pairing_sees_a_small_loss_that_single_intervals_hide() -> None:
    rng = np.random.default_rng(4)
    old = successes(rng, np.full(320, 0.7))
    new = old.copy()
    new[np.flatnonzero(old)[:10]] = 0  # the same model, but for ten queries that it lost
    assert estimate(new).high > estimate(old).low
    assert compare(new, old).worse
    assert not compare(old, new).worse


def test_scores_of_other_queries_cannot_be_paired() -> None:
    with pytest.raises(ValueError, match="cannot be paired"):
        compare(np.ones(3), np.ones(4))
