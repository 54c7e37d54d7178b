"""A table of counts to look at."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from app.i18n import whole

_NAMES = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_NUMBERS = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class CountTable(QTableWidget):
    """Names in the first column, numbers in the others."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setShowGrid(False)
        self.verticalHeader().hide()
        self.setMinimumHeight(140)

    def show_rows(self, header: Sequence[str], rows: Sequence[Sequence[str | int]]) -> None:
        self.setColumnCount(len(header))
        for column, text in enumerate(header):
            title = QTableWidgetItem(text)
            title.setTextAlignment(_NUMBERS if column and text else _NAMES)
            self.setHorizontalHeaderItem(column, title)
        self.setRowCount(len(rows))
        for line, row in enumerate(rows):
            for column, value in enumerate(row):
                self.setItem(line, column, _item(value))
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)

    def row_texts(self) -> list[list[str]]:
        """What it shows, row by row."""
        found = []
        for line in range(self.rowCount()):
            items = (self.item(line, column) for column in range(self.columnCount()))
            found.append([item.text() if item is not None else "" for item in items])
        return found


def _item(value: str | int) -> QTableWidgetItem:
    if isinstance(value, str):
        return QTableWidgetItem(value)
    item = QTableWidgetItem(whole(value))
    item.setTextAlignment(_NUMBERS)
    return item
