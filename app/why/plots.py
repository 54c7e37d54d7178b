"""Panels that are no maps: the sorted channel attention, a word in place of a map."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from app.i18n import mark, tr, whole
from app.why import colouring
from app.why.lens import Framing
from app.why.model import PART, Channels, FloatMap
from app.why.panels import FOOT, Panel, number, paint_small, paint_title
from app.why.style import SMALL_PX, TITLE_PX, Style, font

_MARKS = 8.0  # pixels beneath the curve for the marks of dropped channels
_LINE = 15.0  # pixels of a line of small text
_LEAST = 0.04  # height of the least attention that is not zero


@dataclass(eq=False)
class ChannelPanel(Panel):
    """Channel attention from the strongest to the weakest; dropped channels marked beneath.

    The scale is logarithmic: the threshold is a small multiple of the least attention, and would
    lie on the ground of a linear one. Channels that are silent stand on the ground.
    """

    channels: Channels
    title: str = mark("Channel attention  S")

    def __post_init__(self) -> None:
        order = np.argsort(-self.channels.attention, kind="stable")
        self.sorted = self.channels.attention[order]
        self.dropped = np.flatnonzero(self.channels.kept[order] < 0.5)
        positive = [float(v) for v in (*self.sorted, self.channels.threshold) if v > 0] or [1.0]
        self._low, self._high = min(positive), max(positive)
        self._heights = self._heights_of(self.sorted)

    @property
    def summary(self) -> str:
        dropped, count = len(self.dropped), len(self.sorted)
        return tr("{dropped} of {count} dropped", dropped=whole(dropped), count=whole(count))

    def height_of(self, value: float) -> float:
        """The place of an attention between the ground, 0, and the top, 1."""
        return float(self._heights_of(np.array([value], np.float32))[0])

    def _heights_of(self, values: FloatMap) -> FloatMap:
        span = math.log(self._high / self._low) or 1.0
        share = np.log(np.maximum(values, self._low) / self._low) / span
        heights = _LEAST + (1 - _LEAST) * np.minimum(share, 1.0)
        result: FloatMap = np.where(values > 0, heights, 0.0).astype(np.float32)
        return result

    def paint(self, painter: QPainter, rect: QRectF, lens: Framing, style: Style) -> None:  # noqa: ARG002
        paint_title(painter, rect, tr(self.title), style)
        area = self.body(rect).adjusted(0, 2, -1, -_MARKS)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        self._paint_curve(painter, area, style)
        self._paint_threshold(painter, area, style)
        self._paint_dropped(painter, area)
        self._paint_scale(painter, area, style)
        foot = QRectF(rect.left(), rect.bottom() - FOOT, rect.width(), FOOT)
        paint_small(painter, foot, self.summary, style)

    def _paint_curve(self, painter: QPainter, area: QRectF, style: Style) -> None:
        # a point for each pixel is enough
        count = min(len(self.sorted), max(int(area.width()), 2))
        shown = np.unique(np.linspace(0, len(self.sorted) - 1, count).astype(np.intp))
        curve = [self._point(area, int(at), float(self._heights[at])) for at in shown]
        polygon = QPolygonF([area.bottomLeft(), *curve, area.bottomRight()])
        fill = QColor(style.accent)
        fill.setAlpha(70)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(fill)
        painter.drawPolygon(polygon)
        painter.setPen(QPen(style.accent, 1.4))
        painter.drawPolyline(QPolygonF(curve))
        painter.setPen(QPen(style.border, 1.0))
        painter.drawLine(area.bottomLeft(), area.bottomRight())

    def _paint_threshold(self, painter: QPainter, area: QRectF, style: Style) -> None:
        y = self._point(area, 0, self.height_of(self.channels.threshold)).y()
        painter.setPen(QPen(style.text, 1.0, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
        words = tr("threshold {value}", value=number(self.channels.threshold))
        below = y - area.top() < _LINE  # no room above it
        room = QRectF(area.left() + 4, y if below else y - _LINE, area.width() - 8, _LINE)
        painter.setFont(font(SMALL_PX))
        painter.setPen(style.text)
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, words)

    def _paint_scale(self, painter: QPainter, area: QRectF, style: Style) -> None:
        """The ends of the scale, at the upper right, where the curve has fallen."""
        painter.setFont(font(SMALL_PX))
        painter.setPen(style.muted)
        ends = {"high": number(float(self.sorted[0])), "low": number(float(self.sorted[-1]))}
        words = tr("{high} to {low}\nlog scale", **ends)
        painter.drawText(area, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop), words)

    def _paint_dropped(self, painter: QPainter, area: QRectF) -> None:
        painter.setPen(QPen(colouring.MASK_COLOURS[PART], 1.2))
        for at in self.dropped:
            x = self._point(area, int(at), 0.0).x()
            painter.drawLine(QPointF(x, area.bottom() + 2), QPointF(x, area.bottom() + _MARKS))

    def _point(self, area: QRectF, at: int, height: float) -> QPointF:
        x = area.left() + (at + 0.5) / len(self.sorted) * area.width()
        return QPointF(x, area.bottom() - height * area.height())


@dataclass(eq=False)
class NotePanel(Panel):
    """A sentence in place of a map."""

    title: str
    text: str

    def paint(self, painter: QPainter, rect: QRectF, lens: Framing, style: Style) -> None:  # noqa: ARG002
        paint_title(painter, rect, self.title, style)
        area = self.body(rect)
        painter.setPen(QPen(style.border, 1.0, Qt.PenStyle.DashLine))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        painter.setFont(font(TITLE_PX - 1))
        painter.setPen(style.muted)
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(area.adjusted(10, 6, -10, -6), int(flags), self.text)
