"""Fields for a method's options, made from their description."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from PySide6.QtWidgets import QCheckBox, QLineEdit, QWidget

from app.i18n import tr
from app.widgets import add_field, form_layout, label
from engine.jobs.catalogue import OptionInfo


class OptionFields(QWidget):
    """One field per option: a check box for yes or no, a text for the rest.

    The engine checks values itself (``engine.jobs.options.make_options``), numbers as text too.
    """

    def __init__(self, options: Iterable[OptionInfo], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._options = {option.name: option for option in options}
        self._fields: dict[str, QCheckBox | QLineEdit] = {}
        form = form_layout()
        self.setLayout(form)
        for option in self._options.values():
            field = _field(option)
            self._fields[option.name] = field
            field.setAccessibleName(option.name)
            add_field(form, option.name, field)
            form.addRow("", label(tr(option.help), "muted", wrap=True))

    def field(self, name: str) -> QCheckBox | QLineEdit:
        return self._fields[name]

    def set_values(self, values: Mapping[str, Any]) -> None:
        """Show ``values``; options that are not among them get their default."""
        for name, field in self._fields.items():
            value = values.get(name, self._options[name].default)
            if isinstance(field, QCheckBox):
                field.setChecked(bool(value))
            else:
                field.setText(str(value))

    def changed(self) -> dict[str, Any]:
        """The options that differ from their default; numbers are text."""
        found: dict[str, Any] = {}
        for name, field in self._fields.items():
            default = self._options[name].default
            if isinstance(field, QCheckBox):
                if field.isChecked() != default:
                    found[name] = field.isChecked()
            elif field.text().strip() != str(default):
                found[name] = field.text().strip()
        return found


def _field(option: OptionInfo) -> QCheckBox | QLineEdit:
    if isinstance(option.default, bool):
        box = QCheckBox(tr("on"))
        box.setChecked(option.default)
        box.setToolTip(tr(option.help))
        return box
    edit = QLineEdit(str(option.default))
    edit.setMaximumWidth(140)
    edit.setToolTip(tr(option.help))
    return edit
