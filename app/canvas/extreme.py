"""A box by its four extreme points: the topmost, bottommost, leftmost and rightmost of the object.

Papadopoulos et al., "Extreme clicking for efficient object annotation" (ICCV 2017): 7 s a box where
dragging a box takes 25 to 35 s. The order of the four clicks does not matter here.
"""

from __future__ import annotations

from PySide6.QtCore import QPointF

from app.canvas.grips import spanned
from engine.domain.geometry import Box

ENOUGH = 4


class ExtremePoints:
    """The points clicked so far, in image pixels."""

    def __init__(self) -> None:
        self.points: list[QPointF] = []

    @property
    def complete(self) -> bool:
        return len(self.points) >= ENOUGH

    def add(self, point: QPointF, width: float, height: float) -> None:
        """``point``, brought into the image of ``width`` x ``height``."""
        x, y = min(max(point.x(), 0.0), width), min(max(point.y(), 0.0), height)
        self.points.append(QPointF(x, y))

    def take_back(self) -> bool:
        """Forget the last point; False if there is none."""
        if self.points:
            self.points.pop()
            return True
        return False

    def clear(self) -> None:
        self.points = []

    def box(
        self, width: float, height: float, snap: float, also: QPointF | None = None
    ) -> Box | None:
        """The box around the points (and ``also``); None while it has no extent."""
        points = [*self.points, *([also] if also is not None else [])]
        if len(points) < 2:
            return None
        xs, ys = [p.x() for p in points], [p.y() for p in points]
        box = spanned(min(xs), min(ys), max(xs), max(ys), width, height, snap)
        return box if box.has_extent else None
