"""Each measure on maps whose answer can be told by eye."""

from __future__ import annotations

import numpy as np
import pytest

from engine.domain.geometry import Box
from engine.domain.settings import BoxSettings, Normalisation
from engine.localization import misdirection as measure
from engine.localization.boxes import LiveBoxes
from engine.localization.measures import (
    BY_NAME,
    COMBINED,
    MEASURES,
    Needs,
    combined,
    with_combined,
)

LEFT = Box(0, 0, 50, 100)
SETTINGS = BoxSettings(normalisation=Normalisation.MIN_MAX, threshold=0.5)


def spot(row: int, column: int, size: int = 10) -> np.ndarray:
    grid = np.zeros((size, size), np.float32)
    grid[row, column] = 1
    return grid


def test_a_region_counts_cells_by_the_share_that_is_covered() -> None:
    covered = measure.region((10, 10), [Box(5, 0, 25, 100)], 100, 100)
    assert covered[0].tolist() == [0.5, 1, 0.5, 0, 0, 0, 0, 0, 0, 0]
    assert (covered == covered[0]).all()


def test_overlapping_boxes_count_once() -> None:
    both = measure.region((4, 4), [Box(0, 0, 4, 4), Box(0, 0, 2, 4)], 4, 4)
    assert both.tolist() == np.ones((4, 4)).tolist()


def test_energy_inside() -> None:
    grid = np.ones((10, 10), np.float32)
    inside = measure.region(grid.shape, [LEFT], 100, 100)
    assert measure.energy_inside(grid, inside) == pytest.approx(0.5)
    assert measure.energy_inside(spot(3, 2), inside) == 1
    assert measure.energy_inside(spot(3, 7), inside) == 0
    assert measure.energy_inside(np.zeros((10, 10), np.float32), inside) is None


def test_pointing_uses_half_open_boxes() -> None:
    assert measure.pointing_game(spot(5, 4), [LEFT], 100, 100) == 1
    assert measure.pointing_game(spot(5, 5), [LEFT], 100, 100) == 0
    assert measure.pointing_game(spot(5, 5), [LEFT, Box(50, 50, 60, 60)], 100, 100) == 1
    assert measure.pointing_game(np.zeros((3, 3), np.float32), [LEFT], 100, 100) is None


def test_inside_share() -> None:
    grid = np.full((10, 10), 0.2, np.float32)
    inside = measure.region(grid.shape, [LEFT], 100, 100)
    assert measure.inside_share(grid, inside) == pytest.approx(0.5)
    grid[:, :5] = 0.6
    assert measure.inside_share(grid, inside) == pytest.approx(0.75)
    assert measure.inside_share(grid, np.ones_like(grid)) is None


def test_a_steep_map_is_stable_over_the_threshold_and_a_slope_is_not() -> None:
    steep = np.zeros((20, 20), np.float32)
    steep[5:12, 6:15] = 1
    slope = np.linspace(0, 1, 20, dtype=np.float32)[None].repeat(20, 0)
    values = [
        measure.threshold_stability(LiveBoxes(m, 100, 100, SETTINGS), 0.4) for m in (steep, slope)
    ]
    assert values[0] > 0.85
    assert values[1] < 0.75


def test_border_touch_and_components() -> None:
    grid = np.zeros((10, 10), np.float32)
    grid[0] = 1
    assert measure.border_touch(grid, 0.5) == pytest.approx(10 / 36)
    assert measure.component_count(grid, 0.5) == 1
    grid[5:7, 2:4] = grid[5:7, 6:8] = 0.8
    assert measure.component_count(grid, 0.5) == 3
    assert measure.component_count(np.zeros((5, 5), np.float32), 0.5) == 0


def test_entropy_runs_from_one_place_to_everywhere() -> None:
    assert measure.entropy(spot(1, 1)) == pytest.approx(0)
    assert measure.entropy(np.ones((7, 9), np.float32)) == pytest.approx(1)
    assert measure.entropy(np.zeros((7, 9), np.float32)) is None


def test_centre_offset() -> None:
    assert measure.centre_offset(np.ones((5, 9), np.float32)) == pytest.approx(0)
    assert measure.centre_offset(spot(0, 0, 1000)) == pytest.approx(1, abs=0.01)


def test_map_overlap() -> None:
    a, b = spot(1, 1), spot(2, 2)
    assert measure.map_overlap(a, b) == 0
    assert measure.map_overlap(a, 5 * a + 3) == pytest.approx(1)
    assert measure.map_overlap(a, np.ones((10, 10))) is None


def test_box_agreement() -> None:
    assert measure.box_agreement(LEFT, [LEFT, Box(50, 0, 100, 100)]) == pytest.approx(0.5)
    assert measure.box_agreement(LEFT, []) is None


def test_every_measure_is_described_once_and_its_way_is_told() -> None:
    assert len(BY_NAME) == len(MEASURES)
    for info in MEASURES:
        assert info.meaning.endswith(".")
        assert info.good != info.poor
        assert info.badness(info.good) == 0
        assert info.badness(info.poor) == 1
        assert not (info.weight and (info.needs is Needs.BOXES or not info.ranks))


def test_the_combined_number_rises_as_measures_get_worse() -> None:
    used = [info for info in MEASURES if info.weight]
    assert combined({info.name: info.good for info in used}) == 0
    assert combined({info.name: info.poor for info in used}) == pytest.approx(1)
    worse: dict[str, float | None] = {info.name: info.good for info in used}
    before = 0.0
    for info in used:
        worse[info.name] = info.poor
        after = combined(worse)
        assert after is not None
        assert after > before
        before = after


def test_the_combined_number_does_without_what_is_missing() -> None:
    used = [info for info in MEASURES if info.weight]
    assert combined({}) is None
    assert combined({info.name: None for info in used}) is None
    one = with_combined({used[0].name: used[0].poor, "iou": 0.0})
    assert one[COMBINED] == 1
    assert one["iou"] == 0
