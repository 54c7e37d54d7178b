"""The history: every operation of a person, and the way back to each."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.i18n import mark, tr
from app.operation_text import operation_text
from app.widgets import button, label
from app.words import counted, key_name, moment
from engine.store.review import PastOperation

_ID = Qt.ItemDataRole.UserRole
START = mark("As it was before")
_LINE = 28


class HistoryDialog(QDialog):
    """Newest first; what is undone is grey. ``wanted`` says where to go: an id, None for all."""

    wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("History"))
        self.resize(620, 540)
        self.list = QListWidget()
        self.list.setAccessibleName(tr("Operations, newest first"))
        self.list.setUniformItemSizes(True)
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)  # paths differ in their ends
        self.list.itemActivated.connect(lambda _item: self._go())
        self.list.currentItemChanged.connect(lambda *_: self._name_step())
        self.go_button = button(tr("Go there"), self._go, "primary")
        row = QHBoxLayout()
        row.addWidget(label(key_name("Return"), "key"))
        row.addWidget(label(tr("undoes or redoes up to here"), "muted"))
        row.addStretch(1)
        row.addWidget(button(tr("Close"), self.reject))
        row.addWidget(self.go_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 16)
        layout.setSpacing(10)
        layout.addWidget(self.list, 1)
        layout.addLayout(row)

    def show_operations(self, operations: list[PastOperation]) -> None:
        """Keeps the place of a person in the list."""
        at = self.list.currentRow()
        self.list.clear()
        for operation in operations:
            self.list.addItem(_item(operation))
        start = QListWidgetItem(tr(START))
        start.setData(_ID, None)
        start.setSizeHint(QSize(0, _LINE))
        self.list.addItem(start)
        now = next((i for i, o in enumerate(operations) if not o.undone), len(operations))
        self.list.setCurrentRow(now if at < 0 else min(at, self.list.count() - 1))

    def _go(self) -> None:
        item = self.list.currentItem()
        if item is not None:
            self.wanted.emit(item.data(_ID))

    def _name_step(self) -> None:
        self.go_button.setEnabled(self.list.currentItem() is not None)


def _images_text(operation: PastOperation) -> str:
    if operation.path is not None:
        return operation.path
    if operation.images is None:
        return tr("many images")
    return counted(operation.images, "image", "images") if operation.images else ""


def _item(operation: PastOperation) -> QListWidgetItem:
    when = moment(operation.created_at, mark("dd MMM yyyy  HH:mm:ss"))
    name = operation_text(operation.name)
    text = tr("{operation}  (undone)", operation=name) if operation.undone else name
    where = _images_text(operation)
    item = QListWidgetItem("    ".join(part for part in (when, text, where) if part))
    item.setToolTip(where)  # whole, where the line is cut
    item.setData(_ID, operation.id)
    item.setSizeHint(QSize(0, _LINE))
    if operation.undone:
        item.setForeground(QColor(theme.colours().faint))
    return item
