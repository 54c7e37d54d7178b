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
from app.engine_words import engine_text
from app.i18n import decimal, mark, percent, tr
from app.learning.knowledge import Knowledge
from app.widgets import button, label
from app.words import counted

NOTHING = mark("Nothing was learned yet. Review some images, then learn from them.")
_COLUMNS = (
    mark("Boxes from"),
    mark("Worth"),
    mark("95 % interval"),
    mark("IoU of 0.5 or more"),
    mark("Judged on"),
)
_FROM = {
    "draws": mark("Judged on images that chance chose and nothing was learned from."),
    "cross-fitting": mark(
        "Judged by cross-fitting on the images learned from; "
        "images that chance chose would judge better."
    ),
}


class FindingsDialog(QDialog):
    """The newest learning, in a table and two reliability plots."""

    def __init__(self, known: Knowledge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("What was learned"))
        self.setMinimumSize(720, 560)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 22, 24, 18)
        column.setSpacing(10)
        column.addWidget(label(tr("What was learned"), "heading"))
        self.summary = label(_summary(known.found), wrap=True)
        column.addWidget(self.summary)
        self.table = _table(known.found.get("judged", []))
        self.plots = [
            _reliability(level, values)
            for level, values in sorted(known.found.get("quality", {}).items())
        ]
        if known.has_learned:
            column.addWidget(self.table)
            column.addWidget(label(tr("How true the estimates are"), "section"))
            column.addWidget(label(tr(_FROM.get(known.found.get("quality_from", ""), "")), "muted"))
            column.addLayout(_row(self.plots), 1)
        else:
            column.addStretch(1)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(button(tr("Close"), self.accept, "primary"))
        column.addLayout(buttons)


def _summary(found: dict[str, Any]) -> str:
    if not found:
        return tr(NOTHING)
    taught = counted(found.get("accepted", 0), "image", "images")
    refused = found.get("rejected", 0)
    text = tr(
        "Learned from {images} with boxes and {rejected}.",
        images=taught,
        rejected=counted(refused, "rejected image", "rejected images"),
    )
    text += " " + tr("Proposals come from {used}.", used=engine_text(str(found.get("used"))))
    missing = found.get("classes_without", [])
    if missing:
        names = ", ".join(missing)
        text += " " + tr("No box is accepted yet of {names}: taken as the others.", names=names)
    return text


def _table(judged: list[dict[str, Any]]) -> QTableWidget:
    table = QTableWidget(len(judged), len(_COLUMNS))
    table.setHorizontalHeaderLabels([tr(column) for column in _COLUMNS])
    table.setAccessibleName(tr("What was compared"))
    table.setTabKeyNavigation(False)  # Tab goes on to the next control
    table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
    table.verticalHeader().hide()
    table.horizontalHeader().setStretchLastSection(True)
    for row, item in enumerate(judged):
        texts = (
            engine_text(item["name"]),
            decimal(item["score"], 3),
            tr("{low} to {high}", low=decimal(item["low"], 3), high=decimal(item["high"], 3)),
            percent(item["hit_50"]),
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
    title = tr(
        "IoU of {level} or more: error {error}, {boxes}",
        level=decimal(int(level[0]) / 10, 1),
        error=decimal(error, 3),
        boxes=counted(boxes, "box", "boxes"),
    )
    plot.setTitle(title, color=colours.text, size="9pt")
    plot.setAccessibleName(title)
    plot.setXRange(0, 1, padding=0.02)
    plot.setYRange(0, 1, padding=0.02)
    plot.setLabel("bottom", tr("Estimated"))
    plot.setLabel("left", tr("Observed"))
    plot.setMouseEnabled(False, False)
    plot.hideButtons()
    plot.setMenuEnabled(False)
    plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
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
