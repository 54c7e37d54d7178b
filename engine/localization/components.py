"""Connected components of a thresholded map, by their external contours."""

from __future__ import annotations

from typing import Any, NamedTuple

import cv2
import numpy as np

from engine.localization.score_map import FloatMap

#: The largest float32 below 1: a higher threshold would leave nothing of a normalised map.
BELOW_ONE = float(np.nextafter(np.float32(1), np.float32(0)))


class Component(NamedTuple):
    """Half-open box in cells, and the cells of the component with its holes filled."""

    xmin: int
    ymin: int
    xmax: int
    ymax: int
    area: int


def components(grid: FloatMap, threshold: float, x: int = 0, y: int = 0) -> list[Component]:
    """The 8-connected components of ``grid > threshold``, largest first; at least one.

    ``grid`` (h, w) is normalised, with a maximum of 1; cells that reach it count at any
    threshold. Only external contours count: a hole is no box, nor is an island within one.
    Equal areas are ordered from the top left. ``x`` and ``y`` are added (the place of a cut-out).
    """
    mask = (grid > min(threshold, BELOW_ONE)).view(np.uint8)
    contours, _ = cv2.findContours(
        mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE, offset=(int(x), int(y))
    )
    found = [_component(contour) for contour in contours]
    if len(found) > 1:
        found.sort(key=lambda component: (-component.area, component.ymin, component.xmin))
    return found


def _component(contour: Any) -> Component:
    """Box and area of a contour that runs through cell centres, the area by Pick's theorem.

    ``cv2.contourArea`` alone is that of the polygon: 0 for a line one cell wide.
    """
    xmin, ymin, width, height = cv2.boundingRect(contour)
    steps = len(contour) if len(contour) > 1 else 0
    area = int(cv2.contourArea(contour) + steps / 2) + 1
    return Component(xmin, ymin, xmin + width, ymin + height, area)
