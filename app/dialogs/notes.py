"""A note about one image."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from app.i18n import tr
from app.widgets import button, label
from app.words import key_name


class NoteDialog(QDialog):
    """A small editor; Ctrl+Return saves, Esc leaves all as it was."""

    written = Signal(str)

    def __init__(self, path: str, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Note"))
        self.resize(420, 240)
        self.edit = QPlainTextEdit(text)
        self.edit.setAccessibleName(tr("Note about the image"))
        self.edit.setPlaceholderText(tr("What is to be asked, checked or remembered here?"))
        self.edit.setTabChangesFocus(True)
        self.edit.selectAll()
        row = QHBoxLayout()
        row.addWidget(label(key_name("Ctrl+Return"), "key"))
        row.addWidget(label(tr("saves"), "muted"))
        row.addStretch(1)
        row.addWidget(button(tr("Cancel"), self.reject))
        row.addWidget(button(tr("Save"), self._save, "primary"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 16)
        layout.setSpacing(10)
        layout.addWidget(label(path, "section", wrap=True))
        layout.addWidget(self.edit, 1)
        layout.addLayout(row)
        for key in ("Ctrl+Return", "Ctrl+Enter"):
            QShortcut(QKeySequence(key), self, self._save)

    def _save(self) -> None:
        self.written.emit(self.edit.toPlainText())
        self.accept()
