"""The image labels of one or many images."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.i18n import mark, tr
from app.widgets import button, label
from app.words import counted
from engine.domain.records import ClassRecord

_ID = Qt.ItemDataRole.UserRole
_LINE = 30
_HINT = mark(
    "The one checked first is the main label. With none checked the label that was found "
    "counts. Boxes stay as they are; what has been trained does not learn of it by itself."
)


class LabelsDialog(QDialog):
    """Classes to check; Space checks, Return takes them."""

    chosen = Signal(object)  # class ids, the main one first

    def __init__(
        self,
        classes: Sequence[ClassRecord],
        now: Sequence[int],
        images: int,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Image labels"))
        self.resize(380, 480)
        self._order = list(now)
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Search classes"))
        self.search.setAccessibleName(tr("Search classes"))
        self.search.textChanged.connect(self._filter)
        self.list = QListWidget()
        self.list.setAccessibleName(tr("Labels of the image"))
        for record in classes:
            item = QListWidgetItem(record.name, self.list)
            item.setData(_ID, record.id)
            item.setSizeHint(QSize(0, _LINE))
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(_checked(record.id in now))
            if record.id in now[:1]:
                self.list.setCurrentItem(item)
        self.list.itemChanged.connect(self._on_changed)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 16)
        layout.setSpacing(10)
        layout.addWidget(
            label(tr("Labels of {images}", images=counted(images, "image", "images")), "section")
        )
        layout.addWidget(self.search)
        layout.addWidget(self.list, 1)
        layout.addWidget(label(tr(_HINT), "muted", wrap=True))
        layout.addLayout(self._buttons())
        self.list.setFocus()

    def choice(self) -> list[int]:
        return list(self._order)

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(button(tr("Cancel"), self.reject))
        take = button(tr("Set labels"), self._take, "primary")
        take.setDefault(True)
        row.addWidget(take)
        return row

    def _on_changed(self, item: QListWidgetItem) -> None:
        class_id = item.data(_ID)
        if item.checkState() is Qt.CheckState.Checked:
            self._order += [] if class_id in self._order else [class_id]
        elif class_id in self._order:
            self._order.remove(class_id)

    def _filter(self, text: str) -> None:
        wanted = text.strip().casefold()
        for row in range(self.list.count()):
            item = self.list.item(row)
            item.setHidden(wanted not in item.text().casefold())

    def _take(self) -> None:
        self.chosen.emit(self.choice())
        self.accept()


def _checked(on: bool) -> Qt.CheckState:
    return Qt.CheckState.Checked if on else Qt.CheckState.Unchecked
