"""What a training is made of, to choose: method, backbone, weights, and the rest on demand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QScrollArea,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.dialogs.option_fields import OptionFields
from app.i18n import mark, tr
from app.widgets import add_field, button, file_field, form_layout, label, number_field
from engine.domain.settings import TrainSettings
from engine.jobs.catalogue import BACKBONES, METHODS, BackboneInfo, MethodInfo, recipe
from engine.jobs.options import make_options

_DEVICES = (
    ("auto", mark("Automatic")),
    ("cpu", "CPU"),
    ("cuda", mark("NVIDIA GPU")),
    ("mps", mark("Apple GPU")),
)
_PRECISIONS = (
    ("auto", mark("Automatic")),
    ("float32", mark("32 bit")),
    ("bfloat16", "bfloat16"),
    ("float16", mark("16 bit")),
)
_IMAGENET, _NONE, _FILE = "imagenet", "none", "file"


class TrainForm(QWidget):
    """Reads and shows TrainSettings. Another backbone brings its own recipe along."""

    changed = Signal()

    def __init__(self, settings: TrainSettings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._base = settings
        self.method = _combo([(m.name, m.title) for m in METHODS], tr("Method"))
        self.backbone = _combo([(b.name, b.title) for b in BACKBONES], tr("Backbone"))
        self.weights = _combo([], tr("Weights"))
        self.weights_file = file_field(
            self,
            tr("Weights"),
            tr("Weights (*.pth *.pt *.safetensors);;All files (*)"),
            tr("File of weights"),
        )
        self.epochs = _spin(1, 10_000, tr("Epochs"))
        self.seed = _spin(0, 2**31 - 1, tr("Seed"))
        self.device = _combo(_DEVICES, tr("Device"))
        self.batch_size = _spin(1, 1024, tr("Images per step"))
        self.image_size = _spin(32, 1024, tr("Image size"), " px")
        self.learning_rate = _rate()
        self.precision = _combo(_PRECISIONS, tr("Precision"))
        self.method_hint = label("", "muted", wrap=True)
        self.backbone_hint = label("", "muted", wrap=True)
        self.options: dict[str, OptionFields] = {}  # of the methods that were chosen so far
        self._method_options = QVBoxLayout()
        self.advanced = self._make_advanced()
        self.advanced_button = button(tr("Show advanced options"), self._toggle_advanced, "flat")
        self._lay_out()
        self.method.currentIndexChanged.connect(self._on_method)
        self.backbone.currentIndexChanged.connect(self._on_backbone)
        self.weights.currentIndexChanged.connect(self._on_weights)
        self.weights_file.edit.textChanged.connect(self.changed)
        self.show_settings(settings)

    def settings(self) -> TrainSettings:
        """What is chosen. Raises InputError if an option of the method makes no sense."""
        method = self.method.currentData()
        options = self.options[method].changed()
        made = make_options(method, options)
        return replace(
            self._base,
            method=method,
            options={name: getattr(made, name) for name in options},
            backbone=self.backbone.currentData(),
            weights=self._weights(),
            epochs=self.epochs.value(),
            seed=self.seed.value(),
            device=self.device.currentData(),
            batch_size=self.batch_size.value(),
            image_size=self.image_size.value(),
            resize_size=self._resize_size(),
            learning_rate=self.learning_rate.value(),
            precision=self.precision.currentData(),
        )

    def show_settings(self, settings: TrainSettings) -> None:
        self._base = settings
        _choose(self.method, settings.method)
        self.backbone.blockSignals(True)
        _choose(self.backbone, settings.backbone)
        self.backbone.blockSignals(False)
        self._fill_weights(settings.weights)
        self.epochs.setValue(settings.epochs)
        self.seed.setValue(settings.seed)
        _choose(self.device, settings.device)
        self.batch_size.setValue(settings.batch_size)
        self.image_size.setValue(settings.image_size)
        self.learning_rate.setValue(settings.learning_rate)
        _choose(self.precision, settings.precision)
        self._on_method()
        if settings.method in self.options:
            self.options[settings.method].set_values(settings.options)
        self.backbone_hint.setText(tr(self._backbone().description))

    @property
    def complete(self) -> bool:
        return self.weights.currentData() != _FILE or bool(self.weights_file.text())

    def _method(self) -> MethodInfo:
        return METHODS[max(0, self.method.currentIndex())]

    def _backbone(self) -> BackboneInfo:
        return BACKBONES[max(0, self.backbone.currentIndex())]

    def _weights(self) -> str:
        kind: str = self.weights.currentData()
        return self.weights_file.text() if kind == _FILE else kind

    def _resize_size(self) -> int:
        """As much larger than the input as in the recipe."""
        base = self._base
        return round(self.image_size.value() * base.resize_size / base.image_size)

    def _fill_weights(self, chosen: str) -> None:
        self.weights.clear()
        if self._backbone().imagenet:
            self.weights.addItem(tr("ImageNet (downloaded once)"), _IMAGENET)
        self.weights.addItem(tr("None: learn from nothing"), _NONE)
        self.weights.addItem(tr("From a file…"), _FILE)
        known = self.weights.findData(chosen)
        self.weights_file.set_text("" if known >= 0 else chosen)
        self.weights.setCurrentIndex(known if known >= 0 else self.weights.findData(_FILE))
        self._on_weights()

    def _on_method(self) -> None:
        method = self._method()
        self.method_hint.setText(tr(method.description))
        if method.name not in self.options:  # to make those of all takes longer than one may wait
            self.options[method.name] = OptionFields(method.options)
            self._method_options.addWidget(self.options[method.name])
        for name, fields in self.options.items():
            fields.setVisible(name == method.name)

    def _on_backbone(self) -> None:
        chosen = replace(
            recipe(self._backbone().name, self._method().name),
            options=self._base.options,
            seed=self.seed.value(),
            device=self.device.currentData(),
        )
        self.show_settings(chosen)

    def _on_weights(self) -> None:
        self.weights_file.setVisible(self.weights.currentData() == _FILE)
        self.changed.emit()

    def _toggle_advanced(self) -> None:
        shown = self.advanced.isHidden()
        self.advanced.setVisible(shown)
        self.advanced_button.setText(
            tr("Hide advanced options") if shown else tr("Show advanced options")
        )

    def _lay_out(self) -> None:
        form = form_layout()
        add_field(form, tr("Method"), self.method)
        form.addRow("", self.method_hint)
        add_field(form, tr("Backbone"), self.backbone)
        form.addRow("", self.backbone_hint)
        add_field(form, tr("Weights"), self.weights)
        form.addRow("", self.weights_file)
        add_field(form, tr("Epochs"), self.epochs)
        add_field(form, tr("Seed"), self.seed)
        add_field(form, tr("Device"), self.device)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        layout.addLayout(form)
        layout.addWidget(self.advanced_button, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(self.advanced, 1)
        layout.addStretch()
        self.advanced.hide()

    def _make_advanced(self) -> QScrollArea:
        form = form_layout()
        add_field(form, tr("Images per step"), self.batch_size)
        add_field(form, tr("Image size"), self.image_size)
        add_field(form, tr("Learning rate"), self.learning_rate)
        add_field(form, tr("Precision"), self.precision)
        inside = QWidget()
        layout = QVBoxLayout(inside)
        layout.setContentsMargins(0, 0, 12, 0)
        layout.setSpacing(14)
        layout.addLayout(form)
        layout.addLayout(self._method_options)
        layout.addStretch()
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(inside)
        area.setMinimumHeight(240)
        return area


def _combo(items: Any, name: str) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    for value, text in items:
        box.addItem(tr(text), value)
    return box


def _choose(box: QComboBox, value: str) -> None:
    index = box.findData(value)
    if index < 0:  # a value of a newer program or of the command line: shown as it is
        box.addItem(value, value)
        index = box.count() - 1
    box.setCurrentIndex(index)


def _spin(least: int, most: int, name: str, suffix: str = "") -> QSpinBox:
    box = QSpinBox()
    box.setRange(least, most)
    return number_field(box, name, suffix)


def _rate() -> QDoubleSpinBox:
    box = QDoubleSpinBox()
    box.setDecimals(6)
    box.setSingleStep(0.001)
    box.setRange(0.000001, 10.0)
    return number_field(box, tr("Learning rate"))
