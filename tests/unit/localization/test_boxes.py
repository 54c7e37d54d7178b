from __future__ import annotations

import time
from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from engine.domain.errors import InputError
from engine.domain.geometry import Box, iou
from engine.domain.settings import BoxSettings, Normalisation
from engine.localization.boxes import LiveBoxes, derive_boxes

PLAIN = BoxSettings(normalisation=Normalisation.MIN_MAX)
MAPS = arrays(
    np.float16,
    array_shapes(min_dims=2, max_dims=2, min_side=2, max_side=16),
    elements=st.floats(-100, 100, width=16),
)
SIDES = st.integers(1, 5000)
SETTINGS = st.builds(
    BoxSettings,
    normalisation=st.sampled_from(list(Normalisation)),
    percentile=st.floats(0, 100),
    threshold=st.floats(0, 1),
    multiple=st.booleans(),
    min_area=st.floats(0, 0.2),
)


def bump(cx: float, cy: float, sx: float, sy: float, side: int = 14) -> np.ndarray:
    """A hill with its top at (cx, cy) in fractions of the image."""
    y, x = (np.mgrid[0:side, 0:side] + 0.5) / side
    return np.exp(-(((x - cx) / sx) ** 2) - ((y - cy) / sy) ** 2).astype(np.float16)


def block(height: int, width: int, box: tuple[int, int, int, int]) -> np.ndarray:
    """A map as fine as the grid or finer, 1 in ``box`` (xyxy) and 0 elsewhere."""
    values = np.zeros((height, width), np.float32)
    values[box[1] : box[3], box[0] : box[2]] = 1
    return values


def test_box_of_a_block_is_exact_in_pixels_of_the_image() -> None:
    values = block(224, 448, (112, 56, 336, 112))
    (only,) = derive_boxes(values, 896, 112, PLAIN, probability=0.75)
    assert only.box == Box(224, 28, 672, 56)
    assert only.score == pytest.approx(0.75)


def test_resize_of_the_reference_box() -> None:
    """(1, 2, 4, 3) on 10 x 20 (w x h) is (3, 1, 14, 1) on 35 x 10, in the evaluator's integers."""
    scaled = Box(1, 2, 4, 3).scaled(35 / 10, 10 / 20)
    assert scaled == Box(3.5, 1, 14, 1.5)
    assert tuple(int(side) for side in scaled.as_tuple()) == (3, 1, 14, 1)


def test_map_that_is_not_square_keeps_x_and_y_apart() -> None:
    wide = np.zeros((4, 8), np.float32)
    wide[1, 6] = 1
    (found,) = derive_boxes(wide, 800, 400, replace(PLAIN, threshold=0.5))
    assert found.box.xmin > 550
    assert found.box.xmax < 750
    assert found.box.ymin > 50
    assert found.box.ymax < 250


def test_largest_or_all() -> None:
    values = block(224, 224, (10, 10, 60, 60)) + block(224, 224, (100, 100, 200, 200))
    largest = derive_boxes(values, 224, 224, PLAIN)
    assert [scored.box for scored in largest] == [Box(100, 100, 200, 200)]
    every = derive_boxes(values, 224, 224, replace(PLAIN, multiple=True))
    assert {scored.box for scored in every} == {Box(10, 10, 60, 60), Box(100, 100, 200, 200)}


def test_small_components_are_left_out_only_beside_larger_ones() -> None:
    several = replace(PLAIN, multiple=True, min_area=0.01)
    values = block(224, 224, (0, 0, 100, 100)) + block(224, 224, (200, 200, 220, 220))
    assert len(derive_boxes(values, 224, 224, several)) == 1  # 400 of 50,176 cells
    assert len(derive_boxes(values, 224, 224, replace(several, min_area=0.005))) == 2
    alone = block(224, 224, (200, 200, 203, 203))
    assert len(derive_boxes(alone, 224, 224, several)) == 1


def test_best_score_first_and_never_that_of_the_larger() -> None:
    values = block(224, 224, (0, 0, 100, 100)) * 0.5 + block(224, 224, (150, 150, 200, 200))
    every = derive_boxes(values, 224, 224, replace(PLAIN, multiple=True), 0.9)
    assert [scored.box.xmin for scored in every] == [150, 0]
    assert [scored.score for scored in every] == pytest.approx([0.9, 0.45])


def test_constant_map_gives_the_whole_image_without_score() -> None:
    (found,) = derive_boxes(np.full((14, 14), 3.0), 640, 480, PLAIN, 0.9)
    assert (found.box, found.score) == (Box(0, 0, 640, 480), 0.0)


def test_broken_map_is_refused() -> None:
    with pytest.raises(InputError, match="finite"):
        derive_boxes(np.array([[0.0, np.nan]]), 10, 10, PLAIN)


