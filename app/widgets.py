"""Small parts that all dialogs and pages share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import (
    QDoubleSpinBox,
    QFileDialog,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QWidget,
)

from app.i18n import tr

Spin = TypeVar("Spin", QSpinBox, QDoubleSpinBox)
_FIELD_HEIGHT = 30
_SWATCH = 14


def label(text: str, role: str = "", wrap: bool = False, selectable: bool = False) -> QLabel:
    """A text; ``role`` is one of the style sheet (title, heading, section, muted, problem)."""
    result = QLabel(text)
    result.setTextFormat(Qt.TextFormat.PlainText)
    result.setProperty("role", role)
    result.setWordWrap(wrap)
    if selectable:
        result.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
    return result


def button(text: str, slot: Callable[[], Any], role: str = "") -> QPushButton:
    """A button; ``role`` is ``primary``, ``flat`` or nothing."""
    result = QPushButton(text)
    result.setProperty("role", role)
    result.setAutoDefault(False)
    result.clicked.connect(lambda: slot())
    return result


def swatch(colour: str) -> QIcon:
    """A square in ``colour`` (``#rrggbb``), with a rim so that it shows on any ground."""
    picture = QPixmap(_SWATCH, _SWATCH)
    picture.fill(QColor(128, 128, 128))
    painter = QPainter(picture)
    painter.fillRect(picture.rect().adjusted(1, 1, -1, -1), QColor(colour))
    painter.end()
    icon = QIcon(picture)
    icon.addPixmap(picture, QIcon.Mode.Selected)  # else Qt blends it with the selection's colour
    return icon


def at_least(dialog: QWidget, width: int) -> None:
    """Make a dialog ``width`` wide, or wider if its layout needs it in the person's language.

    A least width that is set by hand takes the place of the layout's own.
    """
    for widget in dialog.findChildren(QWidget):
        widget.ensurePolished()  # the style sheet has its say in what they need
    layout = dialog.layout()
    dialog.setMinimumWidth(max(width, layout.minimumSize().width() if layout else 0))


def line() -> QFrame:
    """A thin line between two parts."""
    result = QFrame()
    result.setProperty("role", "line")
    result.setFixedHeight(1)
    return result


def set_role(widget: QWidget, role: str) -> None:
    """Give ``widget`` another role and let it look so."""
    if widget.property("role") != role:
        widget.setProperty("role", role)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def form_layout() -> QFormLayout:
    """A form whose captions stand at the height of their fields."""
    form = QFormLayout()
    form.setContentsMargins(0, 0, 0, 0)
    form.setHorizontalSpacing(16)
    form.setVerticalSpacing(7)
    form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    return form


def add_field(form: QFormLayout, caption: str, field: QWidget) -> None:
    """A row of ``form``; the caption names the field for screen readers too."""
    text = label(caption)
    text.setBuddy(field)
    text.setMinimumHeight(_FIELD_HEIGHT)
    form.addRow(text, field)


def number_field(box: Spin, name: str, suffix: str = "", width: int = 140) -> Spin:
    """Set up the spin box ``box``, whose range the caller has set."""
    box.setSuffix(suffix)
    box.setMaximumWidth(width)
    box.setAccessibleName(name)
    box.lineEdit().setTextMargins(5, 0, 0, 0)  # the style sheet cannot reach inside a spin box
    return box


class PathField(QWidget):
    """A path to type or to choose."""

    def __init__(self, choose: Callable[[str], str], placeholder: str = "") -> None:
        super().__init__()
        self._choose = choose
        self.edit = QLineEdit()
        self.edit.setPlaceholderText(placeholder)
        self.edit.setClearButtonEnabled(True)
        self.choose_button = button(tr("Choose…"), self._on_choose)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.edit, 1)
        row.addWidget(self.choose_button)
        self.setFocusProxy(self.edit)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def text(self) -> str:
        return self.edit.text().strip()

    def set_text(self, text: str) -> None:
        self.edit.setText(text)

    def _on_choose(self) -> None:
        chosen = self._choose(self.text())
        if chosen:
            self.edit.setText(chosen)


def folder_field(parent: QWidget, title: str, placeholder: str = "") -> PathField:
    """A field for a folder."""
    return PathField(
        lambda start: QFileDialog.getExistingDirectory(parent, title, start), placeholder
    )


def file_field(parent: QWidget, title: str, kinds: str, placeholder: str = "") -> PathField:
    """A field for a file; ``kinds`` as Qt writes filters: ``CSV files (*.csv)``."""
    return PathField(
        lambda start: QFileDialog.getOpenFileName(parent, title, start, kinds)[0], placeholder
    )
