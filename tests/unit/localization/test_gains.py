"""A choice is left only for a gain beyond chance."""

from __future__ import annotations

import numpy as np
import pytest

from engine.localization.gains import Prior, sure_gain, sure_gain_of


def test_no_box_and_a_single_box_prove_nothing() -> None:
    assert sure_gain_of(np.zeros(0)) < 0
    assert sure_gain_of(np.array([0.9])) < 0


def test_a_gain_that_holds_is_seen_with_more_boxes() -> None:
    draw = np.random.default_rng(0)
    gains = draw.normal(0.1, 0.28, 400)
    bounds = [sure_gain_of(gains[:count]) for count in (5, 50, 400)]
    assert bounds[0] < 0 < bounds[1] < bounds[2] < 0.15


def test_boxes_that_agree_by_chance_are_not_sure() -> None:
    assert sure_gain_of(np.full(3, 0.1)) < 0
    assert sure_gain_of(np.full(60, 0.1)) > 0


def test_the_best_of_many_equal_ones_rarely_seems_better() -> None:
    """Ten boxes, twenty alternatives that are no better: chance makes the best look good."""
    draw = np.random.default_rng(1)
    left = looks = 0
    for _ in range(200):
        gains = draw.normal(0, 0.28, (20, 10))
        looks += gains.mean(1).max() > 0.1
        left += sure_gain(gains.sum(1), np.square(gains).sum(1), 10).max() > 0
    assert looks > 150
    assert left <= 25


def test_what_is_expected_counts_while_little_is_known() -> None:
    hopeful = Prior(gain=0.1, spread=0.05, sureness=0.5)
    assert sure_gain_of(np.zeros(0), hopeful) > 0
    assert sure_gain_of(np.full(10, -0.3), hopeful) < 0
    one = sure_gain(np.array([1.0, 2.0]), np.array([1.0, 2.0]), 4)
    assert one.shape == (2,)
    assert one[0] == pytest.approx(sure_gain_of(np.array([1.0, 0, 0, 0])))
