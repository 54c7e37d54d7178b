"""Where the panels of a sheet stand: rows under one another, columns aligned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QPainter

from app.why.lens import Framing
from app.why.panels import FOOT, HEAD, Panel
from app.why.style import SMALL_PX, TITLE_PX, Style, font

MARGIN, GAP, GUTTER = 16.0, 14.0, 96.0
_LEAST_BODY, _LEAST_COLUMN = 92.0, 152.0


@dataclass(frozen=True, eq=False)
class Row:
    """Panels side by side; ``heading`` and ``note`` stand at their left."""

    panels: Sequence[Panel]
    heading: str = ""
    note: str = ""


@dataclass(frozen=True, eq=False)
class Placed:
    """A panel, or with None the heading of ``row``, and its place."""

    row: Row
    panel: Panel | None
    rect: QRectF


@dataclass(frozen=True, eq=False)
class Drawing:
    """A sheet as it was at one moment, to be painted in any thread."""

    placed: Sequence[Placed]
    framing: Framing
    size: QSize

    def paint(self, painter: QPainter, style: Style) -> None:
        paint_still(painter, self.placed, self.framing, style)
        for panel, rect in panels_of(self.placed):
            painter.save()
            panel.paint_over(painter, rect, self.framing, style)
            painter.restore()


def panels_of(placed: Sequence[Placed]) -> list[tuple[Panel, QRectF]]:
    """The panels with their places, without the headings."""
    return [(p.panel, p.rect) for p in placed if p.panel is not None]


def paint_still(
    painter: QPainter, placed: Sequence[Placed], framing: Framing, style: Style
) -> None:
    """Everything that does not follow the mouse or the slider."""
    for each in placed:
        painter.save()
        if each.panel is None:
            _paint_heading(painter, each, style)
        else:
            each.panel.paint(painter, each.rect, framing, style)
        painter.restore()


def place(rows: Sequence[Row], room: QSizeF, aspect: float) -> list[Placed]:
    """All panels within the width of ``room``; within its height too, if they stay legible."""
    shown = [row for row in rows if row.panels]
    if not shown:
        return []
    gutter = GUTTER if any(row.heading for row in shown) else 0.0
    columns = max(len(row.panels) for row in shown)
    width, body = _sizes(len(shown), columns, room, gutter, aspect)
    result: list[Placed] = []
    top = MARGIN
    for row in shown:
        height = HEAD + body + FOOT
        if row.heading:
            result.append(Placed(row, None, QRectF(MARGIN, top, gutter - 10, height)))
        for at, panel in enumerate(row.panels):
            left = MARGIN + gutter + at * (width + GAP)
            result.append(Placed(row, panel, QRectF(left, top, width, height)))
        top += height + GAP
    return result


def height_of(placed: Sequence[Placed]) -> float:
    """Height of the whole sheet, margins included."""
    return max((p.rect.bottom() for p in placed), default=0.0) + MARGIN


def _sizes(
    rows: int, columns: int, room: QSizeF, gutter: float, aspect: float
) -> tuple[float, float]:
    """Width of a column and height of a map."""
    free = room.width() - 2 * MARGIN - gutter - (columns - 1) * GAP
    width = max(free / columns, _LEAST_COLUMN)
    fitting = (room.height() - 2 * MARGIN - (rows - 1) * GAP) / rows - HEAD - FOOT
    body = min(width / aspect, max(fitting, _LEAST_BODY))
    return max(min(width, body * aspect), min(width, _LEAST_COLUMN)), body


def _paint_heading(painter: QPainter, placed: Placed, style: Style) -> None:
    rect = placed.rect
    wrap = int(Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap)
    painter.setFont(font(TITLE_PX, bold=True))
    painter.setPen(style.text)
    room = rect.adjusted(0, 2, 0, 0)
    used = painter.boundingRect(room, wrap, placed.row.heading)
    painter.drawText(room, wrap, placed.row.heading)
    painter.setFont(font(SMALL_PX))
    painter.setPen(style.muted)
    painter.drawText(rect.adjusted(0, used.height() + 6, 0, 0), wrap, placed.row.note)
