"""A magnifier beside the mouse: the pixels under it, and the boxes there."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QTransform

from app.canvas import marks, palette
from app.canvas.box_layer import BoxLayer
from app.canvas.gestures import Point
from app.canvas.picture import Picture

SIDE = 190.0  # pixels of the screen
POWER = 4.0  # times as large as on the canvas, but at least
_LEAST_SCALE = 3.0  # screen pixels per image pixel
_MOST_SCALE = 40.0
_AWAY = 26.0  # from the mouse


def loupe_scale(scale: float) -> float:
    """Screen pixels per image pixel in the loupe, for a canvas of ``scale``."""
    return max(min(max(scale * POWER, _LEAST_SCALE), _MOST_SCALE), scale)


def loupe_place(at: QPointF, room: QRectF) -> QRectF:
    """Where the loupe is painted: right above the mouse, on the other sides near the edges."""
    left = at.x() + _AWAY if at.x() + _AWAY + SIDE <= room.right() else at.x() - _AWAY - SIDE
    top = at.y() - _AWAY - SIDE if at.y() - _AWAY - SIDE >= room.top() else at.y() + _AWAY
    return QRectF(left, top, SIDE, SIDE)


def paint_loupe(
    painter: QPainter,
    at: Point,
    scale: float,
    room: QRectF,
    picture: Picture,
    layer: BoxLayer,
    stage: QColor,
) -> None:
    place, power = loupe_place(at.screen, room), loupe_scale(scale)
    centre = place.center()
    to_loupe = QTransform()
    to_loupe.translate(centre.x() - at.image.x() * power, centre.y() - at.image.y() * power)
    to_loupe.scale(power, power)
    painter.save()
    painter.fillRect(place, stage)
    picture.paint(painter, place, to_loupe)
    painter.setClipRect(place)
    layer.paint_within(painter, place, to_loupe)
    marks.paint_crosshair(painter, centre, place)
    painter.restore()
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, width in ((palette.CASING, 4.0), (palette.HANDLE, 1.5)):
        painter.setPen(QPen(colour, width))
        painter.drawRect(place)
