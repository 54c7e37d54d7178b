"""The centred box: what a box scores that never looks at the image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.localization.sample import Sample, overlap, relative_truth
from engine.localization.threshold_hits import IOU_LEVEL

#: Steps of the box's width and height, each in fractions of the image.
STEPS = 50


@dataclass(frozen=True, slots=True)
class CentreBox:
    """The best centred box: its size in fractions of the image, and what it hits in percent."""

    width: float
    height: float
    hit_percent: float


def best_centre_box(samples: Sequence[Sample], iou_level: float = IOU_LEVEL) -> CentreBox:
    """The centred box, of one size relative to the image, that hits most of ``samples``.

    Width and height are searched apart in STEPS steps; a hit is an IoU of at least ``iou_level``
    with any true box. IoU does not change when both axes are scaled, so fractions will do.
    """
    sides = np.arange(1, STEPS + 1) / STEPS
    widths, heights = (axis.ravel() for axis in np.meshgrid(sides, sides))
    boxes = np.stack([1 - widths, 1 - heights, 1 + widths, 1 + heights], axis=1) / 2
    hits = np.zeros(len(boxes), np.int64)
    for sample in samples:
        intersection, union = overlap(boxes, relative_truth(sample))
        hits += (intersection / union).max(axis=1) >= iou_level
    best = int(np.argmax(hits))
    return CentreBox(
        float(widths[best]), float(heights[best]), 100.0 * float(hits[best]) / len(samples)
    )
