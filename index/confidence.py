"""How likely the first hit is the verse that was meant: a logistic model over raw features.

Min-max scores always reach 1, so they say nothing here; what counts is how much of the query the
verse holds (BM25 against the most a verse could get), how near its vector is, how far the next
verse is behind, and how well the word order fits. Fitted on the dev set and on sayings that are not
in the Bible (fit.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FEATURES = ("words", "words_lead", "order", "cosine", "cosine_lead", "lead", "unknown", "length")
"""Names of the features, in order; F of them."""

BAR = 0.5
"""From this probability on an answer is given as an answer: more often right than wrong."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """(F,) weights and an offset; features are used as they are (all are about 0..1)."""

    weights: tuple[float, ...]
    offset: float

    def probability(self, features: Sequence[float]) -> float:
        """Estimated probability in 0..1."""
        logit = self.offset + float(np.dot(self.weights, features))
        return float(1 / (1 + np.exp(-np.clip(logit, -30, 30))))


def fit_calibration(
    features: npt.NDArray[np.float64], right: npt.NDArray[np.bool_], ridge: float = 1.0
) -> Calibration:
    """Logistic regression by Newton's method.

    Args:
        features: (Q, F) of Q queries.
        right: (Q,) whether the first hit was right.
        ridge: L2 penalty on the weights, so that a separable sample gives finite ones.

    """
    x = np.column_stack((features, np.ones(len(features))))  # (Q, F + 1)
    penalty = np.diag([ridge] * features.shape[1] + [1e-6])
    theta = np.zeros(x.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(x @ theta, -30, 30)))
        gradient = x.T @ (p - right) + penalty @ theta
        hessian = (x * (p * (1 - p))[:, None]).T @ x + penalty
        step = np.linalg.solve(hessian, gradient)
        theta -= step
        if np.abs(step).max() < 1e-8:
            break
    return Calibration(tuple(theta[:-1].tolist()), float(theta[-1]))
