"""Boxes: half-open float xyxy, 0-based, in EXIF-transposed pixels of the original image."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Box:
    """One box; it covers the points with ``xmin <= x < xmax`` and ``ymin <= y < ymax``."""

    xmin: float
    ymin: float
    xmax: float
    ymax: float

    @property
    def width(self) -> float:
        return self.xmax - self.xmin

    @property
    def height(self) -> float:
        return self.ymax - self.ymin

    @property
    def area(self) -> float:
        """Pixels; 0 for a box without extent, never negative."""
        return max(self.width, 0.0) * max(self.height, 0.0)

    @property
    def has_extent(self) -> bool:
        """True if all four numbers are finite and the box covers something."""
        return all(map(math.isfinite, self.as_tuple())) and self.width > 0 and self.height > 0

    def as_tuple(self) -> tuple[float, float, float, float]:
        return (self.xmin, self.ymin, self.xmax, self.ymax)

    def scaled(self, x_factor: float, y_factor: float) -> Box:
        """The same region in a grid that is ``x_factor`` by ``y_factor`` as fine."""
        return Box(
            self.xmin * x_factor, self.ymin * y_factor, self.xmax * x_factor, self.ymax * y_factor
        )

    def moved(self, dx: float, dy: float) -> Box:
        return Box(self.xmin + dx, self.ymin + dy, self.xmax + dx, self.ymax + dy)

    def clipped(self, width: float, height: float) -> Box:
        """The part inside an image of ``width`` by ``height`` pixels; may be without extent."""
        return Box(
            min(max(self.xmin, 0.0), width),
            min(max(self.ymin, 0.0), height),
            min(max(self.xmax, 0.0), width),
            min(max(self.ymax, 0.0), height),
        )

    def normalised(self) -> Box:
        """The same box with its corners in order, whichever corner it was drawn from."""
        return Box(
            min(self.xmin, self.xmax),
            min(self.ymin, self.ymax),
            max(self.xmin, self.xmax),
            max(self.ymin, self.ymax),
        )


def iou(a: Box, b: Box) -> float:
    """Intersection over union in [0, 1]; 0 if neither box covers anything."""
    intersection = Box(
        max(a.xmin, b.xmin), max(a.ymin, b.ymin), min(a.xmax, b.xmax), min(a.ymax, b.ymax)
    ).area
    if a.width <= 0 or a.height <= 0 or b.width <= 0 or b.height <= 0:
        return 0.0
    return intersection / (a.area + b.area - intersection)
