"""The first thing a person sees: new project, open, sample, and what was open before."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence, QMouseEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app import icons, theme
from app.actions import ActionRegistry, plain_text
from app.i18n import mark, tr
from app.widgets import label

_CHOICES = (
    ("file.new_project", mark("From a folder of images, one subfolder per class.")),
    ("file.open", mark("Go on where you stopped.")),
    ("file.sample", mark("240 generated pictures, to try everything in five minutes.")),
)
_PATH = Qt.ItemDataRole.UserRole
_WIDTH = 620


class StartPage(QWidget):
    """Offers the ways in. ``project_chosen`` names a recent project's folder."""

    project_chosen = Signal(object)  # Path
    forget_wanted = Signal(object)  # Path

    def __init__(self, registry: ActionRegistry, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._logo = QLabel()
        self._cards = [_Card(registry.action(name), tr(hint)) for name, hint in _CHOICES]
        self.recent = QListWidget()
        self.recent.setAccessibleName(tr("Recent projects"))
        self.recent.setToolTip(tr("Enter opens the project, Delete takes it off this list"))
        self.recent.itemActivated.connect(self._on_activated)
        self.recent.itemClicked.connect(self._on_activated)
        self.recent_title = label(tr("Recent projects"), "section")
        forget = QAction(tr("Take off the list"), self.recent)
        forget.setShortcut("Del")
        forget.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        forget.triggered.connect(self._on_forget)
        self.recent.addAction(forget)
        self.recent.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self._lay_out()
        self.show_recent([])
        self._dress()

    def show_recent(self, folders: Sequence[Path]) -> None:
        self.recent.clear()
        for folder in folders:
            item = QListWidgetItem(f"{display_name(folder)}\n{folder}")
            item.setData(_PATH, str(folder))
            item.setSizeHint(QSize(0, 50))
            self.recent.addItem(item)
        self.recent_title.setVisible(bool(folders))
        self.recent.setVisible(bool(folders))
        self.recent.setFixedHeight(min(4, max(1, len(folders))) * 50 + 4)
        self._dress_items()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._dress()

    def _lay_out(self) -> None:
        name = label("Boxwright", "title")
        motto = label(tr("From image labels to bounding boxes."), "muted")
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(name)
        words.addWidget(motto)
        head = QHBoxLayout()
        head.setSpacing(18)
        head.addWidget(self._logo)
        head.addLayout(words)
        head.addStretch()
        column = QVBoxLayout()
        column.setSpacing(10)
        column.addStretch(2)
        column.addLayout(head)
        column.addSpacing(20)
        for card in self._cards:
            column.addWidget(card)
        column.addSpacing(20)
        column.addWidget(self.recent_title)
        column.addWidget(self.recent)
        column.addStretch(3)
        middle = QWidget()
        middle.setLayout(column)
        middle.setFixedWidth(_WIDTH)
        outer = QHBoxLayout(self)
        outer.addStretch()
        outer.addWidget(middle)
        outer.addStretch()

    def _on_activated(self, item: QListWidgetItem) -> None:
        self.project_chosen.emit(Path(item.data(_PATH)))

    def _on_forget(self) -> None:
        item = self.recent.currentItem()
        if item is not None:
            self.forget_wanted.emit(Path(item.data(_PATH)))

    def _dress(self) -> None:
        self._logo.setPixmap(icons.app_icon().pixmap(64, 64))
        self._dress_items()
        for card in self._cards:
            card.dress()

    def _dress_items(self) -> None:
        picture = icons.icon("folder", theme.colours().muted)
        for row in range(self.recent.count()):
            self.recent.item(row).setIcon(picture)


class _Card(QFrame):
    """A wide button with a picture, a title, one line of help and the key."""

    def __init__(self, action: QAction, hint: str) -> None:
        super().__init__()
        self._action = action
        self.setProperty("role", "card")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._icon = QLabel()
        self.button = QPushButton(plain_text(action.text()))
        self.button.setFlat(True)
        self.button.setAccessibleDescription(hint)
        self.button.setProperty("role", "card")
        self.button.clicked.connect(action.trigger)
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        text = label(hint, "muted")
        words.addWidget(text)
        row = QHBoxLayout(self)
        row.setContentsMargins(18, 12, 18, 12)
        row.setSpacing(16)
        row.addWidget(self._icon)
        row.addLayout(words, 1)
        self._key = label("", "key")
        row.addWidget(self._key, 0, Qt.AlignmentFlag.AlignVCenter)
        self._show_state()
        action.changed.connect(self._show_state)

    def dress(self) -> None:
        now = theme.colours()
        ratio = self.devicePixelRatioF()
        name = {"file.new_project": "new", "file.open": "open"}.get(
            self._action.objectName(), "sample"
        )
        self._icon.setPixmap(icons.pixmap(name, now.accent, 28, ratio))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        inside = self.rect().contains(event.position().toPoint())
        if inside and event.button() == Qt.MouseButton.LeftButton:
            self._action.trigger()

    def _show_state(self) -> None:
        key = self._action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        self._key.setText(key)
        self._key.setVisible(bool(key))
        self.setEnabled(self._action.isEnabled())


def display_name(folder: Path) -> str:
    """What to call a project in a list: its folder's name, with its parent's if that says more."""
    if folder.name.casefold() in {"project", "boxes", "boxwright"} and folder.parent.name:
        return f"{folder.parent.name} / {folder.name}"
    return folder.name or str(folder)
