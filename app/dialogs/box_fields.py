"""Fields for how boxes are derived from a score map."""

from __future__ import annotations

from PySide6.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QWidget

from app.i18n import mark, tr
from app.widgets import add_field, form_layout, label, number_field
from engine.domain.settings import BoxSettings, Normalisation

_NORMALISATIONS = (
    (Normalisation.IVR, mark("Lift the background (IVR)")),
    (Normalisation.MIN_MAX, mark("Minimum to maximum")),
    (Normalisation.MAX, mark("Zero to maximum")),
)


class BoxFields(QWidget):
    """Reads and shows BoxSettings."""

    def __init__(self, settings: BoxSettings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.threshold = _number(0.0, 1.0, 0.01, tr("Threshold"))
        self.normalisation = QComboBox()
        self.normalisation.setAccessibleName(tr("Normalisation"))
        for value, text in _NORMALISATIONS:
            self.normalisation.addItem(tr(text), value)
        self.percentile = _number(0.0, 100.0, 5.0, tr("Percentile"), decimals=0)
        self.multiple = QCheckBox(tr("Several boxes per image, one for each separate part"))
        self.min_area = _number(
            0.0, 50.0, 0.5, tr("Smallest part"), decimals=1, suffix=tr(" % of image")
        )
        form = form_layout()
        self.setLayout(form)
        add_field(form, tr("Threshold"), self.threshold)
        form.addRow("", label(tr("A higher threshold gives a smaller box."), "muted"))
        add_field(form, tr("Normalisation"), self.normalisation)
        add_field(form, tr("Percentile"), self.percentile)
        add_field(form, tr("Boxes"), self.multiple)
        add_field(form, tr("Smallest part"), self.min_area)
        self.normalisation.currentIndexChanged.connect(self._enable)
        self.multiple.toggled.connect(self._enable)
        self._show(settings)

    def settings(self) -> BoxSettings:
        return BoxSettings(
            normalisation=Normalisation(self.normalisation.currentData()),
            percentile=self.percentile.value(),
            threshold=round(self.threshold.value(), 4),
            multiple=self.multiple.isChecked(),
            min_area=self.min_area.value() / 100,
        )

    def _show(self, settings: BoxSettings) -> None:
        self.threshold.setValue(settings.threshold)
        self.normalisation.setCurrentIndex(self.normalisation.findData(settings.normalisation))
        self.percentile.setValue(settings.percentile)
        self.multiple.setChecked(settings.multiple)
        self.min_area.setValue(settings.min_area * 100)
        self._enable()

    def _enable(self) -> None:
        self.percentile.setEnabled(self.normalisation.currentData() == Normalisation.IVR)
        self.min_area.setEnabled(self.multiple.isChecked())


def _number(
    least: float, most: float, step: float, name: str, decimals: int = 2, suffix: str = ""
) -> QDoubleSpinBox:
    box = QDoubleSpinBox()
    box.setDecimals(decimals)
    box.setSingleStep(step)
    box.setRange(least, most)
    return number_field(box, name, suffix, 180)
