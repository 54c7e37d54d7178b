"""Logits to a score map whose level lines are boxes. On numpy and OpenCV.

The map is the smaller of the column's and the row's probability of crossing the object, so that
cutting it at a threshold gives a rectangle, whose edges lie between cells where the probabilities
say so. It is a score map like any other: stored, cut at a threshold, evaluated.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.learning.box_model.head import ONE, SEVERAL, SHARING_CELLS, SHARPNESS
from engine.learning.box_model.objects import FINER, find_objects, objects_map

Floats = NDArray[np.float32]

#: Mask probability from which cells belong to an object.
GATE = 0.3
#: How far rows and columns are looked at beyond the object's cells, as a share of the grid.
MARGIN = 0.08


def extent_map(logits: Floats, objects: int = 1, least: float = 0.01) -> Floats:
    """The map (h, w) in [0, 1] of logits (2, h, w), of the ``objects`` largest components.

    A component beyond the first needs a share of ``least`` of the cells. Logits (7, h, w) tell
    objects apart: where these are several the map is theirs, and finer.
    """
    if len(logits) == SEVERAL:
        apart = find_objects(logits, objects)
        if apart:
            height, width = logits.shape[1:]
            return objects_map(apart, (FINER * height, FINER * width))
        objects = 1
    mask, extent = logits[:ONE]
    windows = _windows(_sigmoid(mask), objects, least)
    found = np.zeros(mask.shape, np.float32)
    for x, y, right, bottom in windows:
        part = extent[y:bottom, x:right].astype(np.float64) * SHARPNESS
        columns, rows = _crossing(part, 0), _crossing(part, 1)
        inside = np.minimum(columns[None, :], rows[:, None])
        found[y:bottom, x:right] = np.maximum(found[y:bottom, x:right], inside)
    return found


def _crossing(scaled: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    """Probabilities of the rows or columns that are left once ``axis`` is gone."""
    top = scaled.max(axis=axis, keepdims=True)
    total = np.log(np.exp(scaled - top).sum(axis=axis)) + top.squeeze(axis)
    return _sigmoid((total - math.log(SHARING_CELLS)) / SHARPNESS)


def _windows(
    mask: NDArray[np.floating], objects: int, least: float
) -> list[tuple[int, int, int, int]]:
    """Half-open windows (x, y, right, bottom) around the largest components, in cells."""
    height, width = mask.shape
    above = (mask > min(GATE, 0.98 * float(mask.max()))).astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(above, connectivity=8)
    order = 1 + np.argsort(-stats[1:, cv2.CC_STAT_AREA], kind="stable")
    across, down = math.ceil(MARGIN * width), math.ceil(MARGIN * height)
    found = []
    for rank, index in enumerate(order[:objects]):
        x, y, w, h, area = (int(value) for value in stats[index])
        if rank and area < least * mask.size:
            break
        found.append(
            (
                max(0, x - across),
                max(0, y - down),
                min(width, x + w + across),
                min(height, y + h + down),
            )
        )
    return found


def _sigmoid(x: NDArray[np.floating]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = 0.5 * (1 + np.tanh(0.5 * np.asarray(x, np.float64)))
    return found
