"""What stands on a sheet: a map with its scale, painted the same on the screen and on paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPen

from app.canvas import palette
from app.i18n import percent, spelt, tr
from app.why import colouring
from app.why.lens import Framing
from app.why.model import ERASED, KEPT, Layer, Look, Marked
from app.why.style import SMALL_PX, TITLE_PX, Style, font, mark_pen

HEAD, FOOT = 20.0, 18.0  # pixels above and beneath the map: the title, the scale


class Panel:
    """One place of a sheet. ``key`` tells panels apart when a sheet is filled anew."""

    title: str

    def body(self, rect: QRectF) -> QRectF:
        """The part of ``rect`` between title and scale."""
        return rect.adjusted(0, HEAD, 0, -FOOT)

    @property
    def is_map(self) -> bool:
        """True if the mouse can point at a place of the image in it."""
        return False

    def paint(self, painter: QPainter, rect: QRectF, lens: Framing, style: Style) -> None:  # noqa: ARG002
        """Everything that does not follow the mouse."""
        paint_title(painter, rect, self.title, style)

    def paint_over(self, painter: QPainter, rect: QRectF, lens: Framing, style: Style) -> None:
        """What follows the mouse and the slider."""


@dataclass(eq=False)
class MapPanel(Panel):
    """A map, the photograph, or the one over the other, with boxes.

    ``size`` is the image's, in pixels. Cells are squares of one colour at any zoom unless
    ``smooth``.
    """

    title: str
    size: tuple[int, int]
    photo: QImage | None = None
    layer: Layer | None = None
    marks: Sequence[Marked] = ()
    smooth: bool = False
    note: str = ""
    digits: int = 3

    def __post_init__(self) -> None:
        over = self.photo is not None
        self._cells = None if self.layer is None else colouring.picture(self.layer, over)

    @property
    def is_map(self) -> bool:
        return True

    def paint(self, painter: QPainter, rect: QRectF, lens: Framing, style: Style) -> None:
        paint_title(painter, rect, self.title, style)
        area = self.body(rect)
        seen = lens.visible(area)
        painter.save()
        painter.setClipRect(seen, Qt.ClipOperation.IntersectClip)
        frame = lens.frame(area)
        smooth = QPainter.RenderHint.SmoothPixmapTransform
        painter.fillRect(seen, style.stage)
        if self.photo is not None:
            painter.setRenderHint(smooth, True)
            painter.drawImage(frame, self.photo)
        if self._cells is not None:
            painter.setRenderHint(smooth, self.smooth)
            painter.drawImage(frame, self._enlarged(painter, frame))
        painter.restore()
        if self.layer is not None and self.layer.look is Look.MASK:  # most of it is pale
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(style.border, 1.0))
            painter.drawRect(seen)
        self._paint_foot(painter, rect, style)

    def paint_over(self, painter: QPainter, rect: QRectF, lens: Framing, style: Style) -> None:
        area = self.body(rect)
        painter.save()
        painter.setClipRect(lens.visible(area), Qt.ClipOperation.IntersectClip)
        frame = lens.frame(area)
        for mark in self.marks:
            paint_mark(painter, _on_screen(mark, frame, self.size), mark)
        if lens.cursor is not None:
            self._paint_cursor(painter, frame, lens.cursor)
        painter.restore()
        if lens.cursor is not None and self.layer is not None:
            paint_corner(painter, rect, self.value_at(lens.cursor), style)

    def value_at(self, place: QPointF) -> str:
        """The value of the cell at ``place``, as text; empty without a map."""
        if self.layer is None:
            return ""
        column, row = self.layer.cell_at(place.x(), place.y())
        value = float(self.layer.values[row, column])
        if self.layer.look is Look.MASK:
            assert self.layer.codes is not None
            return tr(colouring.MASK_WORDS[int(self.layer.codes[row, column])])
        return number(value)

    def _enlarged(self, painter: QPainter, frame: QRectF) -> QImage:
        """The cells; for paper as blocks of many pixels, since viewers would blur single ones."""
        assert self._cells is not None
        if self.smooth or painter.paintEngine().type() != painter.paintEngine().Type.SVG:
            return self._cells
        factor = max(1, round(4 * frame.width() / self._cells.width()))
        size = self._cells.size() * factor
        return self._cells.scaled(
            size,
            Qt.AspectRatioMode.IgnoreAspectRatio,
            Qt.TransformationMode.FastTransformation,
        )

    def _paint_cursor(self, painter: QPainter, frame: QRectF, cursor: QPointF) -> None:
        if self.layer is None or self.smooth:
            point = QPointF(
                frame.left() + cursor.x() * frame.width(), frame.top() + cursor.y() * frame.height()
            )
            paint_cross(painter, point)
            return
        columns, rows = self.layer.size
        column, row = self.layer.cell_at(cursor.x(), cursor.y())
        width, height = frame.width() / columns, frame.height() / rows
        left, top = frame.left() + column * width, frame.top() + row * height
        paint_cell(painter, QRectF(left, top, width, height))

    def _paint_foot(self, painter: QPainter, rect: QRectF, style: Style) -> None:
        foot = QRectF(rect.left(), rect.bottom() - FOOT, rect.width(), FOOT)
        if self.layer is None:
            paint_small(painter, foot, self.note, style)
        elif self.layer.look is Look.MASK:
            _paint_legend(painter, foot, self.layer, style)
        else:
            _paint_scale(painter, foot, self.layer, style)


def number(value: float) -> str:
    """Three significant digits, short."""
    if value == 0:
        return "0"
    return spelt(f"{value:.2f}" if 0.095 <= abs(value) < 100 else f"{value:.3g}")


def paint_title(painter: QPainter, rect: QRectF, title: str, style: Style) -> None:
    painter.setFont(font(TITLE_PX))
    painter.setPen(style.text)
    room = QRectF(rect.left(), rect.top(), rect.width(), HEAD - 2)
    text = QFontMetricsF(painter.font()).elidedText(
        title, Qt.TextElideMode.ElideRight, room.width()
    )
    painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)


def paint_corner(painter: QPainter, rect: QRectF, text: str, style: Style) -> None:
    """A value at the right of the title, over whatever of the title is there."""
    painter.setFont(font(TITLE_PX, bold=True))
    width = QFontMetricsF(painter.font()).horizontalAdvance(text) + 6
    room = QRectF(rect.right() - width, rect.top(), width, HEAD - 2)
    painter.fillRect(room, style.paper)
    painter.setPen(style.accent)
    painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)


def paint_small(painter: QPainter, rect: QRectF, text: str, style: Style) -> None:
    painter.setFont(font(SMALL_PX))
    painter.setPen(style.muted)
    text = QFontMetricsF(painter.font()).elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
    painter.drawText(rect, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)


def paint_mark(painter: QPainter, rect: QRectF, mark: Marked) -> None:
    """A box with a dark casing, so that it shows on any picture."""
    pen = mark_pen(mark.kind)
    casing = QPen(palette.CASING, pen.widthF() + 2)
    casing.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    for each in (casing, pen):
        painter.setPen(each)
        painter.drawRect(rect)


def paint_cell(painter: QPainter, rect: QRectF) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, inset in ((QColor(0, 0, 0, 210), 0.0), (QColor(255, 255, 255), 1.0)):
        painter.setPen(QPen(colour, 1.0))
        painter.drawRect(rect.adjusted(inset, inset, -inset, -inset))


def paint_cross(painter: QPainter, point: QPointF) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    for colour, width in ((QColor(0, 0, 0, 190), 3.0), (QColor(255, 255, 255), 1.2)):
        painter.setPen(QPen(colour, width))
        painter.drawLine(point - QPointF(6, 0), point + QPointF(6, 0))
        painter.drawLine(point - QPointF(0, 6), point + QPointF(0, 6))


def _on_screen(mark: Marked, frame: QRectF, size: tuple[int, int]) -> QRectF:
    x, y = frame.width() / max(size[0], 1), frame.height() / max(size[1], 1)
    box = mark.box
    return QRectF(
        frame.left() + box.xmin * x, frame.top() + box.ymin * y, box.width * x, box.height * y
    )


def _paint_scale(painter: QPainter, foot: QRectF, layer: Layer, style: Style) -> None:
    """Low end, colours, high end; thresholds as notches in the bar."""
    painter.setFont(font(SMALL_PX))
    metrics = QFontMetricsF(painter.font())
    low, high = number(layer.low), number(layer.high)
    left = foot.left() + metrics.horizontalAdvance(low) + 5
    right = foot.right() - metrics.horizontalAdvance(high) - 5
    painter.setPen(style.muted)
    painter.drawText(foot, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, low)
    painter.drawText(foot, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, high)
    bar = QRectF(left, foot.center().y() - 3, max(right - left, 4), 6)
    colours = colouring.table(layer.look)
    strip = QImage(colours.data, len(colours), 1, 3 * len(colours), QImage.Format.Format_RGB888)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, True)
    painter.drawImage(bar, strip)
    for value, _symbol in layer.ticks:
        x = left + (value - layer.low) / (layer.high - layer.low) * bar.width()
        if bar.left() <= x <= bar.right():
            painter.setPen(QPen(style.text, 1.2))
            painter.drawLine(QPointF(x, bar.top() - 3), QPointF(x, bar.bottom() + 3))


def _paint_legend(painter: QPainter, foot: QRectF, layer: Layer, style: Style) -> None:
    """A square for each kind of erased cell, then their word and share."""
    assert layer.codes is not None
    shares = {code: float((layer.codes == code).mean()) for code in colouring.MASK_COLOURS}
    erased = [code for code, share in shares.items() if share > 0 and code != KEPT]
    word = tr(colouring.MASK_WORDS[erased[0] if len(erased) == 1 else ERASED])
    x = foot.left()
    for code in erased:
        square = QRectF(x, foot.center().y() - 4, 8, 8)
        painter.fillRect(square, colouring.MASK_COLOURS[code])
        painter.setPen(QPen(style.border, 0.8))
        painter.drawRect(square)
        x += 11
    text = f"{word} {percent(1 - shares[KEPT])}" if erased else tr("nothing erased")
    paint_small(painter, foot.adjusted(x - foot.left() + 1, 0, 0, 0), text, style)
