"""The keyboard's way to every control of a page whose letters and Space mean acts.

Controls beside the image are reached by Tab and by F6, which goes from part to part. They do not
take the focus from the image when they are clicked, so that Space goes on accepting; reached by
keyboard, they have Space and the arrows for themselves.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QWidget

_OWN = frozenset(
    {
        Qt.Key.Key_Space,
        Qt.Key.Key_Left,
        Qt.Key.Key_Right,
        Qt.Key.Key_Up,
        Qt.Key.Key_Down,
        Qt.Key.Key_PageUp,
        Qt.Key.Key_PageDown,
        Qt.Key.Key_Home,
        Qt.Key.Key_End,
    }
)


class _OwnKeys(QObject):
    """Keeps a control's keys from being taken for the page's."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            plain = event.modifiers() in (
                Qt.KeyboardModifier.NoModifier,
                Qt.KeyboardModifier.KeypadModifier,
            )
            if plain and event.key() in _OWN:
                event.accept()
                return True
        return super().eventFilter(watched, event)


def keep_keys(*controls: QWidget) -> None:
    """Let the controls have Space and the arrows while the focus is on them."""
    for control in controls:
        control.installEventFilter(_OwnKeys(control))


def reach_by_keyboard(*controls: QWidget) -> None:
    """Let Tab reach the controls, a click not, and give them their keys."""
    for control in controls:
        control.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    keep_keys(*controls)


def go_to_part(parts: Sequence[QWidget], step: int) -> None:
    """Give the focus to the next part (``step`` 1) or the last (-1) that can take it."""
    now = QApplication.focusWidget()
    at = next((i for i, part in enumerate(parts) if _holds(part, now)), -1 if step > 0 else 0)
    for further in range(1, len(parts) + 1):
        target = _first_in(parts[(at + step * further) % len(parts)])
        if target is not None:
            target.setFocus(Qt.FocusReason.TabFocusReason)
            return


def _holds(part: QWidget, widget: QWidget | None) -> bool:
    return widget is not None and (part is widget or part.isAncestorOf(widget))


def _first_in(part: QWidget) -> QWidget | None:
    """The first control of ``part`` in the order of Tab."""
    widget: QWidget | None = part
    while widget is not None:
        if _holds(part, widget) and _takes_focus(widget):
            return widget
        widget = widget.nextInFocusChain()
        if widget is part:
            break
    return None


def _takes_focus(widget: QWidget) -> bool:
    by_tab = bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
    return by_tab and widget.isVisible() and widget.isEnabled()
