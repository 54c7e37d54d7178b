"""How likely a proposal is right: logistic regression on what is known of it, and how true that is.

Plain numpy: ten features and some hundred boxes need no library, and the window may use it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.domain.errors import InputError

Floats = NDArray[np.float64]

#: Penalty on the weights of standardised features, as that many boxes' worth of doubt.
SHRINKAGE = 4.0
#: Reviewed boxes below which the features are not looked at, only the share of right ones.
FEWEST = 12
BINS = 10


@dataclass(frozen=True, slots=True)
class QualityModel:
    """``weights`` (d,) of standardised features, ``mean`` and ``spread`` (d,) and ``bias``."""

    bias: float
    weights: tuple[float, ...]
    mean: tuple[float, ...]
    spread: tuple[float, ...]

    def probabilities(self, features: NDArray[np.floating]) -> Floats:
        """P(right) of boxes with ``features`` (n, d); (n,)."""
        standard = (np.asarray(features, float) - self.mean) / self.spread
        return _sigmoid(self.bias + standard.clip(-4, 4) @ np.asarray(self.weights))


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Boxes estimated in [low, high): their mean estimate, and the share that was right."""

    low: float
    high: float
    count: int
    estimated: float
    observed: float


@dataclass(frozen=True, slots=True)
class Reliability:
    """``expected_error``: the mean over boxes of |estimated - observed| of their bin (ECE)."""

    bins: tuple[ReliabilityBin, ...]
    expected_error: float
    boxes: int


def fit_quality(features: NDArray[np.floating], right: Sequence[bool]) -> QualityModel:
    """The model of boxes with ``features`` (n, d) of which each was ``right`` or not.

    The bias is free, the weights are shrunk towards 0 (ridge): with few boxes every estimate is
    close to the share of right ones, itself drawn towards one half by one right and one wrong box
    (Laplace). Raises InputError if there is no box.
    """
    x, y = np.asarray(features, float), np.asarray(right, float)
    if len(x) == 0 or len(x) != len(y) or not np.isfinite(x).all():
        raise InputError("Quality is learned from one row of finite numbers for each reviewed box.")
    mean, spread = x.mean(0), x.std(0)
    spread = np.where(spread > 1e-9, spread, 1.0)
    rate = (y.sum() + 1) / (len(y) + 2)
    bias, weights = float(np.log(rate / (1 - rate))), np.zeros(x.shape[1])
    if len(y) >= FEWEST and 0 < y.sum() < len(y):
        bias, weights = _newton(((x - mean) / spread).clip(-4, 4), y, bias)
    return QualityModel(bias, tuple(weights.tolist()), tuple(mean.tolist()), tuple(spread.tolist()))


def reliability(estimates: Sequence[float], right: Sequence[bool], bins: int = BINS) -> Reliability:
    """How often boxes were right among those that were estimated alike, in equal ``bins``."""
    p, y = np.asarray(estimates, float), np.asarray(right, float)
    place = np.minimum((p * bins).astype(int), bins - 1)
    found = []
    for index in range(bins):
        own = place == index
        if own.any():
            row = (int(own.sum()), float(p[own].mean()), float(y[own].mean()))
            found.append(ReliabilityBin(index / bins, (index + 1) / bins, *row))
    error = sum(b.count * abs(b.estimated - b.observed) for b in found) / max(len(p), 1)
    return Reliability(tuple(found), float(error), len(p))


def cross_fitted(
    features: NDArray[np.floating], right: Sequence[bool], folds: Sequence[int]
) -> Floats:
    """Each box's estimate by a model that was fitted without the boxes of its fold; (n,)."""
    x, y, fold = np.asarray(features, float), np.asarray(right, bool), np.asarray(folds)
    estimates = np.full(len(y), 0.5)
    for index in np.unique(fold):
        rest = fold != index
        if rest.any():
            estimates[~rest] = fit_quality(x[rest], y[rest].tolist()).probabilities(x[~rest])
    return estimates


def _newton(x: Floats, y: Floats, bias: float) -> tuple[float, Floats]:
    """Iteratively reweighted least squares with a ridge; two pseudo-boxes keep the bias finite."""
    design = np.hstack([np.ones((len(x), 1)), x])
    ridge = np.diag([0.1, *np.full(x.shape[1], SHRINKAGE)])
    theta = np.array([bias, *np.zeros(x.shape[1])])
    for _ in range(50):
        p = _sigmoid(design @ theta)
        gradient = design.T @ (y - p) - ridge @ theta
        curvature = (design * (p * (1 - p))[:, None]).T @ design + ridge
        step = np.linalg.solve(curvature, gradient)
        length = float(np.abs(step).max())
        theta = theta + step / max(1.0, length)
        if length < 1e-8:
            break
    return float(theta[0]), theta[1:]


def _sigmoid(x: Floats) -> Floats:
    found: Floats = 0.5 * (1 + np.tanh(0.5 * x))
    return found
