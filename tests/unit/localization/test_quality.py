"""Estimated quality: shrunk where little is known, true where much is."""

from __future__ import annotations

import numpy as np
import pytest

from engine.domain.errors import InputError
from engine.domain.settings import BoxSettings, Normalisation
from engine.localization.matched import overlaps_once
from engine.localization.quality import cross_fitted, fit_quality, reliability
from engine.localization.quality_features import NAMES, cut_and_describe


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
    one, other = (_described(values, settings)[0] for values in (sharp, slope))
    assert one["lower_threshold"] > 0.9 > other["lower_threshold"]
    assert one["edges"] == 0
    assert other["edges"] == 3
    assert one["size"] == pytest.approx(0.5)


def _described(values: np.ndarray, settings: BoxSettings) -> list[dict[str, float]]:
    _, rows = cut_and_describe(values, 200, 100, settings)
    return [dict(zip(NAMES, row, strict=True)) for row in rows.tolist()]


def test_each_box_of_an_image_is_described_by_itself() -> None:
    """One box that other maps and the mirror image agree on, one that they do not."""
    values = np.zeros((20, 20))
    values[2:8, 2:8] = 1
    values[12:18, 10:19] = 0.8
    settings = BoxSettings(Normalisation.MAX, 40, 0.5, multiple=True)
    first = np.array([[0.1, 0.1, 0.4, 0.4]])
    boxes, rows = cut_and_describe(values, 200, 100, settings, first, first, first)
    agreed, alone = (dict(zip(NAMES, row, strict=True)) for row in rows.tolist())
    assert [item.box.xmin for item in boxes] == pytest.approx([20, 100], abs=2)
    assert agreed["other_box"] > 0.9 > 0.1 > alone["other_box"]
    assert agreed["other_layer"] > 0.9 > 0.1 > alone["other_layer"]
    assert agreed["mirrored"] > 0.9 > 0.1 > alone["mirrored"]
    (unknown, _) = cut_and_describe(values, 200, 100, settings)[1]
    assert dict(zip(NAMES, unknown, strict=True))["other_layer"] == 0.5
    assert (agreed["peak"], alone["peak"]) == pytest.approx((1, 0.8))
    assert alone["higher_threshold"] > 0.8
    assert agreed["beside"] == alone["beside"] == pytest.approx(np.log(2))


def test_of_two_boxes_on_one_object_the_worse_is_wrong() -> None:
    truth = np.array([[0, 0, 10, 10], [20, 20, 30, 30]], float)
    boxes = np.array([[0, 0, 10, 9], [0, 0, 10, 10], [50, 50, 60, 60]], float)
    assert overlaps_once(boxes, truth).tolist() == pytest.approx([0, 1, 0])
    assert overlaps_once(boxes[:0], truth).shape == (0,)
    assert overlaps_once(boxes, truth[:0]).tolist() == [0, 0, 0]
