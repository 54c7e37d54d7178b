"""The classes of the project: add, rename, merge, recolour, keys. Each act is saved at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QAbstractItemView,
    QColorDialog,
    QComboBox,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QInputDialog,
    QMessageBox,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.i18n import mark, tr, whole
from app.models.class_colours import colours_by_class
from app.models.class_keys import KEYS, keys_by_class
from app.widgets import button, label, swatch
from app.words import counted, listed
from engine.domain.records import ClassRecord
from engine.store import class_acts
from engine.store.project import Connection
from engine.store.review import Changes
from engine.store.snapshots import LabelDrift

_ID = Qt.ItemDataRole.UserRole
Work = Callable[[Connection], Changes | None]


def drift_text(drift: LabelDrift | None) -> str:
    """What has changed since the newest training, or an empty text."""
    if not drift:
        return ""
    differ = [counted(drift.images, "image", "images")] if drift.images else []
    differ += [counted(drift.classes, "class", "classes")] if drift.classes else []
    return tr(
        "The newest training was on other labels. Changed since: {what}.", what=listed(differ)
    )


class ClassesDialog(QDialog):
    """Shows what ``show_classes`` gives it; ``wanted`` asks for an act by name."""

    wanted = Signal(str, object)  # name, Work

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Classes"))
        self.resize(620, 520)
        self._classes: Sequence[ClassRecord] = ()
        self.table = _table()
        self.table.itemChanged.connect(self._on_renamed)
        self.table.currentCellChanged.connect(lambda *_: self._enable())
        self.drift = label("", "problem", wrap=True)
        self.add_button = button(tr("Add…"), self._add, "primary")
        self.merge_button = button(tr("Merge into…"), self._merge)
        self.colour_button = button(tr("Colour…"), self._recolour)
        self.remove_button = button(tr("Remove"), self._remove)
        self._lay_out()

    def show_classes(
        self, classes: Sequence[ClassRecord], counts: Mapping[str, int], drift: LabelDrift | None
    ) -> None:
        """``counts``: usable images by class name. The row that is current stays."""
        current = self._current()
        self._classes = classes
        keys, colours = keys_by_class(classes), colours_by_class(classes)
        old = self.table.blockSignals(True)
        self.table.setRowCount(len(classes))
        for row, record in enumerate(classes):
            self.table.setItem(row, 0, self._name_item(record, colours[record.id]))
            self._fill(row, record, counts.get(record.name, 0), keys.get(record.id))
        at = next((i for i, c in enumerate(classes) if current and c.id == current.id), 0)
        self.table.setCurrentCell(at, 0)
        self.table.blockSignals(old)
        self.drift.setText(drift_text(drift))
        self.drift.setVisible(bool(drift))
        self._enable()

    def _name_item(self, record: ClassRecord, colour: str) -> QTableWidgetItem:
        name = QTableWidgetItem(swatch(colour), record.name)
        name.setData(_ID, record.id)
        return name

    def _fill(self, row: int, record: ClassRecord, images: int, key: str | None) -> None:
        count = QTableWidgetItem(whole(images))
        count.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
        count.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.table.setItem(row, 1, count)
        choice = _key_choice(record, key)
        choice.activated.connect(lambda _at: self._set_key(record.id, choice.currentData()))
        self.table.setCellWidget(row, 2, choice)

    def _current(self) -> ClassRecord | None:
        row = self.table.currentRow()
        return self._classes[row] if 0 <= row < len(self._classes) else None

    def _enable(self) -> None:
        chosen = self._current() is not None
        for each in (self.colour_button, self.remove_button):
            each.setEnabled(chosen)
        self.merge_button.setEnabled(chosen and len(self._classes) > 1)

    def _ask(self, name: str, work: Work) -> None:
        self.wanted.emit(name, work)

    def _add(self) -> None:
        name, taken = QInputDialog.getText(self, tr("Add a class"), tr("Name"))
        if taken and name.strip():
            self._ask(mark("Add class"), lambda c: class_acts.add_class(c, name)[0])

    def _on_renamed(self, item: QTableWidgetItem) -> None:
        class_id, name = item.data(_ID), item.text()
        if class_id is not None:
            self._ask(mark("Rename class"), lambda c: class_acts.rename_class(c, class_id, name))

    def _merge(self) -> None:
        record = self._current()
        if record is None:
            return
        others = [other for other in self._classes if other.id != record.id]
        title = tr("Merge {name} into", name=record.name)
        names = [other.name for other in others]
        name, taken = QInputDialog.getItem(self, title, title, names, 0, False)
        if not taken:
            return
        into = others[names.index(name)]
        said = tr(
            "Image labels, boxes and proposals of {name} will count as {other}. "
            "Undo brings them apart again. A network that has been trained goes on telling "
            "the two apart until it is trained anew.",
            name=record.name,
            other=into.name,
        )
        question = tr("Merge {name} into {other}?", name=record.name, other=into.name)
        if self._sure(question, said, tr("Merge")):
            work = partial(class_acts.merge_class, class_id=record.id, into=into.id)
            self._ask(mark("Merge classes"), work)

    def _recolour(self) -> None:
        record = self._current()
        if record is None:
            return
        start = QColor(colours_by_class(self._classes)[record.id])
        chosen = QColorDialog.getColor(start, self, tr("Colour of {name}", name=record.name))
        if chosen.isValid():
            work = partial(class_acts.recolour_class, class_id=record.id, color=chosen.name())
            self._ask(mark("Recolour class"), work)

    def _remove(self) -> None:
        record = self._current()
        if record is not None:
            self._ask(mark("Remove class"), partial(class_acts.remove_class, class_id=record.id))

    def _set_key(self, class_id: int, key: str | None) -> None:
        self._ask(
            mark("Set class key"), partial(class_acts.set_class_key, class_id=class_id, key=key)
        )

    def _sure(self, question: str, said: str, verb: str) -> bool:
        box = QMessageBox(self)
        box.setWindowTitle(tr("Classes"))
        box.setText(question)
        box.setInformativeText(said)
        yes = box.addButton(verb, QMessageBox.ButtonRole.AcceptRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.exec()
        return box.clickedButton() is yes

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        for each in (self.add_button, self.merge_button, self.colour_button, self.remove_button):
            row.addWidget(each)
        row.addStretch(1)
        row.addWidget(button(tr("Close"), self.reject))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 16)
        layout.setSpacing(10)
        layout.addWidget(
            label(tr("F2 renames. Every change is saved at once; undo works."), "muted")
        )
        layout.addWidget(self.table, 1)
        layout.addWidget(self.drift)
        layout.addLayout(row)
        self.drift.hide()


def _table() -> QTableWidget:
    table = QTableWidget(0, 3)
    table.setHorizontalHeaderLabels([tr("Class"), tr("Images"), tr("Key")])
    table.setAccessibleName(tr("Classes"))
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setTabKeyNavigation(False)
    table.setShowGrid(False)
    table.verticalHeader().hide()
    table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    table.setColumnWidth(1, 90)
    table.setColumnWidth(2, 130)
    table.verticalHeader().setDefaultSectionSize(30)
    return table


def _key_choice(record: ClassRecord, key: str | None) -> QComboBox:
    choice = QComboBox()
    choice.setAccessibleName(tr("Key of {name}", name=record.name))
    usual = tr("Usual ({key})", key=key) if key is not None and record.key is None else tr("Usual")
    choice.addItem(usual, None)
    for each in KEYS:
        choice.addItem(each, each)
    choice.setCurrentIndex(max(choice.findData(record.key), 0))
    return choice
