"""The settings of the program: pages of fields that count as soon as they are changed."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.dialogs import settings_pages as pages
from app.dialogs.setting_fields import SettingPage
from app.i18n import tr
from app.preferences import ALL, Preference
from app.settings import AppSettings
from app.theme import ThemeMode
from app.widgets import button, label

_LINE = 32


class SettingsDialog(QDialog):
    """Keeps what is changed at once; the window shows it on ``changed`` and ``theme_wanted``."""

    changed = Signal(object)  # Preference
    theme_wanted = Signal(object)  # ThemeMode
    keys_wanted = Signal()

    def __init__(self, settings: AppSettings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Settings"))
        self.resize(760, 520)
        self._settings = settings
        self.list = QListWidget()
        self.list.setAccessibleName(tr("Pages"))
        self.list.setFixedWidth(170)
        self.stack = QStackedWidget()
        self.note = label("", "muted", wrap=True)
        self.list.currentRowChanged.connect(self.stack.setCurrentIndex)
        self._fill()
        self._lay_out()

    @property
    def pages(self) -> list[SettingPage]:
        found = (self.stack.widget(at) for at in range(self.stack.count()))
        return [page for page in found if isinstance(page, SettingPage)]

    def field(self, name: str) -> QWidget:
        """The field of the setting ``name``. Raises KeyError if there is none."""
        return {name: field for page in self.pages for name, field in page.fields.items()}[name]

    def restore_defaults(self) -> None:
        """All settings as they came; projects, keys and the window's place stay."""
        self._settings.forget_preferences()
        self.theme_wanted.emit(ThemeMode.SYSTEM)
        for preference in ALL:
            self.changed.emit(preference)
        at = self.list.currentRow()
        self._fill()
        self.list.setCurrentRow(at)
        self.note.setText(tr("All settings are as they came. Keys have a button of their own."))

    def _fill(self) -> None:
        for page in self.pages:
            self.stack.removeWidget(page)
            page.deleteLater()
        self.list.clear()
        settings, told = self._settings, self._tell
        for page in (
            pages.appearance(settings, told, self.theme_wanted.emit),
            pages.review(settings, told),
            pages.learning(settings, told),
            pages.performance(settings, told),
            pages.jobs(settings, told),
            pages.files(settings, told),
        ):
            item = QListWidgetItem(page.title, self.list)
            item.setSizeHint(QSize(0, _LINE))
            self.stack.addWidget(page)
        self.list.setCurrentRow(0)

    def _tell(self, preference: Preference) -> None:
        self.note.clear()
        self.changed.emit(preference)

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(20)
        top.addWidget(self.list)
        top.addWidget(self.stack, 1)
        bottom = QHBoxLayout()
        bottom.addWidget(button(tr("Restore the defaults"), self.restore_defaults, "flat"))
        bottom.addWidget(button(tr("Keys…"), self.keys_wanted.emit, "flat"))
        bottom.addWidget(self.note, 1)
        bottom.addWidget(button(tr("Close"), self.accept, "primary"))
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 18, 20, 16)
        column.setSpacing(14)
        column.addLayout(top, 1)
        column.addLayout(bottom)
