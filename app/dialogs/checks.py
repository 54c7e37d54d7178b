"""The consistency list: what looks wrong, and a jump to each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from app.engine_words import engine_text
from app.i18n import mark, tr, whole
from app.widgets import button, label
from app.words import counted, key_name
from engine.store.checks import Fault, Finding

FAULT_WORDS = {
    Fault.OUTSIDE: mark("Box outside the image"),
    Fault.TINY: mark("Tiny box"),
    Fault.DUPLICATE: mark("Box twice"),
    Fault.FAR_FROM_PROPOSAL: mark("Far from the proposal"),
    Fault.WITHOUT_BOX: mark("Decided without a box"),
    Fault.OTHER_CLASS: mark("Class is not a label"),
    Fault.UNUSABLE: mark("File changed or gone"),
    Fault.EMPTY_CLASS: mark("Class without boxes"),
}
Index = QModelIndex | QPersistentModelIndex
_HEADS = (mark("What"), mark("Image"), mark("Why"))
_NOWHERE = QModelIndex()


class FindingsModel(QAbstractTableModel):
    """Findings with the paths of their images."""

    def __init__(self) -> None:
        super().__init__()
        self.findings: Sequence[Finding] = ()
        self._paths: Mapping[int, str] = {}

    def show(self, findings: Sequence[Finding], paths: Mapping[int, str]) -> None:
        self.beginResetModel()
        self.findings, self._paths = findings, paths
        self.endResetModel()

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.findings)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(_HEADS)

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> object:
        if role == Qt.ItemDataRole.DisplayRole and orientation is Qt.Orientation.Horizontal:
            return tr(_HEADS[section])
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return None
        finding = self.findings[index.row()]
        path = "" if finding.image_id is None else self._paths.get(finding.image_id, "")
        return (tr(FAULT_WORDS[finding.fault]), path, engine_text(finding.text))[index.column()]


class ChecksDialog(QDialog):
    """Stays open beside the review; Return or a double click goes to the image."""

    jumped = Signal(int)  # image id
    class_wanted = Signal(int)  # class id
    again = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Checks"))
        self.resize(820, 520)
        self.model = FindingsModel()
        self._all: Sequence[Finding] = ()
        self._paths: Mapping[int, str] = {}
        self.kind = QComboBox()
        self.kind.setAccessibleName(tr("Kind of finding"))
        self.kind.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.kind.setMinimumContentsLength(20)
        self.kind.currentIndexChanged.connect(self._filter)
        self.table = _table(self.model)
        self.table.activated.connect(self._on_activated)
        self.summary = label(tr("Looking…"), "muted")
        self.again_button = button(tr("Check again"), self.again.emit)
        self._lay_out()

    def show_findings(self, findings: Sequence[Finding], paths: Mapping[int, str]) -> None:
        """``paths`` by image id."""
        self._all, self._paths = findings, paths
        chosen, old = self.kind.currentData(), self.kind.blockSignals(True)
        self.kind.clear()
        self.kind.addItem(tr("Everything"), None)
        for fault, count in Counter(finding.fault for finding in findings).items():
            self.kind.addItem(f"{tr(FAULT_WORDS[fault])} ({whole(count)})", fault)
        self.kind.setCurrentIndex(max(self.kind.findData(chosen), 0))
        self.kind.blockSignals(old)
        found = counted(len(findings), "thing to look at", "things to look at")
        self.summary.setText(found if findings else tr("Nothing looks wrong."))
        self._filter()

    def _filter(self) -> None:
        kind = self.kind.currentData()
        shown = [f for f in self._all if kind is None or f.fault == kind]
        at = self.table.currentIndex().row()
        self.model.show(shown, self._paths)
        if shown:
            self.table.selectRow(min(max(at, 0), len(shown) - 1))

    def _on_activated(self, index: QModelIndex) -> None:
        finding = self.model.findings[index.row()]
        if finding.image_id is not None:
            self.jumped.emit(finding.image_id)
        elif finding.class_id is not None:
            self.class_wanted.emit(finding.class_id)

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self.summary, 1)
        top.addWidget(self.kind)
        bottom = QHBoxLayout()
        bottom.addWidget(label(key_name("Return"), "key"))
        bottom.addWidget(label(tr("goes to the image, or lists those of the class"), "muted"))
        bottom.addStretch(1)
        bottom.addWidget(self.again_button)
        bottom.addWidget(button(tr("Close"), self.reject))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 16)
        layout.setSpacing(10)
        layout.addLayout(top)
        layout.addWidget(self.table, 1)
        layout.addLayout(bottom)


def _table(model: FindingsModel) -> QTableView:
    table = QTableView()
    table.setModel(model)
    table.setAccessibleName(tr("What looks wrong"))
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setTabKeyNavigation(False)
    table.setShowGrid(False)
    table.verticalHeader().hide()
    table.horizontalHeader().setStretchLastSection(True)
    table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Interactive)
    table.setColumnWidth(0, 180)
    table.setColumnWidth(1, 220)
    return table
