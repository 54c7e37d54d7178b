"""Several objects from middles and sides, and a score map whose components they are.

On numpy and OpenCV.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.domain.geometry import Box, iou

Floats = NDArray[np.float32]

#: Two middles as likely as ``SURE`` make an image one with several objects; where there are several
#: each middle as likely as ``LIKELY`` is one. Chosen on training rows by what a review costs.
SURE, LIKELY = 0.25, 0.1
#: Boxes that overlap more than this are one object.
SAME = 0.4
#: Cells of the map for each cell of the logits, so that a gap between objects costs little.
FINER = 3
#: How far inside a box, as a share of its side, its map has risen from 1/2 to 1.
RISE = 0.15


def find_objects(logits: Floats, most: int) -> list[Box]:
    """At most ``most`` boxes in fractions of the image, of logits (7, h, w), likeliest first; none
    where there are no two objects."""
    chance = _sigmoid(logits[2])
    height, width = chance.shape
    peaks = (chance >= cv2.dilate(chance, np.ones((3, 3), np.uint8))) & (chance >= LIKELY)
    rows, columns = np.nonzero(peaks)
    found: list[Box] = []
    sure = 0
    for index in np.argsort(-chance[rows, columns], kind="stable"):
        row, column = int(rows[index]), int(columns[index])
        left, top, right, bottom = np.logaddexp(0, logits[3:, row, column].astype(float)) / 2
        x, y = (column + 0.5) / width, (row + 0.5) / height
        box = Box(x - left, y - top, x + right, y + bottom).clipped(1, 1)
        if box.has_extent and all(iou(box, other) < SAME for other in found):
            found.append(box)
            sure += chance[row, column] >= SURE
    return found[:most] if sure > 1 else []


def objects_map(boxes: list[Box], size: tuple[int, int]) -> Floats:
    """A map (h, w) in [0, 1] that a threshold of 1/2 cuts into ``boxes`` (fractions of the image).

    Where boxes overlap each cell belongs to the one it lies deeper in, and a gap parts them, so
    that each is a component.
    """
    height, width = size
    y, x = (np.arange(height) + 0.5) / height, (np.arange(width) + 0.5) / width
    depths = np.stack([np.minimum(*_depths(box, x, y)) for box in boxes])
    owner = depths.argmax(0)
    values: Floats = np.clip(0.5 + depths.max(0) / (2 * RISE), 0, 1).astype(np.float32)
    for index in range(1, len(boxes)):  # the likelier ones keep all of their cells
        others = ((owner < index) & (values > 0)).astype(np.uint8)
        values[(owner == index) & (cv2.dilate(others, np.ones((3, 3), np.uint8)) > 0)] = 0
    return values


def _depths(
    box: Box, x: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How far inside each cell lies, across and down (negative: outside), in sides of the box."""
    across = np.minimum(x - box.xmin, box.xmax - x) / box.width
    down = np.minimum(y - box.ymin, box.ymax - y) / box.height
    return across[None, :], down[:, None]


def _sigmoid(x: NDArray[np.floating]) -> Floats:
    found: Floats = (0.5 * (1 + np.tanh(0.5 * np.asarray(x, np.float64)))).astype(np.float32)
    return found
