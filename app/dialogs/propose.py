"""Proposing: with which training, for which images, and how boxes come from the score maps."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QDialog,
    QHBoxLayout,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from app.dialogs.box_fields import BoxFields
from app.i18n import mark, tr
from app.run_text import run_title
from app.widgets import add_field, at_least, button, form_layout, label
from engine.domain.records import RunRecord
from engine.domain.settings import BoxSettings, MapKind, MapSettings
from engine.jobs.requests import ProposeRequest

_MAPS = (
    (MapKind.ATTENDED, mark("Class map with self-attention")),
    (MapKind.CAM, mark("Class map alone, as in the paper")),
    (MapKind.GRADCAM, "Grad-CAM"),
    (MapKind.LAYERCAM, "LayerCAM"),
)
_DEVICES = (
    ("auto", mark("Automatic")),
    ("cpu", "CPU"),
    ("cuda", mark("NVIDIA GPU")),
    ("mps", mark("Apple GPU")),
)

#: Titles of runs must not widen the dialog.
_ELIDED = QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon


class ProposeDialog(QDialog):
    """``trained`` are the finished training runs, newest first; ``has_maps`` tells whether boxes
    can be derived again without the network."""

    wanted = Signal(object)  # ProposeRequest

    def __init__(
        self,
        project: str,
        trained: Sequence[RunRecord],
        boxes: BoxSettings,
        has_maps: bool,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._project = project
        self.setWindowTitle(tr("Propose boxes"))
        self.network = QRadioButton(tr("Let the network look at the images"))
        self.stored = QRadioButton(tr("Derive boxes again from the stored score maps (seconds)"))
        group = QButtonGroup(self)
        for choice in (self.network, self.stored):
            group.addButton(choice)
        self.network.setChecked(True)
        self.stored.setEnabled(has_maps)
        self.run = QComboBox()
        self.run.setAccessibleName(tr("Training run"))
        self.run.setSizeAdjustPolicy(_ELIDED)
        for record in trained:
            self.run.addItem(run_title(record), record.id)
        self.kind = QComboBox()
        self.kind.setAccessibleName(tr("Score map"))
        for kind, text in _MAPS:
            self.kind.addItem(tr(text), kind)
        self.device = QComboBox()
        self.device.setAccessibleName(tr("Device"))
        for value, text in _DEVICES:
            self.device.addItem(tr(text), value)
        self.flip = QCheckBox(tr("Look at the mirror image too (twice the time, steadier maps)"))
        self.decided = QCheckBox(tr("Also images that are decided already"))
        self.fields = BoxFields(boxes)
        self.propose_button = button(tr("Propose boxes"), self._propose, "primary")
        self.propose_button.setDefault(True)
        self.network.toggled.connect(self._enable)
        self._lay_out()
        at_least(self, 520)
        self._enable()

    def request(self) -> ProposeRequest:
        return ProposeRequest(
            self._project,
            run=self.run.currentData() if self.network.isChecked() else None,
            maps=self._map_settings(),
            boxes=self.fields.settings(),
            boxes_only=self.stored.isChecked(),
            include_decided=self.decided.isChecked(),
        )

    def _map_settings(self) -> MapSettings:
        return MapSettings(
            flip=self.flip.isChecked(),
            kind=MapKind(self.kind.currentData()),
            device=self.device.currentData(),
        )

    def _enable(self) -> None:
        for field in (self.run, self.kind, self.device, self.flip):
            field.setEnabled(self.network.isChecked())

    def _propose(self) -> None:
        self.accept()
        self.wanted.emit(self.request())

    def _lay_out(self) -> None:
        form = form_layout()
        add_field(form, tr("Training run"), self.run)
        add_field(form, tr("Score map"), self.kind)
        add_field(form, tr("Device"), self.device)
        form.addRow("", self.flip)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 22, 24, 18)
        layout.setSpacing(12)
        layout.addWidget(label(tr("Where the boxes come from"), "heading"))
        layout.addWidget(self.network)
        layout.addLayout(form)
        layout.addWidget(self.stored)
        layout.addSpacing(8)
        layout.addWidget(label(tr("How a score map becomes a box"), "heading"))
        layout.addWidget(self.fields)
        layout.addSpacing(8)
        layout.addWidget(self.decided)
        hint = tr("Your own boxes and decisions stay untouched either way.")
        layout.addWidget(label(hint, "muted", wrap=True))
        layout.addSpacing(6)
        row = QHBoxLayout()
        row.addStretch()
        row.addWidget(button(tr("Cancel"), self.reject))
        row.addWidget(self.propose_button)
        layout.addLayout(row)
