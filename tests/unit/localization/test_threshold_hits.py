from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.domain.geometry import Box, iou
from engine.domain.settings import Normalisation
from engine.localization import threshold_hits
from engine.localization.components import components
from engine.localization.score_map import normalise
from engine.localization.threshold_hits import IOU_LEVEL, IOU_LEVELS, ThresholdSweep

THRESHOLDS = np.arange(1000) / 1000


def at_every_threshold(
    grid: np.ndarray, truth: np.ndarray, thresholds: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The same without any shortcut."""
    largest, every = [], []
    true_boxes = [Box(*row) for row in truth.tolist()]
    for threshold in thresholds:
        found = components(grid, float(threshold))
        best = [max(iou(Box(*map(float, c[:4])), box) for box in true_boxes) for c in found]
        largest.append(best[0] >= IOU_LEVEL)
        every.append([max(best) >= level for level in IOU_LEVELS])
    return np.array(largest), np.array(every).T


def make_grid(seed: int, cells: int, side: int, blur: float, normalisation: str) -> np.ndarray:
    noise = np.random.default_rng(seed).random((cells, cells + 2)).astype(np.float32)
    values = cv2.GaussianBlur(noise, (0, 0), blur)
    return normalise(cv2.resize(values, (side + 8, side)), Normalisation(normalisation))


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    cells=st.integers(2, 14),
    side=st.integers(14, 48),
    blur=st.floats(0.3, 3),
    normalisation=st.sampled_from(["minmax", "ivr"]),
    corners=st.lists(st.floats(0.02, 0.98), min_size=4, max_size=4, unique=True),
    second=st.booleans(),
)
def test_shortcuts_change_no_answer(
    seed: int,
    cells: int,
    side: int,
    blur: float,
    normalisation: str,
    corners: list[float],
    second: bool,
) -> None:
    grid = make_grid(seed, cells, side, blur, normalisation)
    xs, ys = sorted(corners[:2]), sorted(corners[2:])
    truth = np.array([[xs[0] * (side + 8), ys[0] * side, xs[1] * (side + 8), ys[1] * side]])
    if second:
        truth = np.concatenate([truth, [[0, 0, side / 2, side / 3]]])
    thresholds = np.arange(150) / 150
    hits = ThresholdSweep(grid, truth, thresholds).run()
    largest, every = at_every_threshold(grid, truth, thresholds)
    np.testing.assert_array_equal(hits.largest, largest)
    np.testing.assert_array_equal(hits.every, every)


def test_shortcuts_change_no_answer_at_full_size() -> None:
    grid = make_grid(3, 14, 224, 1.2, "minmax")
    truth = np.array([[40.5, 30.0, 190.0, 200.0]])
    hits = ThresholdSweep(grid, truth, THRESHOLDS).run()
    largest, every = at_every_threshold(grid, truth, THRESHOLDS)
    np.testing.assert_array_equal(hits.largest, largest)
    np.testing.assert_array_equal(hits.every, every)
    assert every.any()
    assert not every.all()


def test_only_a_fraction_of_the_thresholds_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = []

    def counted(*arguments: object) -> object:
        looks.append(arguments)
        return components(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(threshold_hits, "components", counted)
    y, x = np.mgrid[0:224, 0:224] / 224
    grid = normalise(np.exp(-((x - 0.5) ** 2 + (y - 0.4) ** 2) * 9))
    ThresholdSweep(grid, np.array([[60.0, 40.0, 160.0, 140.0]]), THRESHOLDS).run()
    assert len(looks) < 120


def test_levels_between_uint8_steps_are_told_apart() -> None:
    """1,000 thresholds stay 1,000: a box that exists between two of 255 levels only is found."""
    grid = np.zeros((20, 20), np.float32)
    grid[:, :] = 0.5002
    grid[5:15, 5:15] = 0.5022
    grid[10, 10] = 1
    hits = ThresholdSweep(grid, np.array([[5.0, 5, 15, 15]]), THRESHOLDS).run()
    assert np.flatnonzero(hits.largest).tolist() == [501, 502]


def test_single_threshold() -> None:
    grid = normalise(np.pad(np.ones((4, 4)), 4))
    hits = ThresholdSweep(grid, np.array([[4.0, 4, 8, 8]]), np.array([0.2])).run()
    assert hits.largest.tolist() == [True]
    assert hits.every.tolist() == [[True], [True], [True]]
