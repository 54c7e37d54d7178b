"""Fields that show one setting each, and keep it as soon as a person changes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtWidgets import QCheckBox, QComboBox, QFormLayout, QSpinBox, QVBoxLayout, QWidget

from app.i18n import tr
from app.preferences import Choice, Number, Preference, Switch
from app.settings import AppSettings
from app.widgets import add_field, form_layout, label, number_field

Told = Callable[[Preference], object]


class SettingPage(QWidget):
    """Rows of fields with a line of explanation; ``told`` hears what was changed and is kept."""

    def __init__(self, title: str, settings: AppSettings, told: Told) -> None:
        super().__init__()
        self.title = title
        self.fields: dict[str, QWidget] = {}
        self._settings, self._told = settings, told
        self._form = form_layout()
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(12)
        self.column.addWidget(label(title, "heading"))
        self.column.addLayout(self._form)
        self.column.addStretch()

    @property
    def form(self) -> QFormLayout:
        return self._form

    def say(self, text: str) -> None:
        """A line of explanation beneath the last field."""
        self._form.addRow("", label(text, "muted", wrap=True))

    def add_switch(self, preference: Switch, text: str) -> None:
        field = QCheckBox(text)
        field.setChecked(self._settings.switch(preference))
        field.toggled.connect(lambda on: self._keep(preference, on))
        self._form.addRow("", field)
        self.fields[preference.name] = field

    def add_number(self, preference: Number, caption: str, suffix: str = "") -> None:
        field = QSpinBox()
        field.setRange(preference.least, preference.most)
        field.setValue(self._settings.number(preference))
        field.valueChanged.connect(lambda value: self._keep(preference, value))
        self._add(preference.name, caption, number_field(field, caption, suffix, 150))

    def add_choice(self, preference: Choice, caption: str, words: Mapping[str, str]) -> None:
        """``words`` by value, marked for translation."""
        field = QComboBox()
        for value in preference.values:
            field.addItem(tr(words[value]), value)
        field.setCurrentIndex(field.findData(self._settings.choice(preference)))
        field.activated.connect(lambda _at: self._keep(preference, field.currentData()))
        self._add(preference.name, caption, field)

    def _add(self, name: str, caption: str, field: QWidget) -> None:
        field.setAccessibleName(caption)
        add_field(self._form, caption, field)
        self.fields[name] = field

    def _keep(self, preference: Preference, value: bool | int | str) -> None:
        self._settings.set_preference(preference, value)
        self._told(preference)
