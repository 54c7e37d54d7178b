"""What was learned: which maps serve best, and how far the estimates of quality can be trusted."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
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
from app.i18n import decimal, mark, percent, tr, whole
from app.learning.knowledge import Knowledge
from app.widgets import button, label
from app.words import counted

MODEL = mark("box model")  # the engine's name of it
NOTHING = mark("Nothing was learned yet. Review some images, then learn from them.")
WORTH = mark("The mean of the IoU and of how many of 0.3, 0.5 and 0.7 it reaches, over the boxes.")
CIRCLES = mark("The larger a circle, the more boxes; on the dashed line estimates are true.")
_COLUMNS = (
    mark("Boxes from"),
    mark("Worth"),
    mark("95 % interval"),
    mark("IoU of 0.5 or more"),
    mark("Judged on"),
)
#: More are scrolled.
_MOST_ROWS = 8
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
        self.setMinimumSize(720, 640)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 22, 24, 18)
        column.setSpacing(10)
        column.addWidget(label(tr("What was learned"), "heading"))
        self.summary = label(_summary(known.found), wrap=True)
        column.addWidget(self.summary)
        self.table = _table(known.found)
        self.plots = [
            _reliability(level, values)
            for level, values in sorted(known.found.get("quality", {}).items())
        ]
        if known.has_learned:
            column.addWidget(self.table)
            column.addWidget(label(tr("How true the estimates are"), "section"))
            basis = tr(_FROM.get(known.found.get("quality_from", ""), ""))
            column.addWidget(label(f"{basis} {tr(CIRCLES)}".strip(), "muted", wrap=True))
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
    used = str(found.get("used"))
    if used == MODEL:
        text += " " + tr("Proposals come from the box model.")
    else:
        text += " " + tr("Proposals come from {used}.", used=engine_text(used))
    if "threshold" in found:
        text += " " + tr("Their maps are cut at {level}.", level=decimal(found["threshold"], 2))
    own = len(found.get("thresholds_by_class", {}))
    if own:
        text += " " + tr(
            "With a threshold of their own: {classes}.", classes=counted(own, "class", "classes")
        )
    if found.get("accepted", 0) < found.get("fewest", 0):
        text += " " + tr(
            "A box model is learned from {count} accepted images on.", count=whole(found["fewest"])
        )
    missing = found.get("classes_without", [])
    if missing:
        names = ", ".join(missing)
        text += " " + tr("No box is accepted yet of {names}: taken as the others.", names=names)
    return text


def _table(found: dict[str, Any]) -> QTableWidget:
    """What was compared, the best first; what proposes now is set off."""
    judged = sorted(found.get("judged", []), key=lambda item: -item["score"])
    table = QTableWidget(len(judged), len(_COLUMNS))
    table.setHorizontalHeaderLabels([tr(column) for column in _COLUMNS])
    worth = table.horizontalHeaderItem(1)
    assert worth is not None
    worth.setToolTip(tr(WORTH))
    table.setAccessibleName(tr("What was compared"))
    table.setTabKeyNavigation(False)  # Tab goes on to the next control
    table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
    table.verticalHeader().hide()
    table.horizontalHeader().setStretchLastSection(True)
    bold = QFont(table.font())
    bold.setBold(True)
    for row, item in enumerate(judged):
        used = item["name"] == found.get("used")
        for at, text in enumerate(_texts(item, used)):
            cell = QTableWidgetItem(text)
            if used:
                cell.setFont(bold)
            table.setItem(row, at, cell)
    table.resizeColumnsToContents()
    height = table.horizontalHeader().sizeHint().height() + 2 * table.frameWidth()
    height += sum(table.rowHeight(row) for row in range(min(len(judged), _MOST_ROWS)))
    table.setFixedHeight(height)
    return table


def _texts(item: dict[str, Any], used: bool) -> tuple[str, ...]:
    name = engine_text(item["name"])
    return (
        tr("{source} – proposes now", source=name) if used else name,
        decimal(item["score"], 3),
        tr("{low} to {high}", low=decimal(item["low"], 3), high=decimal(item["high"], 3)),
        percent(item["hit_50"]),
        counted(item["boxes"], "box", "boxes"),
    )


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
    plot.setMinimumHeight(220)
    plot.setXRange(0, 1, padding=0.06)
    plot.setYRange(0, 1, padding=0.06)
    for side in ("bottom", "left"):
        ticks = [(value / 4, decimal(value / 4, 2)) for value in range(5)]
        plot.getAxis(side).setTicks([ticks])
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
        pen=None,  # a line between circles of one box each would say more than is known
        symbol="o",
        symbolSize=[6 + 18 * (item["count"] / max(1, boxes)) ** 0.5 for item in bins],
        symbolPen=None,
        symbolBrush=colours.accent,
    )
    return plot


def _row(widgets: list[pg.PlotWidget]) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(12)
    for widget in widgets:
        row.addWidget(widget, 1)
    return row
