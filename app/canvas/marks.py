"""What is painted over the boxes while a person works on them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from app.canvas import palette

HANDLE_SIDE = 8.0
_HANDLES_NEED = 48.0  # pixels of a side below which it has no handle in its middle
_CORNERS_NEED = 14.0  # below it the corners' handles would cover the box: they move outwards
_CROSS = 7.0  # half the length of the cross that marks a point


def paint_tint(painter: QPainter, rect: QRectF, colour: QColor) -> None:
    fill = QColor(colour)
    fill.setAlpha(26)
    painter.fillRect(rect, fill)


def paint_handles(painter: QPainter, rect: QRectF) -> None:
    """Squares at the corners, and in the middle of sides that are long enough."""
    apart = max(0.0, (_CORNERS_NEED - min(rect.width(), rect.height())) / 2)
    outer = rect.adjusted(-apart, -apart, apart, apart)
    xs, ys = [outer.left(), outer.right()], [outer.top(), outer.bottom()]
    points = [QPointF(x, y) for x in xs for y in ys]
    if rect.width() >= _HANDLES_NEED:
        points += [QPointF(rect.center().x(), y) for y in ys]
    if rect.height() >= _HANDLES_NEED:
        points += [QPointF(x, rect.center().y()) for x in xs]
    half = HANDLE_SIDE / 2
    painter.setPen(QPen(palette.CASING, 1.5))
    painter.setBrush(palette.HANDLE)
    painter.drawRects(
        [QRectF(p.x() - half, p.y() - half, HANDLE_SIDE, HANDLE_SIDE) for p in points]
    )


def paint_crosshair(painter: QPainter, at: QPointF, room: QRectF) -> None:
    """Two lines through the whole widget, light on dark so that they show on any picture."""
    lines = [
        QLineF(room.left(), at.y(), room.right(), at.y()),
        QLineF(at.x(), room.top(), at.x(), room.bottom()),
    ]
    for colour, dashes in ((palette.CASING, None), (palette.HANDLE, [4.0, 4.0])):
        pen = QPen(colour, 1.0)
        if dashes:
            pen.setDashPattern(dashes)
        painter.setPen(pen)
        painter.drawLines(lines)


def paint_points(painter: QPainter, points: Sequence[QPointF]) -> None:
    """A cross for each point that was clicked, with its number."""
    font = painter.font()
    font.setPixelSize(11)
    painter.setFont(font)
    for number, at in enumerate(points, start=1):
        lines = [
            QLineF(at.x() - _CROSS, at.y(), at.x() + _CROSS, at.y()),
            QLineF(at.x(), at.y() - _CROSS, at.x(), at.y() + _CROSS),
        ]
        for colour, width in ((palette.CASING, 5.0), (palette.HANDLE, 2.0)):
            painter.setPen(QPen(colour, width))
            painter.drawLines(lines)
        painter.setPen(palette.CHIP_TEXT)
        painter.fillRect(QRectF(at.x() + 6, at.y() - 19, 13, 15), palette.CHIP)
        painter.drawText(QPointF(at.x() + 9, at.y() - 8), str(number))


def paint_band(painter: QPainter, band: QRectF) -> None:
    """The rubber band."""
    fill = QColor(palette.HANDLE)
    fill.setAlpha(36)
    painter.setBrush(fill)
    for colour, dashes in ((palette.CASING, None), (palette.HANDLE, [4.0, 4.0])):
        pen = QPen(colour, 1.0)
        if dashes:
            pen.setDashPattern(dashes)
        painter.setPen(pen)
        painter.drawRect(band)
        painter.setBrush(Qt.BrushStyle.NoBrush)
