from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from engine.domain.errors import InputError
from engine.domain.settings import Normalisation
from engine.localization.score_map import GRID_SIDE, normalise, to_grid

MAPS = arrays(
    np.float16,
    array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=9),
    elements=st.floats(-60000, 60000, width=16),
)


def test_min_max_by_hand() -> None:
    result = normalise(np.array([[2.0, 4.0], [3.0, 6.0]]), Normalisation.MIN_MAX)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, [[0, 0.5], [0.25, 1]])


def test_max_clips_what_is_negative() -> None:
    result = normalise(np.array([[-2.0, 4.0], [1.0, 8.0]]), Normalisation.MAX)
    np.testing.assert_allclose(result, [[0, 0.5], [0.125, 1]])


def test_ivr_subtracts_the_percentile() -> None:
    values = np.array([[0.0, 1.0, 2.0, 3.0, 5.0]])
    np.testing.assert_allclose(normalise(values, Normalisation.IVR, 50), [[0, 0, 0, 1 / 3, 1]])
    np.testing.assert_allclose(normalise(values, Normalisation.IVR, 0), values / 5)


@pytest.mark.parametrize("normalisation", list(Normalisation))
@pytest.mark.parametrize("value", [0.0, 3.5, -2.0])
def test_constant_map_becomes_zeros(normalisation: Normalisation, value: float) -> None:
    assert not normalise(np.full((3, 4), value), normalisation).any()


def test_ivr_of_a_map_that_is_mostly_its_maximum_keeps_its_structure() -> None:
    values = np.array([[1.0, 1.0, 1.0, 0.0]])
    np.testing.assert_allclose(normalise(values, Normalisation.IVR, 40), values)


def test_max_of_a_negative_map_keeps_its_structure() -> None:
    np.testing.assert_allclose(
        normalise(np.array([[-3.0, -1.0, -2.0]]), Normalisation.MAX), [[0, 1, 0.5]]
    )


@settings(deadline=None)
@given(MAPS, st.sampled_from(list(Normalisation)), st.floats(0, 100))
def test_result_is_in_the_unit_interval_and_reaches_one(
    values: np.ndarray, normalisation: Normalisation, percentile: float
) -> None:
    result = normalise(values, normalisation, percentile)
    assert result.shape == values.shape
    assert result.min() >= 0
    assert result.max() == (0 if (values == values.flat[0]).all() else 1)


@settings(deadline=None)
@given(MAPS, st.floats(0.25, 4), st.floats(-8, 8))
def test_min_max_knows_no_scale_and_no_offset(
    values: np.ndarray, scale: float, offset: float
) -> None:
    exact = values.astype(np.float64) / 60000.0  # in float16 the offset would swallow the map
    plain = normalise(exact, Normalisation.MIN_MAX)
    if np.ptp(exact) > 1e-3:
        moved = normalise(exact * scale + offset, Normalisation.MIN_MAX)
        np.testing.assert_allclose(moved, plain, atol=1e-2)


@pytest.mark.parametrize(
    "values",
    [
        np.array([[1.0, np.nan]]),
        np.array([[1.0, np.inf]]),
        np.array([[1.0, 1e300]]),
        np.zeros((0, 3)),
        np.zeros(4),
        np.zeros((1, 2, 2)),
    ],
)
@pytest.mark.filterwarnings("ignore:overflow")
def test_what_is_no_map_is_refused(values: np.ndarray) -> None:
    with pytest.raises(InputError):
        normalise(values)


def test_percentile_outside_is_refused() -> None:
    with pytest.raises(InputError, match="percentile"):
        normalise(np.array([[0.0, 1.0]]), Normalisation.IVR, 101)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((14, 14), (224, 224)),
        ((7, 14), (112, 224)),
        ((14, 7), (224, 112)),
        ((1, 500), (1, 500)),
        ((1, 1), (224, 224)),
    ],
)
def test_grid_keeps_the_aspect(shape: tuple[int, int], expected: tuple[int, int]) -> None:
    assert max(expected) >= GRID_SIDE
    assert to_grid(np.zeros(shape)).shape == expected


def test_grid_aligns_areas_not_corners() -> None:
    """A step between columns 1 and 2 of 4 lies in the middle of the grid."""
    grid = to_grid(np.array([[0.0, 0.0, 1.0, 1.0]]))
    assert grid[0, : GRID_SIDE // 2].max() < 0.5 < grid[0, GRID_SIDE // 2 :].min()
    np.testing.assert_allclose(grid, 1 - grid[:, ::-1], atol=1e-6)
