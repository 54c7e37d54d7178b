"""The fields of the export dialog below format and folder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QSpinBox,
    QWidget,
)

from app.i18n import mark, tr
from app.models.state_words import STATE_WORDS
from app.widgets import add_field, form_layout, label, number_field
from engine.domain.records import ReviewState

_IMAGES = (
    ("leave", mark("Leave the images where they are")),
    ("copy", mark("Copy the images too")),
    ("link", mark("Link to the images")),
    ("jpeg", mark("Write the images as upright JPEG")),
)
_STATES = (ReviewState.ACCEPTED, ReviewState.CORRECTED, ReviewState.SKIPPED, ReviewState.REJECTED)
_BY_DEFAULT = (ReviewState.ACCEPTED, ReviewState.CORRECTED)
_SPLITS = (
    ("none", mark("One set")),
    ("ratio", mark("Train, val and test by ratio")),
    ("imported", mark("As an import brought them")),
)
_PARTS = ("train", "val", "test")


class ExportFields(QWidget):
    """What goes in, and how it is shared out. ``changed`` comes with every change."""

    changed = Signal()

    def __init__(self, classes: Sequence[str]) -> None:
        super().__init__()
        self.states = {state: QCheckBox(tr(STATE_WORDS[state])) for state in _STATES}
        self.unreviewed = QCheckBox(tr("Include proposals that nobody has reviewed yet"))
        self.min_score = QDoubleSpinBox(minimum=0.0, maximum=1.0, singleStep=0.05, decimals=2)
        number_field(self.min_score, tr("Lowest score of a proposal"))
        self.classes = _class_list(classes)
        self.images = _choice(tr("What to do with the images"), _IMAGES)
        self.split = _choice(tr("How to split"), _SPLITS)
        self.ratios = [QSpinBox(minimum=0, maximum=100) for _ in _PARTS]
        self.seed = number_field(QSpinBox(minimum=0, maximum=999_999), tr("Seed"), width=110)
        self.stratified = QCheckBox(tr("Share out each class by itself"))
        self.ratio_row = self._ratio_row()
        self._lay_out()
        self._wire()

    def values(self) -> dict[str, Any]:
        """Fields of an ExportRequest."""
        marked = [item.text() for item in self._items() if item.checkState() is _ON]
        return {
            "include_unreviewed": self.unreviewed.isChecked(),
            "images": self.images.currentData(),
            "states": tuple(s.value for s, box in self.states.items() if box.isChecked()),
            "classes": None if len(marked) == self.classes.count() else tuple(marked),
            "min_score": self.min_score.value(),
            "split": self.split.currentData(),
            "ratios": tuple(float(box.value()) for box in self.ratios),
            "seed": self.seed.value(),
            "stratified": self.stratified.isChecked(),
        }

    @property
    def problem(self) -> str:
        """Why these cannot be used, or nothing."""
        if not any(item.checkState() is _ON for item in self._items()) and self.classes.count():
            return tr("Choose a class at least.")
        if not self.unreviewed.isChecked() and not any(b.isChecked() for b in self.states.values()):
            return tr("Choose a review state at least.")
        if self.split.currentData() == "ratio" and not any(box.value() for box in self.ratios):
            return tr("Give a share to one of the splits.")
        return ""

    def _items(self) -> list[QListWidgetItem]:
        found = (self.classes.item(row) for row in range(self.classes.count()))
        return [item for item in found if item is not None]

    def _ratio_row(self) -> QWidget:
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        for name, box, share in zip(_PARTS, self.ratios, (70, 15, 15), strict=True):
            box.setValue(share)
            row.addWidget(label(name, "muted"))
            row.addWidget(number_field(box, tr("Share of {name}", name=name), " %", 90))
        row.addWidget(label(tr("Seed"), "muted"))
        row.addWidget(self.seed)
        row.addStretch()
        return holder

    def _lay_out(self) -> None:
        states = QWidget()
        row = QHBoxLayout(states)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(20)
        for state, box in self.states.items():
            box.setChecked(state in _BY_DEFAULT)
            row.addWidget(box)
        row.addStretch()
        self.stratified.setChecked(True)
        form = form_layout()
        self.setLayout(form)
        add_field(form, tr("Review states"), states)
        form.addRow("", self.unreviewed)
        add_field(form, tr("From score"), self.min_score)
        add_field(form, tr("Classes"), self.classes)
        add_field(form, tr("Images"), self.images)
        add_field(form, tr("Splits"), self.split)
        form.addRow("", self.ratio_row)
        form.addRow("", self.stratified)

    def _wire(self) -> None:
        for box in (*self.states.values(), self.unreviewed):
            box.toggled.connect(self._on_change)
        self.classes.itemChanged.connect(self._on_change)
        self.split.currentIndexChanged.connect(self._on_change)
        for spin in self.ratios:
            spin.valueChanged.connect(self._on_change)
        self._on_change()

    def _on_change(self, _value: object = None) -> None:
        for widget in (self.ratio_row, self.stratified):
            widget.setVisible(self.split.currentData() == "ratio")
        self.min_score.setEnabled(self.unreviewed.isChecked())
        self.changed.emit()


_ON = Qt.CheckState.Checked


def _class_list(classes: Sequence[str]) -> QListWidget:
    found = QListWidget()
    found.setAccessibleName(tr("Classes to export"))
    found.setMinimumHeight(76)  # three names, however little room there is
    found.setMaximumHeight(96)
    found.setSpacing(3)
    for name in classes:
        item = QListWidgetItem(name, found)
        item.setCheckState(_ON)
    return found


def _choice(name: str, choices: Sequence[tuple[str, str]]) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    for value, text in choices:
        box.addItem(tr(text), value)
    return box
