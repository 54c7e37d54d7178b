"""The system goes from light to dark, or back, while the program runs."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QTimer, Slot
from PySide6.QtWidgets import QApplication

from app import theme


class SystemTheme(QObject):
    """Asks to dress the program anew where the person has chosen to follow the system."""

    def __init__(self, app: QApplication, dress: Callable[[bool], object], parent: QObject) -> None:
        """``dress`` is called with whether the system is dark now, and only if that is news."""
        super().__init__(parent)
        self._dress = dress
        self._dark = False
        self.followed = True  # whether the person has chosen so
        self._soon = QTimer(self)  # a choice of the person changes the hints as well, mid-way
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._look)
        app.styleHints().colorSchemeChanged.connect(self._on_changed)

    @Slot(Qt.ColorScheme)
    def _on_changed(self, scheme: Qt.ColorScheme) -> None:
        self._dark = scheme == Qt.ColorScheme.Dark
        self._soon.start(0)

    def _look(self) -> None:
        if self.followed and self._dark != (theme.colours() is theme.DARK):
            self._dress(self._dark)
