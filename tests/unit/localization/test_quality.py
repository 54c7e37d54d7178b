"""Estimated quality: shrunk where little is known, true where much is."""

from __future__ import annotations

import numpy as np
import pytest

from engine.domain.errors import InputError
from engine.domain.geometry import Box
from engine.domain.settings import BoxSettings, Normalisation
from engine.localization.quality import cross_fitted, fit_quality, reliability
from engine.localization.quality_features import NAMES, describe


def _world(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    features = draw.normal(size=(count, 4))
    probability = 1 / (1 + np.exp(-(0.5 + 2 * features[:, 0] - features[:, 1])))
    return features, draw.random(count) < probability


def test_it_finds_what_tells_right_from_wrong() -> None:
    features, right = _world(2000)
    model = fit_quality(features, right.tolist())
    assert model.weights[0] == pytest.approx(2, abs=0.35)
    assert model.weights[1] == pytest.approx(-1, abs=0.25)
    assert abs(model.weights[2]) < 0.2
    others, truth = _world(2000, seed=1)
    found = reliability(model.probabilities(others).tolist(), truth.tolist())
    assert found.expected_error < 0.04
    assert sum(b.count for b in found.bins) == found.boxes == 2000


def test_few_boxes_give_the_share_of_right_ones_and_no_more() -> None:
    model = fit_quality(np.arange(6.0)[:, None], [False, False, True, True, True, True])
    assert model.probabilities(np.array([[0.0], [5.0]])) == pytest.approx([5 / 8, 5 / 8])


def test_all_right_is_no_certainty() -> None:
    features, _ = _world(30)
    estimates = fit_quality(features, [True] * 30).probabilities(features)
    assert estimates == pytest.approx(31 / 32)


def test_estimates_of_reviewed_boxes_come_from_the_others() -> None:
    features = np.zeros((20, 1))
    right = [True] * 10 + [False] * 10
    folds = [0] * 10 + [1] * 10
    estimates = cross_fitted(features, right, folds)
    assert (estimates[:10] < 0.2).all()  # the others were all wrong
    assert (estimates[10:] > 0.8).all()


def test_reliability_is_the_gap_in_each_bin() -> None:
    found = reliability([0.1, 0.1, 0.9, 0.9], [False, False, True, False])
    assert found.expected_error == pytest.approx((2 * 0.1 + 2 * 0.4) / 4)


def test_nonsense_is_refused() -> None:
    with pytest.raises(InputError):
        fit_quality(np.empty((0, 3)), [])
    with pytest.raises(InputError):
        fit_quality(np.array([[np.nan]]), [True])


def test_a_sharp_blob_is_surer_than_a_slope() -> None:
    settings = BoxSettings(Normalisation.MAX, 40, 0.5)
    sharp = np.zeros((20, 20))
    sharp[5:15, 5:15] = 1
    slope = np.linspace(0, 1, 20)[None].repeat(20, 0)
    box = Box(0.25, 0.25, 0.75, 0.75)
    one = dict(zip(NAMES, describe(sharp, settings, box), strict=True))
    other = dict(zip(NAMES, describe(slope, settings, Box(0.5, 0, 1, 1)), strict=True))
    assert one["lower_threshold"] > 0.9 > other["lower_threshold"]
    assert one["edges"] == 0
    assert other["edges"] == 3
    assert one["size"] == pytest.approx(0.5)
