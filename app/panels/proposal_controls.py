"""How boxes are derived from a score map: threshold, normalisation, one box or several."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QSlider, QVBoxLayout, QWidget

from app.i18n import decimal, mark, tr
from app.panels.reach import reach_by_keyboard
from app.widgets import button, label
from engine.domain.settings import BoxSettings, Normalisation

_STEP = 2  # of a hundred, for the keys
_NORMALISATIONS = {
    Normalisation.IVR: mark("Lift the background (IVR)"),
    Normalisation.MIN_MAX: mark("Minimum to maximum"),
    Normalisation.MAX: mark("Zero to maximum"),
}
_LIVE = mark("Acts on this image while it is unreviewed.")
_NO_MAP = mark("No score map: let the machine propose first.")
_DECIDED = mark("Decided or begun: U takes it back.")


class ProposalControls(QWidget):
    """Emits the settings at every move of a person, never when they are only shown."""

    changed = Signal(object)  # BoxSettings
    use_for_all = Signal(object)  # BoxSettings
    use_for_class = Signal(object)  # BoxSettings

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = BoxSettings()
        self.threshold = _threshold_slider()
        self._value = label("", "")
        self.normalisation = QComboBox()
        self.normalisation.setAccessibleName(tr("Normalisation of the score map"))
        for choice, words in _NORMALISATIONS.items():
            self.normalisation.addItem(tr(words), choice.value)
        self.multiple = QCheckBox(tr("Several boxes"))
        self._why = label(tr(_NO_MAP), "muted", wrap=True)
        self.all_button = button(tr("Use for all unreviewed"), self._on_all)
        self.all_button.setToolTip(
            tr("Derive the boxes of all unreviewed images again, without a network")
        )
        self.class_button = button(tr("Use for this class"), self._on_class)
        self.class_button.setToolTip(
            tr("Derive the boxes of this class's unreviewed images again; the others keep theirs")
        )
        reach_by_keyboard(
            self.threshold,
            self.normalisation,
            self.multiple,
            self.class_button,
            self.all_button,
        )
        self._lay_out()
        self.threshold.valueChanged.connect(self._on_change)
        self.normalisation.currentIndexChanged.connect(self._on_change)
        self.multiple.toggled.connect(self._on_change)
        self.show_settings(self._settings, live=False, decided=False)

    @property
    def settings(self) -> BoxSettings:
        return self._settings

    def show_settings(self, settings: BoxSettings | None, live: bool, decided: bool) -> None:
        """What the boxes shown came from; ``live`` if they can be derived anew here."""
        if settings is not None:
            self._settings = settings
        controls = (self.threshold, self.normalisation, self.multiple)
        for control in controls:
            control.blockSignals(True)
            control.setEnabled(live)
        self.threshold.setValue(round(self._settings.threshold * 100))
        at = self.normalisation.findData(self._settings.normalisation.value)
        self.normalisation.setCurrentIndex(at)
        self.multiple.setChecked(self._settings.multiple)
        for control in controls:
            control.blockSignals(False)
        self.all_button.setEnabled(live)
        self.class_button.setEnabled(live)
        self._why.setText(tr(_LIVE if live else _DECIDED if decided else _NO_MAP))
        self._show_value()

    def step(self, steps: int) -> None:
        """Move the threshold by key."""
        if self.threshold.isEnabled():
            self.threshold.setValue(self.threshold.value() + steps * _STEP)

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(8)
        grid.addWidget(label(tr("Threshold"), "muted"), 0, 0)
        grid.addWidget(self._value, 0, 1, Qt.AlignmentFlag.AlignRight)
        grid.addWidget(self.threshold, 1, 0, 1, 2)
        grid.addWidget(self.normalisation, 2, 0, 1, 2)
        grid.addWidget(self.multiple, 3, 0, 1, 2)
        grid.addWidget(self.class_button, 4, 0, 1, 2)
        grid.addWidget(self.all_button, 5, 0, 1, 2)
        grid.addWidget(self._why, 6, 0, 1, 2)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(label(tr("Proposals"), "section"))
        column.addLayout(grid)

    def _on_change(self) -> None:
        self._settings = replace(
            self._settings,
            threshold=self.threshold.value() / 100.0,
            normalisation=Normalisation(self.normalisation.currentData()),
            multiple=self.multiple.isChecked(),
        )
        self._show_value()
        self.changed.emit(self._settings)

    def _on_class(self) -> None:
        self.use_for_class.emit(self._settings)

    def _on_all(self) -> None:
        self.use_for_all.emit(self._settings)

    def _show_value(self) -> None:
        self._value.setText(decimal(self._settings.threshold, 2))


def _threshold_slider() -> QSlider:
    slider = QSlider(Qt.Orientation.Horizontal)
    slider.setRange(1, 95)
    slider.setPageStep(5)
    slider.setAccessibleName(tr("Threshold of the score map"))
    return slider
