"""What is known of a proposed box without the truth: numbers that quality is learned from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.domain.settings import BoxSettings
from engine.localization.boxes import LiveBoxes, ScoredBox
from engine.localization.sample import overlap

Floats = NDArray[np.float64]

NAMES = (
    "lower_threshold",  # IoU with the nearest box at a threshold lower by STEP
    "higher_threshold",
    "other_box",  # IoU with the nearest box of the score maps
    "other_layer",  # IoU with the nearest box of maps of another layer, kind or run
    "mirrored",  # IoU with the nearest box of the mirror image's map
    "peak",  # of the map in the box, before it is normalised
    "energy",  # mean of the normalised map in the box
    "size",  # square root of the share of the image
    "elongation",  # |log(width / height)|
    "edges",  # how many of the image's four edges it touches
    "beside",  # log of the number of boxes in the image
)
STEP = 0.2
_EDGE = 0.01


def cut_and_describe(
    values: NDArray[Any],
    width: int,
    height: int,
    settings: BoxSettings,
    other: Floats | None = None,
    layer: Floats | None = None,
    mirrored: Floats | None = None,
) -> tuple[list[ScoredBox], Floats]:
    """The boxes of a map (h, w) in an image of ``width`` by ``height`` pixels, best first, and the
    features (n, len(NAMES)) of each.

    ``other``, ``layer`` and ``mirrored`` (m, 4): boxes in fractions of the image; where there are
    none they count as neither disagreeing nor agreeing (0.5).
    """
    live = LiveBoxes(values, width, height, settings)
    scored = live.at(settings.threshold)
    size = np.array([width, height, width, height], float)
    boxes = as_rows(scored) / size
    low = as_rows(live.at(max(0.0, settings.threshold - STEP))) / size
    high = as_rows(live.at(min(0.98, settings.threshold + STEP))) / size
    sides = np.maximum(boxes[:, 2:] - boxes[:, :2], 1e-6)
    edges = (boxes[:, :2] < _EDGE).sum(1) + (boxes[:, 2:] > 1 - _EDGE).sum(1)
    features = (
        _nearest(boxes, low),
        _nearest(boxes, high),
        _nearest(boxes, other),
        _nearest(boxes, layer),
        _nearest(boxes, mirrored),
        _peaks(live, boxes, float(np.max(values))),
        [item.score for item in scored],
        np.sqrt(sides.prod(1)),
        np.abs(np.log(sides[:, 0] / sides[:, 1])),
        edges,
        np.full(len(boxes), np.log(len(boxes))),
    )
    return scored, np.stack([np.asarray(column, float) for column in features], 1)


def boxes_of(values: NDArray[Any], settings: BoxSettings) -> Floats:
    """The boxes (n, 4) of a map in fractions of the image, best first."""
    return as_rows(LiveBoxes(values, 1, 1, settings).at(settings.threshold))


def as_rows(boxes: Sequence[ScoredBox]) -> Floats:
    return np.array([item.box.as_tuple() for item in boxes], float).reshape(-1, 4)


def _nearest(boxes: Floats, others: Floats | None) -> Floats:
    if others is None or not len(others):
        return np.full(len(boxes), 0.5)
    intersection, union = overlap(boxes, others)
    found: Floats = (intersection / np.maximum(union, 1e-12)).max(1)
    return found


def _peaks(live: LiveBoxes, boxes: Floats, highest: float) -> list[float]:
    """The highest value in each box, in the units of the map: 1 in ``live.grid`` is ``highest``."""
    rows, columns = live.grid.shape
    cells = boxes * np.array([columns, rows, columns, rows])
    found = []
    for xmin, ymin, xmax, ymax in cells.astype(int).tolist():
        part = live.grid[ymin : max(ymax, ymin + 1), xmin : max(xmax, xmin + 1)]
        found.append(highest * float(part.max()) if part.size else 0.0)
    return found
