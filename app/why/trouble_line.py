"""A line above the maps: the inspector is gone, and has come back or can be had back."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from app.i18n import mark, tr
from app.widgets import button, label
from engine.jobs.events import Failed

RESTARTING = mark("It is being started again. Your boxes and decisions are untouched.")
RESTARTED = mark("It has been started again. Nothing is lost.")
GIVEN_UP = mark("It has been started again once, in vain. Your boxes and decisions are untouched.")


class TroubleLine(QFrame):
    """Hidden unless there is something to tell."""

    retry_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "banner")
        self._over = False
        self.text = label("", "problem", wrap=True)
        self.hint = label("", "muted", wrap=True)
        self.button = button(tr("Start it again"), self.retry_wanted.emit)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.text)
        words.addWidget(self.hint)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 10, 16, 10)
        row.addLayout(words, 1)
        row.addWidget(self.button)
        self.hide()

    def show_failed(self, failed: Failed, restarting: bool) -> None:
        """Tell of it; unless it is ``restarting`` by itself, a button does that."""
        self._over = False
        self.text.setText(failed.message)
        self.hint.setText(tr(RESTARTING if restarting else GIVEN_UP))
        self.button.setVisible(not restarting)
        self.setToolTip(failed.details or "")
        self.show()

    def note_answer(self) -> None:
        """It answers again: that is said until the next answer."""
        if not self.isHidden() and not self._over:
            self._over = True
            self.hint.setText(tr(RESTARTED))
            self.button.hide()
        else:
            self.hide()
