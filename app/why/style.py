"""How a sheet of maps is dressed: in the window's colours, or as ink on paper."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QPen

from app import theme
from app.canvas import palette
from app.why.model import MarkKind

TITLE_PX, SMALL_PX = 12, 11


@dataclass(frozen=True)
class Style:
    """Colours of words and lines; ``stage`` is what is around and behind a map."""

    text: QColor
    muted: QColor
    border: QColor
    paper: QColor
    stage: QColor
    accent: QColor


def window_style() -> Style:
    """As the window is dressed now."""
    now = theme.colours()
    return _style(now, QColor(now.window), QColor(now.surface))


def print_style() -> Style:
    """On white paper."""
    return _style(theme.LIGHT, QColor("white"), QColor("#f2f3f5"))


def _style(now: theme.Colours, paper: QColor, stage: QColor) -> Style:
    text, muted = QColor(now.text), QColor(now.muted)
    return Style(text, muted, QColor(now.border), paper, stage, QColor(now.accent))


def font(pixels: int, bold: bool = False) -> QFont:
    result = QFont()
    result.setPixelSize(pixels)
    if bold:
        result.setWeight(QFont.Weight.DemiBold)
    return result


def mark_pen(kind: MarkKind) -> QPen:
    """The line of a box. Red and green as in the paper's figures, told apart by style too."""
    colour, style, width = _PENS[kind]
    pen = QPen(colour, width, style)
    pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    return pen


_PENS = {
    MarkKind.TRUE: (QColor(theme.DARK.truth), Qt.PenStyle.SolidLine, 2.0),
    MarkKind.PREDICTED: (palette.PROPOSAL, Qt.PenStyle.DashLine, 2.0),
    MarkKind.PERSON: (palette.ANNOTATION, Qt.PenStyle.SolidLine, 2.0),
    MarkKind.BEFORE: (QColor(230, 230, 230), Qt.PenStyle.DotLine, 1.5),
    MarkKind.HIDDEN: (QColor(255, 255, 255), Qt.PenStyle.DashDotLine, 1.5),
}
