"""Outlines of many boxes in a few calls, sharp on whole pixels of the device."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen

from app.canvas import palette
from app.canvas.lines import Line

_DASHES = {Line.DASHED: (8.0, 5.0), Line.DOTTED: (2.0, 4.0)}
_MOST_WIDE = 250  # boxes; more of them are told apart better by thin lines
Edges = NDArray[np.int64]  # (n, 4) xmin, ymin, xmax, ymax in whole pixels of the device


class Outline(NamedTuple):
    """Boxes that look the same."""

    edges: Edges
    colour: QColor
    line: Line = Line.SOLID


@contextmanager
def device_pixels(painter: QPainter) -> Iterator[float]:
    """Paint in pixels of the device for a while; gives their number per logical pixel."""
    ratio = painter.device().devicePixelRatioF()
    painter.save()
    painter.scale(1.0 / ratio, 1.0 / ratio)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    yield ratio
    painter.restore()


def paint_outlines(painter: QPainter, outlines: Sequence[Outline]) -> None:
    """Two pixels wide in their colour, on a wider dark line, so that they show on any picture.

    Qt strokes wide lines slowly: solid ones are filled as bars, dashed ones drawn one pixel wide
    and side by side, which makes hundreds of boxes a matter of milliseconds. Very many get lines
    of one pixel and no rim.
    """
    count = sum(len(outline.edges) for outline in outlines)
    if not count:
        return
    with device_pixels(painter) as ratio:
        half, thin = max(1, round(ratio)), count > _MOST_WIDE
        if not thin:
            every = np.concatenate([outline.edges for outline in outlines])
            _fill(painter, _bars(every, 2 * half), palette.CASING)
        for edges, colour, line in outlines:
            if line is not Line.SOLID or thin:
                offsets = range(half) if thin else range(-half, half)
                _stroke(painter, edges, _pen(colour, ratio, line), offsets)
            else:
                _fill(painter, _bars(edges, half), colour)


def rects_of(edges: Edges) -> list[QRect]:
    """Each box as one rectangle."""
    corners = edges[:, :2]
    return [QRect(*row) for row in np.hstack([corners, edges[:, 2:] - corners]).tolist()]


def _bars(edges: Edges, half: int) -> list[QRect]:
    """Four filled bars for each box, reaching ``half`` pixels to both sides of its edges."""
    x0, y0, x1, y1 = edges.T
    thick = np.full_like(x0, 2 * half)
    wide, high = x1 - x0 + 2 * half, np.maximum(y1 - y0 - 2 * half, 0)
    bars = (
        (x0 - half, y0 - half, wide, thick),
        (x0 - half, y1 - half, wide, thick),
        (x0 - half, y0 + half, thick, high),
        (x1 - half, y0 + half, thick, high),
    )
    rows = np.hstack([np.stack(bar) for bar in bars]).T
    return [QRect(*row) for row in rows.tolist()]


def _fill(painter: QPainter, bars: list[QRect], colour: QColor) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QBrush(colour))
    painter.drawRects(bars)


def _pen(colour: QColor, ratio: float, line: Line) -> QPen:
    pen = QPen(colour, 1.0)
    pen.setCosmetic(True)
    if line in _DASHES:
        pen.setDashPattern([dash * ratio for dash in _DASHES[line]])
    return pen


def _stroke(painter: QPainter, edges: Edges, pen: QPen, offsets: range) -> None:
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    rects = rects_of(edges)
    for offset in offsets:
        painter.translate(offset, offset)
        painter.drawRects(rects)
        painter.translate(-offset, -offset)
