"""A line above the maps: the inspector is gone, and how to have it back."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from app.widgets import button, label
from engine.jobs.events import Failed


class TroubleLine(QFrame):
    """Hidden unless there is something to tell."""

    retry_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "banner")
        self.text = label("", "problem", wrap=True)
        self.hint = label("", "muted", wrap=True)
        self.button = button("Start it again", self.retry_wanted.emit)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.text)
        words.addWidget(self.hint)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 10, 16, 10)
        row.addLayout(words, 1)
        row.addWidget(self.button)
        self.hide()

    def show_failed(self, failed: Failed) -> None:
        self.text.setText(failed.message)
        self.hint.setText("Your boxes and decisions are untouched.")
        self.setToolTip(failed.details or "")
        self.show()
