"""All boxes as arrays: where they are on the screen and which lie where, for thousands at once."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QTransform

from app.models.shapes import Shape
from engine.domain.geometry import Box

#: Pixels beyond the widget where an edge is cut off: out of sight, and no number grows too large.
_BEYOND = 400


class BoxTable:
    """The shapes by index, in image pixels. Boxes of hidden classes are passed by everywhere."""

    def __init__(self, shapes: Sequence[Shape], hidden: Collection[int] = ()) -> None:
        self.shapes = shapes
        rows = [shape.box.as_tuple() for shape in shapes]
        self.edges: NDArray[np.float64] = np.array(rows, np.float64).reshape(-1, 4)
        # not np.isin, which loads all of numpy.ma for it
        seen = [shape.class_id not in hidden for shape in shapes]
        self.seen: NDArray[np.bool_] = np.array(seen, np.bool_)

    def visible(self) -> frozenset[int]:
        """The indices of all boxes that are not hidden, on the screen or not."""
        return frozenset(np.flatnonzero(self.seen).tolist())

    def touching(self, area: Box) -> list[int]:
        """Indices of the boxes that share something with ``area`` (image pixels)."""
        e = self.edges
        inside = (e[:, 0] <= area.xmax) & (e[:, 2] >= area.xmin)
        inside &= (e[:, 1] <= area.ymax) & (e[:, 3] >= area.ymin)
        found: list[int] = np.flatnonzero(inside & self.seen).tolist()
        return found

    def on_device(
        self, indices: Sequence[int], to_screen: QTransform, room: QRectF, ratio: float
    ) -> NDArray[np.int64]:
        """Their edges (n, 4) in whole pixels of the device."""
        return device_edges(self.edges[list(indices)], to_screen, room, ratio)


def device_edges(
    edges: NDArray[np.float64], to_screen: QTransform, room: QRectF, ratio: float
) -> NDArray[np.int64]:
    """(n, 4) edges in image pixels as such in whole pixels of the device."""
    shift = np.array([to_screen.dx(), to_screen.dy()] * 2) * ratio
    placed = np.rint(edges * (to_screen.m11() * ratio) + shift)
    low = np.array([room.left(), room.top()] * 2) * ratio - _BEYOND
    high = np.array([room.right(), room.bottom()] * 2) * ratio + _BEYOND
    return np.clip(placed, low, high).astype(np.int64)
