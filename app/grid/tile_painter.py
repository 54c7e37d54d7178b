"""Paints one tile: picture or crop, boxes, state mark, name, score, selection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from app import theme
from app.canvas import palette
from app.canvas.lines import Line, line_of
from app.grid.boxes import Boxes
from app.grid.tiling import CAPTION
from app.i18n import decimal
from app.panels.state_marks import mark_icon, mark_pixmap
from engine.domain.geometry import Box
from engine.domain.records import WAITING_STATES, QueueEntry

_MARK = 14
_STYLES = {
    Line.SOLID: Qt.PenStyle.SolidLine,
    Line.DASHED: Qt.PenStyle.DashLine,
    Line.DOTTED: Qt.PenStyle.DotLine,
}
#: A crop shows this much of the box's sides around it.
_MARGIN = 0.12


@dataclass(frozen=True, slots=True)
class Tile:
    """What a tile shows; picture and boxes may be on their way."""

    entry: QueueEntry
    picture: QImage | None
    boxes: Boxes | None
    selected: bool
    current: bool


def paint_tile(
    painter: QPainter, area: QRect, tile: Tile, crops: bool, class_colours: Mapping[int, str]
) -> None:
    """``class_colours``: ``#rrggbb`` by class id."""
    colours = theme.colours()
    square = QRect(area.left(), area.top(), area.width(), area.height() - CAPTION)
    painter.fillRect(square, QColor(colours.canvas))
    if tile.picture is not None and tile.entry.width:
        seen = _seen_part(tile, crops)
        target = _fitted(seen, square)
        _paint_picture(painter, target, tile.picture, tile.entry, seen)
        _paint_boxes(painter, target, tile.boxes or (), seen, class_colours)
    elif tile.entry.problem:
        mark = mark_pixmap("warning", colours.problem, 24, _ratio(painter))
        painter.drawPixmap(square.center().x() - 12, square.center().y() - 12, mark)
    _paint_veil(painter, square, tile.entry)
    _paint_caption(painter, QRect(area.left(), square.bottom() + 3, area.width(), CAPTION), tile)
    _paint_frame(painter, area, tile)


def _seen_part(tile: Tile, crops: bool) -> Box:
    """The part of the image that is shown, in its pixels."""
    whole = Box(0, 0, tile.entry.width, tile.entry.height)
    if not crops or not tile.boxes:
        return whole
    boxes = [shape.box for shape in tile.boxes]
    around = Box(
        min(b.xmin for b in boxes),
        min(b.ymin for b in boxes),
        max(b.xmax for b in boxes),
        max(b.ymax for b in boxes),
    )
    dx, dy = around.width * _MARGIN + 2, around.height * _MARGIN + 2
    wide = Box(around.xmin - dx, around.ymin - dy, around.xmax + dx, around.ymax + dy)
    part = wide.clipped(whole.xmax, whole.ymax)
    return part if part.has_extent else whole


def _fitted(seen: Box, square: QRect) -> QRectF:
    scale = min(square.width() / seen.width, square.height() / seen.height)
    width, height = seen.width * scale, seen.height * scale
    left = square.left() + (square.width() - width) / 2
    return QRectF(left, square.top() + (square.height() - height) / 2, width, height)


def _paint_picture(
    painter: QPainter, target: QRectF, picture: QImage, entry: QueueEntry, seen: Box
) -> None:
    x, y = picture.width() / entry.width, picture.height() / entry.height
    part = QRectF(seen.xmin * x, seen.ymin * y, seen.width * x, seen.height * y)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, True)
    painter.drawImage(target, picture, part)


def _paint_boxes(
    painter: QPainter, target: QRectF, boxes: Boxes, seen: Box, class_colours: Mapping[int, str]
) -> None:
    scale = target.width() / seen.width
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for shape in boxes:
        box = shape.box
        place = QRectF(
            target.left() + (box.xmin - seen.xmin) * scale,
            target.top() + (box.ymin - seen.ymin) * scale,
            box.width * scale,
            box.height * scale,
        )
        painter.setPen(QPen(QColor(0, 0, 0, 130), 3.0))
        painter.drawRect(place)
        colour = class_colours.get(shape.class_id, palette.NO_CLASS)
        painter.setPen(QPen(QColor(colour), 1.6, _STYLES[line_of(shape)]))
        painter.drawRect(place)


def _paint_veil(painter: QPainter, square: QRect, entry: QueueEntry) -> None:
    """What is decided stands back, so that what waits is seen first."""
    if entry.state not in WAITING_STATES:
        veil = QColor(theme.colours().surface)
        veil.setAlpha(110)
        painter.fillRect(square, veil)


def _paint_caption(painter: QPainter, area: QRect, tile: Tile) -> None:
    colours, entry = theme.colours(), tile.entry
    colour = colours.problem if entry.problem else colours.state(entry.state)
    mark = mark_pixmap(mark_icon(entry), colour, _MARK, _ratio(painter))
    painter.drawPixmap(area.left() + 2, area.top() + 1, mark)
    score = "" if entry.score is None else decimal(entry.score, 2)
    metrics = painter.fontMetrics()
    right = metrics.horizontalAdvance(score) + 4
    painter.setPen(QColor(colours.muted))
    painter.drawText(area, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop, score)
    painter.setPen(QColor(colours.text))
    words = area.adjusted(_MARK + 6, 0, -right, 0)
    name = entry.path.rpartition("/")[2]
    text = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, words.width())
    painter.drawText(words, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, text)


def _paint_frame(painter: QPainter, area: QRect, tile: Tile) -> None:
    accent = QColor(theme.colours().accent)
    frame = QRectF(area).adjusted(-3, -3, 3, 2)
    if tile.selected:
        fill = QColor(accent)
        fill.setAlpha(46)
        painter.fillRect(frame, fill)
        painter.setPen(QPen(accent, 2.0))
        painter.drawRect(frame)
    if tile.current:
        painter.setPen(QPen(accent, 1.4, Qt.PenStyle.DotLine))
        painter.drawRect(frame.adjusted(-2, -2, 2, 2))


def _ratio(painter: QPainter) -> float:
    return float(painter.device().devicePixelRatio())
