"""The one registry of actions and keys: unique per scope, editable, tool tips show the key."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from PySide6.QtCore import QObject, Qt, Signal, SignalInstance
from PySide6.QtGui import QAction, QIcon, QKeySequence
from PySide6.QtWidgets import QMenu, QToolBar, QWidget

from app.action_table import ACTIONS, SEPARATOR, MenuItem
from app.commands.spec import ActionSpec, Scope, scopes_overlap
from app.i18n import tr

log = logging.getLogger(__name__)


class ShortcutStore(Protocol):
    """Where a person's own keys are kept (``app.settings.AppSettings``)."""

    def shortcuts(self) -> Mapping[str, tuple[str, ...]]: ...

    def save_shortcuts(self, action_id: str, keys: tuple[str, ...] | None) -> None: ...


class ShortcutClashError(ValueError):
    """``key`` already belongs to ``holder`` where both would count."""

    def __init__(self, key: str, holder: ActionSpec) -> None:
        words = plain_text(tr(holder.text))
        super().__init__(tr("{key} is already the key of “{action}”.", key=key, action=words))
        self.key = key
        self.holder = holder


def plain_text(text: str) -> str:
    """``text`` without menu mnemonics and the dots that announce a dialog."""
    return text.replace("&", "").rstrip("…")


def normal_keys(keys: Iterable[str]) -> tuple[str, ...]:
    """``keys`` in Qt's portable spelling, those that mean nothing left out."""
    sequences = (
        QKeySequence.fromString(key, QKeySequence.SequenceFormat.PortableText) for key in keys
    )
    texts = (s.toString(QKeySequence.SequenceFormat.PortableText) for s in sequences)
    return tuple(dict.fromkeys(text for text in texts if text))


