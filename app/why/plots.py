"""Panels that are no maps: the sorted channel attention, class probabilities, a word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF

from app.why import colouring
from app.why.lens import Framing
from app.why.model import PART, Channels, ClassScore
from app.why.panels import FOOT, Panel, number, paint_small, paint_title
from app.why.style import SMALL_PX, TITLE_PX, Style, font

_MARKS = 8.0  # pixels beneath the curve for the marks of dropped channels


@dataclass(eq=False)
class ChannelPanel(Panel):
    """Channel attention from the strongest to the weakest; dropped channels marked beneath."""

    channels: Channels
    title: str = "Channel attention"

    def __post_init__(self) -> None:
        order = np.argsort(-self.channels.attention, kind="stable")
        self.sorted = self.channels.attention[order]
        self.dropped = np.flatnonzero(self.channels.kept[order] < 0.5)

    @property
    def summary(self) -> str:
        count = len(self.sorted)
        return f"{len(self.dropped)} / {count} dropped, S < {number(self.channels.threshold)}"

    def paint(self, painter: QPainter, rect: QRectF, lens: Framing, style: Style) -> None:  # noqa: ARG002
        paint_title(painter, rect, self.title, style)
        area = self.body(rect).adjusted(0, 2, -1, -_MARKS)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        self._paint_curve(painter, area, style)
        self._paint_threshold(painter, area, style)
        self._paint_dropped(painter, area)
        foot = QRectF(rect.left(), rect.bottom() - FOOT, rect.width(), FOOT)
        paint_small(painter, foot, self.summary, style)

    def _paint_curve(self, painter: QPainter, area: QRectF, style: Style) -> None:
        curve = [self._point(area, i, float(v)) for i, v in enumerate(self.sorted)]
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
        y = self._point(area, 0, self.channels.threshold).y()
        painter.setPen(QPen(style.text, 1.0, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))

    def _paint_dropped(self, painter: QPainter, area: QRectF) -> None:
        painter.setPen(QPen(colouring.MASK_COLOURS[PART], 1.2))
        for at in self.dropped:
            x = self._point(area, int(at), 0.0).x()
            painter.drawLine(QPointF(x, area.bottom() + 2), QPointF(x, area.bottom() + _MARKS))

    def _point(self, area: QRectF, at: int, value: float) -> QPointF:
        top = max(float(self.sorted[0]), self.channels.threshold, 1e-9)
        x = area.left() + (at + 0.5) / len(self.sorted) * area.width()
        return QPointF(x, area.bottom() - min(max(value / top, 0.0), 1.0) * area.height())


@dataclass(eq=False)
class BarsPanel(Panel):
    """Probabilities of classes; ``before`` stands beside them where there is one."""

    title: str
    classes: Sequence[ClassScore]
    before: dict[int | None, float] | None = None

    def paint(self, painter: QPainter, rect: QRectF, lens: Framing, style: Style) -> None:  # noqa: ARG002
        paint_title(painter, rect, self.title, style)
        area = self.body(rect)
        height = min(34.0, area.height() / max(len(self.classes), 1))
        for row, scored in enumerate(self.classes):
            place = QRectF(area.left(), area.top() + row * height, area.width(), height)
            self._paint_class(painter, place, scored, style)

    def _paint_class(
        self, painter: QPainter, place: QRectF, scored: ClassScore, style: Style
    ) -> None:
        painter.setFont(font(SMALL_PX + 1, bold=scored.is_label))
        painter.setPen(style.text)
        text = QRectF(place.left(), place.top(), place.width(), place.height() - 9)
        right = self._figures(scored)
        metrics = QFontMetricsF(painter.font())
        room = text.width() - metrics.horizontalAdvance(right) - 8
        name = f"{scored.name} (label)" if scored.is_label else scored.name
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(
            text,
            Qt.AlignmentFlag.AlignLeft | middle,
            metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, room),
        )
        painter.drawText(text, Qt.AlignmentFlag.AlignRight | middle, right)
        bar = QRectF(place.left(), place.bottom() - 8, place.width(), 5)
        painter.fillRect(bar, style.border)
        fill = QColor(style.accent) if scored.is_label else QColor(style.muted)
        full = QRectF(bar)
        full.setWidth(bar.width() * min(max(scored.probability, 0.0), 1.0))
        painter.fillRect(full, fill)
        old = self._old(scored)
        if old is not None:
            x = bar.left() + bar.width() * old
            painter.setPen(QPen(style.text, 1.6))
            painter.drawLine(QPointF(x, bar.top() - 2), QPointF(x, bar.bottom() + 2))

    def _figures(self, scored: ClassScore) -> str:
        old, now = self._old(scored), f"{scored.probability * 100:.1f} %"
        return now if old is None else f"{old * 100:.1f} → {now}"

    def _old(self, scored: ClassScore) -> float | None:
        return None if self.before is None else self.before.get(scored.class_id)


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
