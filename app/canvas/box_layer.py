"""Paints the boxes in pixels of the screen: lines and handles keep their size at any zoom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QTransform
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from app.canvas import palette
from app.models.shapes import Shape
from engine.domain.geometry import Box

HANDLE_SIDE = 8.0
_LABEL_NEEDS = 26.0  # pixels of width below which a box carries no label
_HANDLES_NEED = 24.0  # below it only the corners show handles
_FAR = 1e6  # pixels; beyond, whole numbers are no good any more


class BoxLayer(QGraphicsItem):
    """One item for all boxes: a thousand of them cost one paint call, not a thousand items."""

    def __init__(self, parent: QGraphicsItem) -> None:
        super().__init__(parent)
        self.setZValue(10)
        self._shapes: Sequence[Shape] = ()
        self._names: Mapping[int, str] = {}
        self._selected: frozenset[int] = frozenset()
        self._hovered: int | None = None
        self._moving: Mapping[int, Box] = {}
        self._draft: Box | None = None
        self._bounds = QRectF()
        self._to_screen = QTransform()
        self._font = QFont()
        self._font.setPixelSize(11)

    def place(self, bounds: QRectF, to_screen: QTransform) -> None:
        """The visible part of the scene, and the way from image pixels to it."""
        if bounds != self._bounds:
            self.prepareGeometryChange()
            self._bounds = QRectF(bounds)
        self._to_screen = QTransform(to_screen)
        self.update()

    def set_shapes(self, shapes: Sequence[Shape]) -> None:
        self._shapes = shapes
        self._moving = {}
        self.update()

    def set_names(self, names: Mapping[int, str]) -> None:
        self._names = names
        self.update()

    def set_marks(self, selected: frozenset[int], hovered: int | None) -> None:
        self._selected, self._hovered = selected, hovered
        self.update()

    def set_moving(self, boxes: Mapping[int, Box]) -> None:
        """Boxes at some indices as they are while being dragged."""
        self._moving = boxes
        self.update()

    def set_draft(self, box: Box | None) -> None:
        """The box being drawn."""
        self._draft = box
        self.update()

    def screen_box(self, box: Box) -> Box:
        rect = self._to_screen.mapRect(QRectF(box.xmin, box.ymin, box.width, box.height))
        return Box(rect.left(), rect.top(), rect.right(), rect.bottom())

    def boundingRect(self) -> QRectF:
        return self._bounds

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionGraphicsItem,  # noqa: ARG002
        widget: QWidget | None = None,  # noqa: ARG002
    ) -> None:
        painter.setFont(self._font)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        last = sorted(self._selected & set(range(len(self._shapes))))
        others = [i for i in range(len(self._shapes)) if i not in self._selected]
        for index in (*others, *last):
            self._paint_shape(painter, index)
        if self._draft is not None:
            _paint_outline(painter, self._rect(self._draft), palette.ANNOTATION, False)

    def _rect(self, box: Box) -> QRectF:
        """On whole pixels, where lines of even width are sharp."""
        rect = self._to_screen.mapRect(QRectF(box.xmin, box.ymin, box.width, box.height))
        return QRectF(rect.toRect()) if rect.width() < _FAR and rect.height() < _FAR else rect

    def _paint_shape(self, painter: QPainter, index: int) -> None:
        shape = self._shapes[index]
        rect = self._rect(self._moving.get(index, shape.box))
        if not rect.adjusted(-40, -40, 40, 40).intersects(self._bounds):
            return
        selected = index in self._selected
        proposal = shape.is_proposal and index not in self._moving
        colour = palette.PROPOSAL if proposal else palette.ANNOTATION
        _paint_outline(painter, rect, colour, proposal)
        if index == self._hovered and not selected:
            _paint_tint(painter, rect, colour)
        if rect.width() >= _LABEL_NEEDS or selected:
            self._paint_label(painter, rect, self._label(shape), colour)
        if selected:
            _paint_handles(painter, rect)

    def _label(self, shape: Shape) -> str:
        name = self._names.get(shape.class_id, "?")
        if shape.is_proposal and shape.score is not None:
            return f"{name}  {shape.score:.2f}"
        return name

    def _paint_label(self, painter: QPainter, rect: QRectF, text: str, colour: QColor) -> None:
        metrics = QFontMetricsF(self._font)
        room = max(rect.width() - 14, 60.0)
        text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)
        width, height = metrics.horizontalAdvance(text) + 14, metrics.height() + 4
        left = min(max(rect.left() - 1, self._bounds.left()), self._bounds.right() - width)
        top = rect.top() - height - 3
        if top < self._bounds.top():
            top = min(max(rect.top(), self._bounds.top()) + 3, rect.bottom() - height)
        chip = QRectF(left, top, width, height)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(palette.CHIP)
        painter.drawRoundedRect(chip, 2, 2)
        painter.fillRect(QRectF(left, top, 3, height), colour)
        painter.setPen(palette.CHIP_TEXT)
        painter.drawText(chip.adjusted(8, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, text)


def _paint_outline(painter: QPainter, rect: QRectF, colour: QColor, dashed: bool) -> None:
    casing = QPen(palette.CASING, 4.0)
    line = QPen(colour, 2.0)
    for pen in (casing, line):
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    if dashed:
        line.setDashPattern([4.0, 2.5])
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for pen in (casing, line):
        painter.setPen(pen)
        painter.drawRect(rect)


def _paint_tint(painter: QPainter, rect: QRectF, colour: QColor) -> None:
    fill = QColor(colour)
    fill.setAlpha(18)
    painter.fillRect(rect, fill)


def _paint_handles(painter: QPainter, rect: QRectF) -> None:
    xs, ys = [rect.left(), rect.right()], [rect.top(), rect.bottom()]
    points = [QPointF(x, y) for x in xs for y in ys]
    if rect.width() >= _HANDLES_NEED * 2:
        points += [QPointF(rect.center().x(), y) for y in ys]
    if rect.height() >= _HANDLES_NEED * 2:
        points += [QPointF(x, rect.center().y()) for x in xs]
    painter.setPen(QPen(palette.CASING, 1.5))
    painter.setBrush(palette.HANDLE)
    half = HANDLE_SIDE / 2
    for point in points:
        painter.drawRect(QRectF(point.x() - half, point.y() - half, HANDLE_SIDE, HANDLE_SIDE))