class ActionRegistry(QObject):
    """Holds one QAction per spec. An action is disabled until something is bound to it.

    Actions of scope WINDOW belong into the main window, the others into their page:
    ``page.addActions(registry.in_scope(Scope.REVIEW))``.
    """

    changed = Signal(str)  # id of the action whose keys are others now

    def __init__(
        self,
        parent: QObject | None = None,
        store: ShortcutStore | None = None,
        specs: Iterable[ActionSpec] = ACTIONS,
    ) -> None:
        super().__init__(parent)
        self._store = store
        self._specs = {spec.id: spec for spec in specs}
        self._keys = {spec.id: normal_keys(spec.shortcuts) for spec in self._specs.values()}
        self._actions = {spec.id: self._make(spec) for spec in self._specs.values()}
        self._bound: dict[str, Callable[..., Any]] = {}
        self._apply_own_keys({} if store is None else store.shortcuts())
        for action_id in self._specs:
            self._show_keys(action_id)

    def action(self, action_id: str) -> QAction:
        """The action. Raises KeyError for an unknown id."""
        return self._actions[action_id]

    def spec(self, action_id: str) -> ActionSpec:
        return self._specs[action_id]

    def ids(self) -> tuple[str, ...]:
        return tuple(self._specs)

    def in_scope(self, scope: Scope) -> list[QAction]:
        return [self._actions[s.id] for s in self._specs.values() if s.scope == scope]

    def bind(self, action_id: str, slot: Callable[..., Any]) -> QAction:
        """Let ``slot`` (and no other) do the action's work, and enable it.

        The slot of a checkable action gets its state.
        """
        self.unbind(action_id)
        action = self._actions[action_id]
        # Qt would pass `checked` to any slot that takes an argument
        work = slot if action.isCheckable() else lambda *_: slot()
        _signal(action).connect(work)
        self._bound[action_id] = work
        action.setEnabled(True)
        return action

    def unbind(self, action_id: str) -> None:
        """Take the action's work away and disable it."""
        action, work = self._actions[action_id], self._bound.pop(action_id, None)
        if work is not None:
            _signal(action).disconnect(work)
        action.setEnabled(False)

    def keys(self, action_id: str) -> tuple[str, ...]:
        """The portable key texts of an action, the one that is shown first."""
        return self._keys[action_id]

    def key_text(self, action_id: str) -> str:
        """The first key as people of this system read it, or an empty text."""
        keys = self._keys[action_id]
        return _native(keys[0]) if keys else ""

    def holder(self, key: str, scope: Scope, but: str = "") -> ActionSpec | None:
        """Who else holds ``key`` where ``scope`` counts."""
        for spec in self._specs.values():
            if spec.id != but and scopes_overlap(spec.scope, scope) and key in self._keys[spec.id]:
                return spec
        return None

    def set_keys(self, action_id: str, keys: Iterable[str]) -> None:
        """Give the action other keys and keep them. Raises ShortcutClashError, changing nothing."""
        normal = normal_keys(keys)
        self._check(action_id, normal)
        self._keys[action_id] = normal
        if self._store is not None:
            is_default = normal == self.default_keys(action_id)
            self._store.save_shortcuts(action_id, None if is_default else normal)
        self._show_keys(action_id)
        self.changed.emit(action_id)

    def default_keys(self, action_id: str) -> tuple[str, ...]:
        return normal_keys(self._specs[action_id].shortcuts)

    def reset_keys(self) -> None:
        """All keys as they came with the program."""
        for action_id in self._specs:
            self._keys[action_id] = self.default_keys(action_id)
            if self._store is not None:
                self._store.save_shortcuts(action_id, None)
        for action_id in self._specs:
            self._show_keys(action_id)
            self.changed.emit(action_id)

    def set_icons(self, icon: Callable[[str], QIcon]) -> None:
        """Draw all icons anew (``icon`` makes one from its name), e.g. for another theme."""
        for spec in self._specs.values():
            if spec.icon is not None:
                self._actions[spec.id].setIcon(icon(spec.icon))

    def fill_menu(self, menu: QMenu, items: Iterable[MenuItem]) -> None:
        """Add ``items`` in order; a tuple becomes a submenu."""
        for item in items:
            if isinstance(item, tuple):
                self.fill_menu(menu.addMenu(tr(item[0])), item[1:])
            elif item == SEPARATOR:
                menu.addSeparator()
            else:
                menu.addAction(self._actions[item])

    def fill_tool_bar(self, bar: QToolBar, items: Iterable[str]) -> None:
        for item in items:
            if item == SEPARATOR:
                bar.addSeparator()
            else:
                bar.addAction(self._actions[item])

    def add_scope_to(self, widget: QWidget, scope: Scope) -> None:
        """Let the keys of ``scope`` count while the focus is in ``widget``."""
        widget.addActions(self.in_scope(scope))

    def _make(self, spec: ActionSpec) -> QAction:
        action = QAction(tr(spec.text), self)
        action.setObjectName(spec.id)
        action.setIconText(tr(spec.short) or plain_text(tr(spec.text)))
        action.setCheckable(spec.checkable)
        action.setAutoRepeat(spec.repeats)
        action.setEnabled(False)
        action.setShortcutContext(
            Qt.ShortcutContext.WindowShortcut
            if spec.scope == Scope.WINDOW
            else Qt.ShortcutContext.WidgetWithChildrenShortcut
        )
        return action

    def _check(self, action_id: str, keys: Iterable[str]) -> None:
        for key in keys:
            holder = self.holder(key, self._specs[action_id].scope, but=action_id)
            if holder is not None:
                raise ShortcutClashError(key, holder)

    def _apply_own_keys(self, own: Mapping[str, tuple[str, ...]]) -> None:
        # Two people's keys may have been swapped, so all are set before any is checked.
        known = {name: normal_keys(keys) for name, keys in own.items() if name in self._specs}
        self._keys.update(known)
        for action_id in known:
            try:
                self._check(action_id, self._keys[action_id])
            except ShortcutClashError as clash:
                log.warning("The key kept for %s is not used: %s", action_id, clash)
                self._keys[action_id] = self.default_keys(action_id)

    def _show_keys(self, action_id: str) -> None:
        action, spec, keys = self._actions[action_id], self._specs[action_id], self._keys[action_id]
        action.setShortcuts([QKeySequence(key) for key in keys])
        tip = tr(spec.tip) or plain_text(tr(spec.text))
        action.setToolTip(f"{tip} ({_native(keys[0])})" if keys else tip)
        action.setStatusTip("")


def _signal(action: QAction) -> SignalInstance:
    return action.toggled if action.isCheckable() else action.triggered


def _native(key: str) -> str:
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)
