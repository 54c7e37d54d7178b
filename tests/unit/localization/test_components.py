from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy import ndimage

from engine.localization.components import Component, components

#: The map of the field's evaluator's own test; rows are y.
UNIMODAL = np.array(
    [
        [0.0, 0.0, 0.0, 0.0, 0.0],
        [0.0, 0.4, 0.4, 0.4, 0.6],
        [0.0, 0.4, 1.0, 0.8, 0.6],
        [0.0, 0.4, 0.4, 0.4, 0.6],
    ],
    np.float32,
)

MASKS = arrays(np.bool_, array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=12)).filter(
    lambda mask: bool(mask.any())
)


def by_brute_force(mask: np.ndarray) -> list[Component]:
    """Holes filled (with all that is in them), then labelled, by another library."""
    filled = ndimage.binary_fill_holes(mask)
    labels, _ = ndimage.label(filled, np.ones((3, 3)))
    found = []
    for number, (rows, columns) in enumerate(ndimage.find_objects(labels), start=1):
        area = int((labels == number).sum())
        found.append(Component(columns.start, rows.start, columns.stop, rows.stop, area))
    return sorted(found, key=lambda c: (-c.area, c.ymin, c.xmin))


def test_reference_sequence_of_the_unimodal_map() -> None:
    boxes = [components(UNIMODAL, k * 0.2)[0][:4] for k in range(5)]
    assert boxes == [(1, 1, 5, 4), (1, 1, 5, 4), (2, 1, 5, 4), (2, 2, 4, 3), (2, 2, 3, 3)]


def test_reference_sequence_in_the_corners_of_the_public_evaluator() -> None:
    """It takes x + w and y + h for inclusive corners and cuts them at the last cell."""
    height, width = UNIMODAL.shape
    corners = []
    for k in range(5):
        xmin, ymin, xmax, ymax, _ = components(UNIMODAL, k * 0.2)[0]
        corners.append([xmin, ymin, min(xmax, width - 1), min(ymax, height - 1)])
    assert corners == [[1, 1, 4, 3], [1, 1, 4, 3], [2, 1, 4, 3], [2, 2, 4, 3], [2, 2, 3, 3]]


def test_transposed_map_gives_transposed_boxes() -> None:
    """Width and height are not swapped anywhere, on a map that is not square."""
    for k in range(5):
        xmin, ymin, xmax, ymax, area = components(UNIMODAL, k * 0.2)[0]
        assert components(np.ascontiguousarray(UNIMODAL.T), k * 0.2) == [
            (ymin, xmin, ymax, xmax, area)
        ]


def test_hole_and_island_are_no_boxes() -> None:
    ring = np.ones((9, 9), np.float32)
    ring[2:7, 2:7] = 0
    ring[4, 4] = 1
    assert components(ring, 0.5) == [(0, 0, 9, 9, 81)]


def test_line_of_one_cell_counts_its_cells() -> None:
    """Of a polygon through cell centres the line has area 0 and would lose to any blob."""
    grid = np.zeros((8, 12), np.float32)
    grid[1, 1:11] = 1
    grid[4:7, 2:5] = 1
    assert components(grid, 0.5) == [(1, 1, 11, 2, 10), (2, 4, 5, 7, 9)]


def test_diagonal_neighbours_are_one_component() -> None:
    assert components(np.eye(4, dtype=np.float32), 0.5) == [(0, 0, 4, 4, 4)]


def test_no_threshold_leaves_nothing() -> None:
    for threshold in (1.0, 5.0):
        assert components(UNIMODAL, threshold) == [(2, 2, 3, 3, 1)]


def test_equal_areas_from_the_top_left() -> None:
    grid = np.zeros((5, 5), np.float32)
    grid[[0, 0, 4, 2], [0, 4, 0, 2]] = 1
    assert [c[:2] for c in components(grid, 0.5)] == [(0, 0), (4, 0), (2, 2), (0, 4)]


@settings(max_examples=300, deadline=None)
@given(MASKS)
def test_agrees_with_another_library(mask: np.ndarray) -> None:
    assert components(mask.astype(np.float32), 0.5) == by_brute_force(mask)


@settings(deadline=None)
@given(MASKS, st.integers(0, 50), st.integers(0, 50))
def test_cut_out_gives_the_same_at_its_place(mask: np.ndarray, x: int, y: int) -> None:
    grid = np.zeros((70, 70), np.float32)
    grid[y : y + mask.shape[0], x : x + mask.shape[1]] = mask
    assert components(grid, 0.5) == components(mask.astype(np.float32), 0.5, x, y)