def test_box_finds_the_hill() -> None:
    (found,) = derive_boxes(bump(0.3, 0.6, 0.15, 0.2), 1000, 500, replace(PLAIN, threshold=0.5))
    radius = np.sqrt(np.log(2))
    expected = Box(
        1000 * (0.3 - 0.15 * radius),
        500 * (0.6 - 0.2 * radius),
        1000 * (0.3 + 0.15 * radius),
        500 * (0.6 + 0.2 * radius),
    )
    assert iou(found.box, expected) > 0.93


def test_live_boxes_are_those_of_deriving_anew() -> None:
    values = bump(0.3, 0.4, 0.2, 0.1) + bump(0.8, 0.8, 0.1, 0.1)
    base = BoxSettings(multiple=True)
    live = LiveBoxes(values, 300, 200, base, 0.5)
    for threshold in np.linspace(0, 1, 21):
        anew = derive_boxes(values, 300, 200, replace(base, threshold=float(threshold)), 0.5)
        assert live.at(float(threshold)) == anew


def test_a_moved_slider_is_answered_at_once() -> None:
    live = LiveBoxes(bump(0.4, 0.4, 0.3, 0.2), 4000, 3000, BoxSettings())
    times = []
    for threshold in np.linspace(0, 1, 100):
        start = time.perf_counter()
        live.at(float(threshold))
        times.append(time.perf_counter() - start)
    assert np.median(times) < 0.002


@settings(max_examples=200, deadline=None)
@given(MAPS, SIDES, SIDES, SETTINGS, st.floats(0, 1))
def test_boxes_lie_inside_with_extent_and_score(
    values: np.ndarray, width: int, height: int, how: BoxSettings, probability: float
) -> None:
    found = derive_boxes(values, width, height, how, probability)
    assert found
    assert len(found) == 1 or how.multiple
    for scored in found:
        assert scored.box.has_extent
        assert scored.box.clipped(width, height) == scored.box
        assert 0 <= scored.score <= probability
    assert found == sorted(found, key=lambda scored: -scored.score)


@settings(deadline=None)
@given(MAPS, SIDES, SIDES, SETTINGS, st.integers(1, 8), st.integers(1, 8))
def test_boxes_grow_with_the_image(
    values: np.ndarray, width: int, height: int, how: BoxSettings, fx: int, fy: int
) -> None:
    small = derive_boxes(values, width, height, how)
    large = derive_boxes(values, width * fx, height * fy, how)
    assert [s.score for s in small] == [s.score for s in large]
    for one, other in zip(small, large, strict=True):
        assert other.box.as_tuple() == pytest.approx(one.box.scaled(fx, fy).as_tuple())


@settings(deadline=None)
@given(MAPS, SETTINGS)
def test_mirrored_map_gives_mirrored_boxes(values: np.ndarray, how: BoxSettings) -> None:
    how = replace(how, multiple=True, min_area=0.0)
    grid = LiveBoxes(values, 1, 1, how).grid  # upsampling itself may round unevenly
    height, width = grid.shape
    plain = {s.box.as_tuple() for s in derive_boxes(grid, width, height, how)}
    mirrored = {s.box.as_tuple() for s in derive_boxes(grid[:, ::-1], width, height, how)}
    assert {(width - c, b, width - a, d) for a, b, c, d in mirrored} == plain


@settings(deadline=None)
@given(
    st.floats(0.1, 0.9),
    st.floats(0.1, 0.9),
    st.floats(0.1, 0.5),
    st.floats(0.1, 0.5),
    st.lists(st.floats(0, 1), min_size=2, max_size=8),
)
def test_box_of_one_hill_only_shrinks_as_the_threshold_rises(
    cx: float, cy: float, sx: float, sy: float, thresholds: list[float]
) -> None:
    live = LiveBoxes(bump(cx, cy, sx, sy).astype(np.float32), 640, 480, BoxSettings())
    boxes = [live.at(threshold)[0].box for threshold in sorted(thresholds)]
    for wide, narrow in pairwise(boxes):
        assert narrow.xmin >= wide.xmin
        assert narrow.ymin >= wide.ymin
        assert narrow.xmax <= wide.xmax
        assert narrow.ymax <= wide.ymax


def test_float16_and_float32_maps_agree() -> None:
    values = cv2.GaussianBlur(np.random.default_rng(0).random((14, 14)), (5, 5), 2)
    one = derive_boxes(values.astype(np.float16), 300, 300, PLAIN)[0].box
    other = derive_boxes(values.astype(np.float32), 300, 300, PLAIN)[0].box
    assert iou(one, other) > 0.98
