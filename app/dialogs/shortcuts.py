"""All keys at a glance (F1), each of them to be changed."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.action_table import MENUS, MenuItem
from app.actions import ActionRegistry, ShortcutClashError, plain_text
from app.i18n import tr
from app.widgets import button, label, set_role

_ID = Qt.ItemDataRole.UserRole


class ShortcutsDialog(QDialog):
    """A searchable list by menu; the chosen action's first key can be typed anew."""

    def __init__(self, registry: ActionRegistry, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._registry = registry
        self._items: dict[str, QTreeWidgetItem] = {}
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Keys"))
        self.resize(560, 640)
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Search an action or a key"))
        self.search.setClearButtonEnabled(True)
        self.search.setAccessibleName(tr("Search an action or a key"))
        self.tree = QTreeWidget()
        self.tree.setHeaderLabels([tr("Action"), tr("Keys")])
        self.tree.setRootIsDecorated(False)
        self.tree.setAccessibleName(tr("Actions and their keys"))
        self.tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.tree.header().setStretchLastSection(False)
        self.tree.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.editor = QKeySequenceEdit()
        self.editor.setMaximumSequenceLength(1)
        self.editor.setAccessibleName(tr("New key"))
        self.note = label(tr("Choose an action to give it another key."), "muted", wrap=True)
        self.set_button = button(tr("Set key"), self._set_key, "primary")
        self.clear_button = button(tr("No key"), self._clear_key)
        self.reset_button = button(tr("All keys as they came"), self._reset, "flat")
        self._lay_out()
        self._fill()
        self.search.textChanged.connect(self._filter)
        self.tree.currentItemChanged.connect(self._on_chosen)
        self.editor.keySequenceChanged.connect(self._on_typed)
        self._on_chosen()

    def choose(self, action_id: str) -> None:
        self.tree.setCurrentItem(self._items[action_id])

    def chosen(self) -> str | None:
        item = self.tree.currentItem()
        return None if item is None else item.data(0, _ID)

    def shown_actions(self) -> list[str]:
        """Ids that the search has left."""
        return [name for name, item in self._items.items() if not item.isHidden()]

    def _lay_out(self) -> None:
        edit = QHBoxLayout()
        edit.addWidget(self.editor, 1)
        edit.addWidget(self.set_button)
        edit.addWidget(self.clear_button)
        last = QHBoxLayout()
        last.addWidget(self.reset_button)
        last.addStretch()
        last.addWidget(button(tr("Close"), self.accept))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 16)
        layout.setSpacing(10)
        layout.addWidget(self.search)
        layout.addWidget(self.tree, 1)
        layout.addWidget(self.note)
        layout.addLayout(edit)
        layout.addLayout(last)

    def _fill(self) -> None:
        placed: set[str] = set()
        for title, items in MENUS.items():
            names = [name for name in _flat(items) if name in self._registry.ids()]
            self._add_group(plain_text(tr(title)), names)
            placed.update(names)
        self._add_group(tr("More"), [name for name in self._registry.ids() if name not in placed])

    def _add_group(self, title: str, names: list[str]) -> None:
        group = QTreeWidgetItem(self.tree, [title])
        group.setFlags(Qt.ItemFlag.ItemIsEnabled)
        font = group.font(0)
        font.setBold(True)
        group.setFont(0, font)
        for name in names:
            item = QTreeWidgetItem(group, [plain_text(tr(self._registry.spec(name).text))])
            item.setData(0, _ID, name)
            self._items[name] = item
            self._show_keys(name)
        group.setExpanded(True)

    def _show_keys(self, name: str) -> None:
        native = QKeySequence.SequenceFormat.NativeText
        keys = [QKeySequence(key).toString(native) for key in self._registry.keys(name)]
        self._items[name].setText(1, "   ".join(keys))

    def _filter(self, text: str) -> None:
        wanted = text.strip().casefold()
        for item in self._items.values():
            words = f"{item.text(0)} {item.text(1)}".casefold()
            item.setHidden(wanted not in words)
        for row in range(self.tree.topLevelItemCount()):
            group = self.tree.topLevelItem(row)
            if group is not None:
                group.setHidden(all(i.isHidden() for i in _children(group)))

    def _on_chosen(self) -> None:
        name = self.chosen()
        for widget in (self.editor, self.clear_button):
            widget.setEnabled(name is not None)
        self.editor.clear()
        self.set_button.setEnabled(False)

    def _on_typed(self, sequence: QKeySequence) -> None:
        name = self.chosen()
        key = sequence.toString(QKeySequence.SequenceFormat.PortableText)
        if name is None or not key:
            self.set_button.setEnabled(False)
            return
        holder = self._registry.holder(key, self._registry.spec(name).scope, but=name)
        self.set_button.setEnabled(holder is None)
        self._say(
            "" if holder is None else str(ShortcutClashError(key, holder)), holder is not None
        )

    def _set_key(self) -> None:
        name = self.chosen()
        sequence = self.editor.keySequence()
        if name is not None and not sequence.isEmpty():
            key = sequence.toString(QKeySequence.SequenceFormat.PortableText)
            self._apply(name, (key, *self._registry.keys(name)[1:]))

    def _clear_key(self) -> None:
        name = self.chosen()
        if name is not None:
            self._apply(name, ())

    def _apply(self, name: str, keys: tuple[str, ...]) -> None:
        try:
            self._registry.set_keys(name, keys)
        except ShortcutClashError as clash:
            self._say(str(clash), wrong=True)
            return
        self._show_keys(name)
        self.editor.clear()
        self._say(tr("Kept."))

    def _reset(self) -> None:
        self._registry.reset_keys()
        for name in self._items:
            self._show_keys(name)
        self._say(tr("All keys are as they came."))

    def _say(self, text: str, wrong: bool = False) -> None:
        self.note.setText(text)
        set_role(self.note, "problem" if wrong else "muted")


def _children(group: QTreeWidgetItem) -> list[QTreeWidgetItem]:
    found = (group.child(row) for row in range(group.childCount()))
    return [child for child in found if child is not None]


def _flat(items: tuple[MenuItem, ...]) -> list[str]:
    names: list[str] = []
    for item in items:
        names.extend(item[1:] if isinstance(item, tuple) else (item,))
    return names
