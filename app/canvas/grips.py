"""Where a box can be grabbed, and what dragging there does to it. Plain geometry, no Qt."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import Flag

from engine.domain.geometry import Box

#: How far outside an edge it can still be grabbed, in pixels of the screen.
REACH = 8.0


class Grip(Flag):
    """The edges that follow the mouse; all four of them is moving the box."""

    LEFT = 1
    RIGHT = 2
    TOP = 4
    BOTTOM = 8
    MOVE = 15


@dataclass(frozen=True, slots=True)
class Hit:
    """The box at ``index`` would be grabbed by ``grip``."""

    index: int
    grip: Grip


def grip_at(box: Box, x: float, y: float, reach: float = REACH) -> Grip | None:
    """What of ``box`` is grabbed at (x, y), all in pixels of the screen.

    Edges reach outwards by ``reach`` at any zoom, and inwards by a quarter of the box at most, so
    that however small a box appears, its edges and its middle can all be grabbed.
    """
    horizontal = _near(x, box.xmin, box.xmax, Grip.LEFT, Grip.RIGHT, reach)
    vertical = _near(y, box.ymin, box.ymax, Grip.TOP, Grip.BOTTOM, reach)
    if horizontal is None or vertical is None:
        return None
    return (horizontal | vertical) or Grip.MOVE


def _near(at: float, low: float, high: float, first: Grip, last: Grip, reach: float) -> Grip | None:
    """The edge near ``at``, no edge (between them), or None (outside)."""
    if not low - reach <= at <= high + reach:
        return None
    inward = min(reach, (high - low) / 4)
    to_first, to_last = abs(at - low), abs(at - high)
    if to_first <= to_last:
        return first if at < low + inward else Grip(0)
    return last if at > high - inward else Grip(0)


def hit(boxes: Sequence[Box], selected: Collection[int], x: float, y: float) -> Hit | None:
    """What a press there grabs: an edge of a selected box, any edge, the smallest box inside."""
    found = [
        Hit(index, grip)
        for index, box in enumerate(boxes)
        if (grip := grip_at(box, x, y)) is not None
    ]
    if not found:
        return None
    return min(
        found,
        key=lambda h: (_rank(h, selected), boxes[h.index].area, -h.index),
    )


def _rank(hit: Hit, selected: Collection[int]) -> int:
    if hit.grip != Grip.MOVE:
        return 0 if hit.index in selected else 1
    return 2


def dragged(box: Box, grip: Grip, dx: float, dy: float, width: float, height: float) -> Box:
    """``box`` after its grip was dragged by (dx, dy), inside an image of ``width`` x ``height``.

    All in image pixels. The dragged edges land on whole pixels; moving keeps the size, and an edge
    drawn past its opposite swaps with it. The result covers at least one pixel.
    """
    if grip == Grip.MOVE:
        return _moved(box, round(dx), round(dy), width, height)
    xmin, xmax = _stretched(box.xmin, box.xmax, dx, Grip.LEFT in grip, Grip.RIGHT in grip, width)
    ymin, ymax = _stretched(box.ymin, box.ymax, dy, Grip.TOP in grip, Grip.BOTTOM in grip, height)
    return Box(xmin, ymin, xmax, ymax)


def _moved(box: Box, dx: float, dy: float, width: float, height: float) -> Box:
    dx = min(max(dx, min(-box.xmin, 0.0)), max(width - box.xmax, 0.0))
    dy = min(max(dy, min(-box.ymin, 0.0)), max(height - box.ymax, 0.0))
    return box.moved(dx, dy)


def _stretched(
    low: float, high: float, delta: float, first: bool, last: bool, limit: float
) -> tuple[float, float]:
    if first:
        low = min(max(float(round(low + delta)), 0.0), limit)
    if last:
        high = min(max(float(round(high + delta)), 0.0), limit)
    low, high = min(low, high), max(low, high)
    if (first or last) and high - low < 1.0:
        low = min(low, max(limit - 1.0, 0.0))
        high = min(low + 1.0, limit)
    return low, high


def spanned(x0: float, y0: float, x1: float, y1: float, width: float, height: float) -> Box:
    """The box drawn from one corner to another: whole pixels that the drag touched, clipped."""
    box = Box(x0, y0, x1, y1).normalised().clipped(width, height)
    return Box(
        float(math.floor(box.xmin)),
        float(math.floor(box.ymin)),
        min(float(math.ceil(box.xmax)), width),
        min(float(math.ceil(box.ymax)), height),
    )
