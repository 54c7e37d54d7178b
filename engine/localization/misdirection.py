"""Measures of attention misdirection: how far a score map looks at something else than the object.

Pure functions of maps and boxes. A grid is a score map (h, w), normalised to [0, 1], that covers
the whole image; boxes are in pixels of that image, half-open. "Energy" of a region is the share of
the grid's sum that lies in it (as in the energy-based pointing game, Wang et al. 2020).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.domain.geometry import Box, iou
from engine.localization.boxes import LiveBoxes
from engine.localization.components import components
from engine.localization.score_map import FloatMap

#: Other thresholds at which the box is held against that of the project's, as factors of it.
THRESHOLD_FACTORS = (0.5, 0.75, 1.5, 2.0)
#: Components that cover less of the image are noise.
LEAST_COMPONENT = 0.01


def region(grid_shape: tuple[int, ...], boxes: Sequence[Box], width: int, height: int) -> FloatMap:
    """How much of each cell (h, w) the union of ``boxes`` covers, in [0, 1].

    Exact for one box; where several overlap in a cell, the largest share is taken.
    """
    rows, columns = grid_shape[:2]
    covered = np.zeros((rows, columns), np.float32)
    for box in boxes:
        across = _covered(columns, box.xmin * columns / width, box.xmax * columns / width)
        down = _covered(rows, box.ymin * rows / height, box.ymax * rows / height)
        np.maximum(covered, np.outer(down, across), out=covered)
    return covered


def energy_inside(grid: FloatMap, inside: FloatMap) -> float | None:
    """The share of the grid's energy inside a region (h, w); None for an empty grid."""
    total = float(grid.sum(dtype=np.float64))
    return float((grid * inside).sum(dtype=np.float64)) / total if total > 0 else None


def pointing_game(grid: FloatMap, boxes: Sequence[Box], width: int, height: int) -> float | None:
    """1 if the centre of the hottest cell lies in any box, else 0 (Zhang et al. 2016).

    Of several equally hot cells their mean counts as the hottest. None for an empty grid.
    """
    if not grid.any():
        return None
    rows, columns = np.nonzero(grid == grid.max())
    x = (float(columns.mean()) + 0.5) * width / grid.shape[1]
    y = (float(rows.mean()) + 0.5) * height / grid.shape[0]
    return float(any(b.xmin <= x < b.xmax and b.ymin <= y < b.ymax for b in boxes))


def inside_share(grid: FloatMap, inside: FloatMap) -> float | None:
    """Mean value inside over the sum of the means inside and outside, in [0, 1].

    0.5: as hot outside as inside. The ratio inside / outside is ``s / (1 - s)``; this form stays
    finite. None where there is no inside or no outside, or nothing is hot.
    """
    cells, within = float(inside.size), float(inside.sum(dtype=np.float64))
    if within <= 0 or within >= cells:
        return None
    hot = float((grid * inside).sum(dtype=np.float64))
    mean_in = hot / within
    mean_out = (float(grid.sum(dtype=np.float64)) - hot) / (cells - within)
    return mean_in / (mean_in + mean_out) if mean_in + mean_out > 0 else None


def best_iou(box: Box, truth: Sequence[Box]) -> float:
    """IoU with whichever true box fits best."""
    return max(iou(box, true) for true in truth)


def threshold_stability(live: LiveBoxes, threshold: float) -> float:
    """Mean IoU of the box at ``threshold`` with those at THRESHOLD_FACTORS times it."""
    base = live.at(threshold)[0].box
    others = [live.at(min(threshold * factor, 0.95))[0].box for factor in THRESHOLD_FACTORS]
    return float(np.mean([iou(base, other) for other in others]))


def box_agreement(box: Box, others: Sequence[Box]) -> float | None:
    """Mean IoU of ``box`` with others; None without any."""
    return float(np.mean([iou(box, other) for other in others])) if others else None


def border_touch(grid: FloatMap, threshold: float) -> float:
    """The share of the cells along the image's border that are above ``threshold``."""
    hot = grid > threshold
    ring = np.concatenate([hot[0], hot[-1], hot[1:-1, 0], hot[1:-1, -1]])
    return float(ring.mean())


def component_count(grid: FloatMap, threshold: float) -> int:
    """Separate hot regions of at least LEAST_COMPONENT of the image."""
    if not grid.any():
        return 0
    least = LEAST_COMPONENT * grid.size
    return sum(part.area >= least for part in components(grid, threshold))


def entropy(grid: FloatMap) -> float | None:
    """Shannon entropy of the grid as a distribution, over its maximum: 0 one cell, 1 all alike."""
    total = float(grid.sum(dtype=np.float64))
    if total <= 0 or grid.size < 2:
        return None
    share = grid[grid > 0].astype(np.float64) / total
    return float(-(share * np.log(share)).sum() / np.log(grid.size))


def centre_offset(grid: FloatMap) -> float | None:
    """Distance of the energy's centre from the image's, over half the diagonal: 0 centred."""
    total = float(grid.sum(dtype=np.float64))
    if total <= 0:
        return None
    rows, columns = grid.shape
    x = float(grid.sum(0, dtype=np.float64) @ (np.arange(columns) + 0.5)) / total / columns
    y = float(grid.sum(1, dtype=np.float64) @ (np.arange(rows) + 0.5)) / total / rows
    return float(np.hypot(x - 0.5, y - 0.5) / np.hypot(0.5, 0.5))


def map_overlap(first: NDArray[Any], second: NDArray[Any]) -> float | None:
    """What two maps (h, w) of one shape have in common, as distributions: 0 nothing, 1 all.

    Each is shifted to a minimum of 0; None if one is constant.
    """
    a, b = (np.asarray(m, np.float64) - float(np.min(m)) for m in (first, second))
    if a.sum() <= 0 or b.sum() <= 0:
        return None
    return float(np.minimum(a / a.sum(), b / b.sum()).sum())


def resized(mask: NDArray[Any], shape: tuple[int, ...]) -> FloatMap:
    """A mask (h, w) at another resolution, each cell keeping its value."""
    size = (shape[1], shape[0])
    return np.asarray(
        cv2.resize(np.asarray(mask, np.float32), size, interpolation=cv2.INTER_NEAREST), np.float32
    )


def _covered(cells: int, start: float, end: float) -> FloatMap:
    """How much of each of ``cells`` cells the interval covers."""
    edges = np.arange(cells + 1, dtype=np.float64)
    overlap = np.minimum(edges[1:], end) - np.maximum(edges[:-1], start)
    share: FloatMap = np.clip(overlap, 0.0, 1.0).astype(np.float32)
    return share
