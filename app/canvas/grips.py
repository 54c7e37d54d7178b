"""Where a box can be grabbed, and what dragging there does to it. Plain geometry, no Qt."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Flag

from engine.domain.geometry import Box

#: How far outside an edge it can still be grabbed, in pixels of the screen.
REACH = 8.0
_SMALL = 3 * REACH


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
    """What a press there grabs: an edge of a selected box, any edge, the smallest box inside.

    A box that appears small is grabbed inside before the edges of its neighbours, whose reach
    would cover it.
    """
    found = [
        Hit(index, grip)
        for index, box in enumerate(boxes)
        if (grip := grip_at(box, x, y)) is not None
    ]
    if not found:
        return None

    def key(h: Hit) -> tuple[int, bool, float, int]:
        box = boxes[h.index]
        outside = not (box.xmin <= x <= box.xmax and box.ymin <= y <= box.ymax)
        return (_rank(h, box, selected), outside, box.area, -h.index)

    return min(found, key=key)


def _rank(hit: Hit, box: Box, selected: Collection[int]) -> int:
    if hit.grip != Grip.MOVE:
        return 0 if hit.index in selected else 1
    return 1 if min(box.width, box.height) < _SMALL else 2


def dragged(
    box: Box, grip: Grip, dx: float, dy: float, width: float, height: float, snap: float = 0.0
) -> Box:
    """``box`` after its grip was dragged by (dx, dy), inside an image of ``width`` x ``height``.

    All in image pixels. The dragged edges land on whole pixels, and on the edge of the image where
    they come nearer to it than ``snap``; moving keeps the size, and an edge drawn past its opposite
    swaps with it. The result covers at least one pixel.
    """
    if grip == Grip.MOVE:
        dx = _slid(box.xmin, box.xmax, dx, width, snap)
        return box.moved(dx, _slid(box.ymin, box.ymax, dy, height, snap))
    limits = ((width, snap), (height, snap))
    xmin, xmax = _stretched(
        box.xmin, box.xmax, dx, Grip.LEFT in grip, Grip.RIGHT in grip, limits[0]
    )
    ymin, ymax = _stretched(
        box.ymin, box.ymax, dy, Grip.TOP in grip, Grip.BOTTOM in grip, limits[1]
    )
    return Box(xmin, ymin, xmax, ymax)


def moved_together(
    boxes: Mapping[int, Box], dx: float, dy: float, width: float, height: float, snap: float = 0.0
) -> dict[int, Box]:
    """All ``boxes`` moved alike, as far as the image goes for the whole of them."""
    if not boxes:
        return {}
    edges = list(zip(*(box.as_tuple() for box in boxes.values()), strict=True))
    dx = _slid(min(edges[0]), max(edges[2]), dx, width, snap)
    dy = _slid(min(edges[1]), max(edges[3]), dy, height, snap)
    return {index: box.moved(dx, dy) for index, box in boxes.items()}


def _slid(low: float, high: float, delta: float, limit: float, snap: float) -> float:
    """How far something from ``low`` to ``high`` goes when it is moved by ``delta``."""
    to_first, to_last = min(-low, 0.0), max(limit - high, 0.0)
    if delta < 0 and delta <= to_first + snap:
        return to_first
    if delta > 0 and delta >= to_last - snap:
        return to_last
    return min(max(float(round(delta)), to_first), to_last)


def _stretched(
    low: float, high: float, delta: float, first: bool, last: bool, limits: tuple[float, float]
) -> tuple[float, float]:
    limit, snap = limits
    if first:
        low = snapped(low + delta, limit, snap)
    if last:
        high = snapped(high + delta, limit, snap)
    low, high = min(low, high), max(low, high)
    if (first or last) and high - low < 1.0:
        low = min(low, max(limit - 1.0, 0.0))
        high = min(low + 1.0, limit)
    return low, high


def snapped(at: float, limit: float, snap: float) -> float:
    """A whole pixel from 0 to ``limit``; the nearer end if it is not farther than ``snap``."""
    if at <= snap:
        return 0.0
    return limit if at >= limit - snap else float(round(at))


def spanned(
    x0: float, y0: float, x1: float, y1: float, width: float, height: float, snap: float = 0.0
) -> Box:
    """The box drawn from one corner to another: whole pixels that the drag touched, clipped."""
    box = Box(x0, y0, x1, y1).normalised().clipped(width, height)
    return Box(
        0.0 if box.xmin <= snap else float(math.floor(box.xmin)),
        0.0 if box.ymin <= snap else float(math.floor(box.ymin)),
        width if box.xmax >= width - snap else min(float(math.ceil(box.xmax)), width),
        height if box.ymax >= height - snap else min(float(math.ceil(box.ymax)), height),
    )
