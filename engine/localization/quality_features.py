"""What is known of a proposed box without the truth: numbers that quality is learned from."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.domain.geometry import Box, iou
from engine.domain.settings import BoxSettings
from engine.localization.boxes import LiveBoxes

NAMES = (
    "lower_threshold",  # IoU with the box at a threshold lower by STEP
    "higher_threshold",
    "other_box",  # IoU with the box of the score maps
    "mirrored",  # IoU with the box of the mirror image's map
    "peak",  # of the map before it is normalised
    "energy",  # mean of the normalised map in the box
    "size",  # square root of the share of the image
    "elongation",  # |log(width / height)|
    "edges",  # how many of the image's four edges it touches
)
STEP = 0.2
_EDGE = 0.01


def describe(
    values: NDArray[Any],
    settings: BoxSettings,
    box: Box,
    other: Box | None = None,
    mirrored: Box | None = None,
) -> NDArray[np.float64]:
    """The features (len(NAMES),) of ``box``, which was cut from ``values`` (h, w) by ``settings``.

    All boxes are in fractions of the image; ``other`` and ``mirrored`` count as disagreeing
    neither nor agreeing (0.5) where there is none.
    """
    live = LiveBoxes(values, 1, 1, replace(settings, multiple=False))
    low = live.at(max(0.0, settings.threshold - STEP))[0].box
    high = live.at(min(0.98, settings.threshold + STEP))[0].box
    scored = live.at(settings.threshold)[0]
    exact = np.asarray(values, np.float64)
    edges = (box.xmin < _EDGE, box.ymin < _EDGE, box.xmax > 1 - _EDGE, box.ymax > 1 - _EDGE)
    return np.array(
        [
            iou(box, low),
            iou(box, high),
            0.5 if other is None else iou(box, other),
            0.5 if mirrored is None else iou(box, mirrored),
            float(exact.max()),
            scored.score,
            box.area**0.5,
            abs(float(np.log(max(box.width, 1e-6) / max(box.height, 1e-6)))),
            float(sum(edges)),
        ]
    )
