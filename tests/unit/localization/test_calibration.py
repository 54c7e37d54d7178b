"""Cutting maps as accepted boxes would have them cut."""

from __future__ import annotations

import numpy as np
import pytest

from engine.domain.geometry import Box
from engine.domain.settings import BoxSettings, Normalisation
from engine.localization.calibration import calibrate, quality_of
from engine.localization.sample import Sample

USUAL = BoxSettings(Normalisation.MIN_MAX, 40, 0.2)


def _cone(level: float, label: int, seed: int) -> Sample:
    """A cone whose level line at ``level`` bounds the true box."""
    draw = np.random.default_rng(seed)
    x, y = draw.uniform(40, 60, 2)
    radius = draw.uniform(25, 35)
    columns, rows = np.meshgrid(np.arange(100) + 0.5, np.arange(100) + 0.5)
    values = np.clip(1 - np.maximum(abs(columns - x), abs(rows - y)) / radius, 0, 1)
    half = radius * (1 - level)
    truth = Box(x - half, y - half, x + half, y + half)
    return Sample(values, 100, 100, [truth], label, label)


def test_without_boxes_the_usual_cut_stays() -> None:
    assert calibrate([], USUAL).settings == USUAL


def test_the_threshold_of_the_boxes_is_found() -> None:
    samples = [_cone(0.6, 0, seed) for seed in range(12)]
    found = calibrate(samples, USUAL, (Normalisation.MIN_MAX,))
    assert found.settings.threshold == pytest.approx(0.6, abs=0.06)
    assert min(found.overlaps) > 0.85
    assert len(found.overlaps) == 12


def test_one_odd_box_moves_little_and_many_move_it() -> None:
    one = calibrate([_cone(0.8, 0, 0)], USUAL, (Normalisation.MIN_MAX,))
    many = calibrate([_cone(0.8, 0, seed) for seed in range(12)], USUAL, (Normalisation.MIN_MAX,))
    assert one.overlaps[0] < 0.5  # nothing else to choose by: the usual cut
    assert many.settings.threshold == pytest.approx(0.8, abs=0.06)


def test_a_class_with_many_boxes_gets_its_own_threshold() -> None:
    samples = [_cone(0.3, 0, seed) for seed in range(40)]
    samples += [_cone(0.75, 1, seed) for seed in range(40)]
    samples.append(_cone(0.9, 2, 99))
    found = calibrate(samples, USUAL, (Normalisation.MIN_MAX,))
    assert found.for_class(0).threshold == pytest.approx(0.3, abs=0.1)
    assert found.for_class(1).threshold == pytest.approx(0.75, abs=0.1)
    alone = found.for_class(2).threshold  # a single box does not get all it wants
    assert abs(alone - found.settings.threshold) < abs(alone - 0.9) + 0.2
    assert found.for_class(77).threshold == found.settings.threshold


def test_quality_rises_with_overlap() -> None:
    values = quality_of(np.array([0.0, 0.29, 0.31, 0.5, 0.7, 1.0]))
    assert (np.diff(values) > 0).all()
    assert values[-1] == 1
