"""The probabilities of classes as bars, after a drop beside what they were before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from app.i18n import decimal, percent, tr
from app.why.lens import Framing
from app.why.model import ClassScore
from app.why.panels import Panel, paint_title
from app.why.style import SMALL_PX, Style, font


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
        name = _fitting(scored, metrics, text.width() - metrics.horizontalAdvance(right) - 8)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(text, Qt.AlignmentFlag.AlignLeft | middle, name)
        painter.drawText(text, Qt.AlignmentFlag.AlignRight | middle, right)
        self._paint_bar(painter, place, scored, style)

    def _paint_bar(
        self, painter: QPainter, place: QRectF, scored: ClassScore, style: Style
    ) -> None:
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
        old, now = self._old(scored), percent(scored.probability, 1)
        return now if old is None else f"{decimal(old * 100, 1)} → {now}"

    def _old(self, scored: ClassScore) -> float | None:
        return None if self.before is None else self.before.get(scored.class_id)


def _fitting(scored: ClassScore, metrics: QFontMetricsF, room: float) -> str:
    """The name of a class; that it is the label is said where there is room for both."""
    full = tr("{name} (label)", name=scored.name) if scored.is_label else scored.name
    if metrics.horizontalAdvance(full) <= room:
        return full
    return metrics.elidedText(scored.name, Qt.TextElideMode.ElideMiddle, room)
