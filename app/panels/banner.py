"""A line above the page that says what to do next."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app import icons, theme
from app.next_step import Advice
from app.widgets import button, label

_ICON = 28


class Banner(QFrame):
    """Shows an Advice or nothing; ``taken`` names the action of its button."""

    taken = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._advice: Advice | None = None
        self.setProperty("role", "banner")
        self.sign = QLabel()
        self.text = label("", "section")
        self.hint = label("", "muted", wrap=True)
        self.button = button("", self._on_pressed, "primary")
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.text)
        words.addWidget(self.hint)
        row = QHBoxLayout(self)
        row.setContentsMargins(18, 12, 18, 12)
        row.setSpacing(14)
        row.addWidget(self.sign)
        row.addLayout(words, 1)
        row.addWidget(self.button)
        self.hide()

    def show_advice(self, advice: Advice | None) -> None:
        self._advice = advice
        self.setVisible(advice is not None)
        if advice is not None:
            self.text.setText(advice.text)
            self.hint.setText(advice.hint)
            self.button.setText(advice.offer)
            self._draw_sign()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._draw_sign()

    def _draw_sign(self) -> None:
        if self._advice is not None:
            colour = theme.colours().muted
            ratio = self.devicePixelRatioF()
            self.sign.setPixmap(icons.pixmap(self._advice.icon, colour, _ICON, ratio))

    def _on_pressed(self) -> None:
        if self._advice is not None:
            self.taken.emit(self._advice.action_id)
