"""Score maps brought to [0, 1] and to the grid on which boxes are found."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.domain.errors import InputError
from engine.domain.settings import Normalisation

#: Long side of the working grid in cells. 224 is the side on which the field's evaluators look for
#: boxes (Choe et al. 2020), so that figures compare; finer maps keep their own resolution.
GRID_SIDE = 224

FloatMap = NDArray[np.float32]


def normalise(
    values: NDArray[Any],
    normalisation: Normalisation = Normalisation.MIN_MAX,
    percentile: float = 40.0,
) -> FloatMap:
    """The map (h, w) in [0, 1] with maximum 1; all zeros where the map is constant.

    ``MIN_MAX`` maps minimum and maximum to 0 and 1. ``MAX`` clips at 0 and divides by the
    maximum. ``IVR`` subtracts the ``percentile`` (in [0, 100]), clips at 0 and divides by the
    maximum (Kim et al. 2021, "Normalization matters in weakly supervised object localization").
    Where MAX or IVR would leave nothing above 0 (no value is positive, or the percentile is the
    maximum) MIN_MAX is taken, so that a map with a structure never loses it.
    Raises InputError if the map is not two-dimensional, is empty or holds NaN or infinity.
    """
    exact = _checked(values)
    low, high = float(exact.min()), float(exact.max())
    if high <= low:
        return np.zeros(exact.shape, np.float32)
    floor = _floor(exact, Normalisation(normalisation), percentile)
    if high <= floor:
        floor = low
    scaled: FloatMap = (np.maximum(exact - floor, 0.0) / (high - floor)).astype(np.float32)
    return scaled


def to_grid(values: NDArray[Any]) -> FloatMap:
    """The map (h, w) brought bilinearly to GRID_SIDE cells on its long side, aspect kept.

    Cell centres are aligned by area (half-pixel centres), as torch does without align_corners;
    a map that is finer already is returned as it is.
    """
    exact = _checked(values).astype(np.float32)
    height, width = exact.shape
    factor = GRID_SIDE / max(height, width)
    if factor <= 1:
        return exact
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return np.asarray(cv2.resize(exact, size, interpolation=cv2.INTER_LINEAR), np.float32)


def _floor(exact: NDArray[np.float64], normalisation: Normalisation, percentile: float) -> float:
    if normalisation is Normalisation.MAX:
        return 0.0
    if normalisation is Normalisation.MIN_MAX:
        return float(exact.min())
    if not 0 <= percentile <= 100:
        raise InputError(
            f"The percentile is {percentile}.", remedy="Give one from 0 to 100 (40 is usual)."
        )
    return float(np.percentile(exact, percentile))


def _checked(values: NDArray[Any]) -> NDArray[np.float64]:
    """The values in float64, through float32 so that no difference over- or underflows."""
    single = np.asarray(values, np.float32)
    if single.ndim != 2 or single.size == 0:
        raise InputError(f"A score map has height and width; this one has shape {single.shape}.")
    if not np.isfinite(single).all():
        raise InputError(
            "The score map holds values that are not finite numbers.",
            remedy="Its training run has probably diverged; train again with a lower rate.",
        )
    return single.astype(np.float64)
