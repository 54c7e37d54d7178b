"""Which object each box is for: every box and every object once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.localization.sample import overlap

Floats = NDArray[np.float64]


def overlaps_once(boxes: NDArray[np.floating], truth: NDArray[np.floating]) -> Floats:
    """IoU (n,) of boxes (n, 4) xyxy with the true box (of m, 4) that is theirs, 0 where none is.

    The pair that overlaps most comes first, so that of two boxes on one object the worse is wrong.
    """
    found = np.zeros(len(boxes))
    if not len(boxes) or not len(truth):
        return found
    intersection, union = overlap(boxes, truth)
    pairs = intersection / np.maximum(union, 1e-12)
    for _ in range(min(pairs.shape)):
        box, true = np.unravel_index(int(pairs.argmax()), pairs.shape)
        found[box] = max(pairs[box, true], 0.0)
        pairs[box, :] = pairs[:, true] = -1
    return found
