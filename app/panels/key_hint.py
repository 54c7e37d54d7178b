"""The keys to press next, always in sight."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.actions import ActionRegistry, plain_text
from app.widgets import label

#: When nothing else has to be done first: the image itself tells the keys of its review.
USUAL_KEYS = ("help.keys",)


class KeyHint(QWidget):
    """Shows the keys of some actions, those that can be pressed now."""

    def __init__(self, registry: ActionRegistry, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._registry = registry
        self._ids: tuple[str, ...] = ()
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(4, 0, 4, 0)
        self._row.setSpacing(6)
        registry.changed.connect(lambda _id: self._show())

    def show_actions(self, action_ids: Iterable[str]) -> None:
        for name in self._ids:
            self._registry.action(name).enabledChanged.disconnect(self._show)
        self._ids = tuple(action_ids)
        for name in self._ids:
            self._registry.action(name).enabledChanged.connect(self._show)
        self._show()

    def text(self) -> str:
        """The hint in plain words."""
        return "  ".join(f"{key} {words}" for key, words in self._pairs())

    def _pairs(self) -> list[tuple[str, str]]:
        actions = [(name, self._registry.action(name)) for name in self._ids]
        return [
            (self._registry.key_text(name), plain_text(action.text()))
            for name, action in actions
            if action.isEnabled() and self._registry.keys(name)
        ]

    def _show(self) -> None:
        while (item := self._row.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for key, words in self._pairs():
            self._row.addWidget(label(key, "key"), 0, Qt.AlignmentFlag.AlignVCenter)
            self._row.addWidget(label(words, "muted"))
            self._row.addSpacing(8)
