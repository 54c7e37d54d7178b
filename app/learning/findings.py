"""What was learned: which maps serve best, and how far the estimates of quality can be trusted."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.learning.knowledge import Knowledge
from app.widgets import button, label
from app.words import counted

NOTHING = "Nothing was learned yet. Review some images, then learn from them."
_COLUMNS = ("Boxes from", "Worth", "95 % interval", "IoU of 0.5 or more", "Judged on")
_FROM = {
    "draws": "Judged on images that chance chose and nothing was learned from.",
    "cross-fitting": "Judged by cross-fitting on the images learned from; "
    "images that chance chose would judge better.",
}


class FindingsDialog(QDialog):
    """The newest learning, in a table and two reliability plots."""

    def __init__(self, known: Knowledge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("What was learned")
        self.setMinimumSize(720, 560)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 22, 24, 18)
        column.setSpacing(10)
        column.addWidget(label("What was learned", "heading"))
        self.summary = label(_summary(known.found), wrap=True)
        column.addWidget(self.summary)
        self.table = _table(known.found.get("judged", []))
        self.plots = [
            _reliability(level, values)
            for level, values in sorted(known.found.get("quality", {}).items())
        ]
        if known.has_learned:
            column.addWidget(self.table)
            column.addWidget(label("How true the estimates are", "section"))
            column.addWidget(label(_FROM.get(known.found.get("quality_from", ""), ""), "muted"))
            column.addLayout(_row(self.plots), 1)
        else:
            column.addStretch(1)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(button("Close", self.accept, "primary"))
        column.addLayout(buttons)


def _summary(found: dict[str, Any]) -> str:
    if not found:
        return NOTHING
    taught = counted(found.get("accepted", 0), "image")
    refused = found.get("rejected", 0)
    text = f"Learned from {taught} with boxes and {counted(refused, 'rejected image')}. "
    text += f"Proposals come from {found.get('used')}"
    missing = found.get("classes_without", [])
    if missing:
        text += f". No box is accepted yet of {', '.join(missing)}: taken as the others"
    return text + "."


def _table(judged: list[dict[str, Any]]) -> QTableWidget:
    table = QTableWidget(len(judged), len(_COLUMNS))
    table.setHorizontalHeaderLabels(_COLUMNS)
    table.setAccessibleName("What was compared")
    table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
    table.verticalHeader().hide()
    table.horizontalHeader().setStretchLastSection(True)
    for row, item in enumerate(judged):
        texts = (
            item["name"],
            f"{item['score']:.3f}",
            f"{item['low']:.3f} to {item['high']:.3f}",
            f"{item['hit_50']:.0%}",
            counted(item["boxes"], "box", "boxes"),
        )
        for at, text in enumerate(texts):
            table.setItem(row, at, QTableWidgetItem(text))
    table.resizeColumnsToContents()
    table.setMaximumHeight(40 + 32 * max(1, len(judged)))
    return table


def _reliability(level: str, values: dict[str, Any]) -> pg.PlotWidget:
    """Estimated against observed share of right boxes; on the diagonal they agree."""
    plot = pg.PlotWidget()
    colours = theme.colours()
    plot.setBackground(None)
    error, boxes = values["expected_error"], values["boxes"]
    title = f"IoU of 0.{level[0]} or more: error {error:.3f}, {counted(boxes, 'box', 'boxes')}"
    plot.setTitle(title, color=colours.text, size="9pt")
    plot.setAccessibleName(title)
    plot.setXRange(0, 1, padding=0.02)
    plot.setYRange(0, 1, padding=0.02)
    plot.setLabel("bottom", "Estimated")
    plot.setLabel("left", "Observed")
    plot.setMouseEnabled(False, False)
    plot.hideButtons()
    plot.setMenuEnabled(False)
    diagonal = pg.mkPen(colours.muted, style=Qt.PenStyle.DashLine)
    plot.plot([0, 1], [0, 1], pen=diagonal)
    bins = [item for item in values["bins"] if item["count"]]
    plot.plot(
        [item["estimated"] for item in bins],
        [item["observed"] for item in bins],
        pen=pg.mkPen(colours.accent, width=2),
        symbol="o",
        symbolSize=[6 + 14 * item["count"] / max(1, boxes) for item in bins],
        symbolBrush=colours.accent,
    )
    return plot


def _row(widgets: list[pg.PlotWidget]) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(12)
    for widget in widgets:
        row.addWidget(widget, 1)
    return row
