"""What the window's own actions do, and when they can be done."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QUrl
from PySide6.QtGui import QActionGroup, QDesktopServices
from PySide6.QtWidgets import QApplication, QFileDialog

from app import fault_hooks, theme
from app.i18n import lowered, mark, tr
from app.operation_text import operation_text
from app.panels.reach import go_to_part
from app.preference_effects import take_effect
from app.project_state import ProjectState
from app.system_theme import SystemTheme

if TYPE_CHECKING:
    from app.main_window import MainWindow

_NEEDS_PROJECT = ("file.close_project",)
_NEEDS_PAGE = ("view.next_part", "view.previous_part")
_NEEDS_IDLE = ("file.new_project", "file.open", "file.sample")
_NEEDS_IDLE_PROJECT = ("file.rescan", "file.export", "file.import", "file.locate_images")


class WindowCommands:
    """Binds the actions of scope WINDOW to the window's desks."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window

    def bind(self) -> None:
        window, jobs = self._window, self._window.jobs
        table: dict[str, Callable[[], object]] = {
            "file.new_project": jobs.new_project,
            "file.open": self._choose_project,
            "file.sample": jobs.make_sample,
            "file.rescan": jobs.rescan,
            "file.locate_images": self._locate_images,
            "file.export": jobs.export,
            "file.import": jobs.import_boxes,
            "file.close_project": window.desk.close,
            "file.try_writing": self._try_writing,
            "file.saved": self._say_saved,
            "file.settings": self._show_settings,
            "file.quit": window.close,
            "job.start": jobs.quick_start,
            "job.train": jobs.train,
            "job.resume": jobs.resume,
            "job.propose": jobs.propose,
            "job.measure": jobs.measure,
            "job.report": jobs.report,
            "job.cancel": window.runner.cancel,
            "edit.undo": self._undo,
            "edit.redo": self._redo,
            "view.next_part": lambda: go_to_part(window.project_page.parts, 1),
            "view.previous_part": lambda: go_to_part(window.project_page.parts, -1),
            "help.keys": self._show_keys,
            "help.log": self._show_log,
            "help.about": self._show_about,
        }
        for name, work in table.items():
            window.registry.bind(name, work)
        self._bind_appearance()
        self.show_history(None, None)

    def refresh(self, state: ProjectState | None, running: bool) -> None:
        """Enable what can be done now."""
        able = dict.fromkeys(_NEEDS_IDLE_PROJECT, state is not None and not running)
        able |= dict.fromkeys(_NEEDS_IDLE, not running)
        able |= dict.fromkeys(_NEEDS_PROJECT, state is not None and not running)
        idle = state if not running else None
        able |= dict.fromkeys(_NEEDS_PAGE, state is not None)
        if self._window.desk.holder is not None:  # what writes is the other window's
            idle = None
            able |= dict.fromkeys(("file.rescan", "file.import", "file.locate_images"), False)
        able["file.try_writing"] = self._window.desk.holder is not None
        able["job.train"] = idle is not None and idle.usable_images > 0
        able["job.start"] = able["job.train"]
        able["job.resume"] = idle is not None and idle.resumable is not None
        able["job.propose"] = idle is not None and bool(idle.trained)
        able["job.measure"] = idle is not None and idle.has_proposals
        able["job.report"] = idle is not None and idle.has_proposals
        able["job.cancel"] = running
        for name, enabled in able.items():
            self._window.registry.action(name).setEnabled(enabled)

    def show_history(self, undo: str | None, redo: str | None) -> None:
        """Name what undo and redo would act on."""
        table = (
            ("edit.undo", tr("Undo"), mark("Undo {operation}"), undo),
            ("edit.redo", tr("Redo"), mark("Redo {operation}"), redo),
        )
        for name, verb, named, what in table:
            action = self._window.registry.action(name)
            act = lowered(operation_text(what or ""))
            action.setText(tr(named, operation=act) if what else verb)
            action.setIconText(verb)  # the tool bar does not move with every act
            action.setEnabled(what is not None)

    def _bind_appearance(self) -> None:
        registry = self._window.registry
        group = QActionGroup(self._window)
        for mode in theme.ThemeMode:
            action = registry.action(f"view.theme_{mode}")
            group.addAction(action)
            action.setChecked(self._window.settings.theme() == mode)
        for mode in theme.ThemeMode:
            registry.bind(f"view.theme_{mode}", lambda on, mode=mode: self._dress(on, mode))
        registry.set_icons(theme.themed_icon)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            system = SystemTheme(app, self._follow_system, self._window)
            follow = registry.action(f"view.theme_{theme.ThemeMode.SYSTEM}")
            system.followed = follow.isChecked()
            follow.toggled.connect(partial(setattr, system, "followed"))

    def _dress(self, on: bool, mode: theme.ThemeMode) -> None:
        if on:
            self._window.settings.set_theme(mode)
            self._change_theme(mode)

    def _follow_system(self, dark: bool) -> None:
        self._change_theme(theme.ThemeMode.SYSTEM, dark)

    def _change_theme(self, mode: theme.ThemeMode, system_is_dark: bool | None = None) -> None:
        app, window = QApplication.instance(), self._window
        if isinstance(app, QApplication):
            icons = partial(window.registry.set_icons, theme.themed_icon)
            theme.change(app, mode, window, icons, system_is_dark)

    def _choose_project(self) -> None:
        settings = self._window.settings
        start = settings.last_folder("project")
        chosen = QFileDialog.getExistingDirectory(self._window, tr("Open a project"), start)
        if chosen:
            settings.set_last_folder("project", str(Path(chosen).parent))
            self._window.open_project(Path(chosen))

    def _locate_images(self) -> None:
        state = self._window.desk.state
        start = str(state.image_root.parent) if state is not None else ""
        chosen = QFileDialog.getExistingDirectory(
            self._window, tr("Where are the images now?"), start
        )
        if chosen:
            self._window.desk.relocate(Path(chosen))

    def _try_writing(self) -> None:
        state = self._window.desk.state
        if state is not None:
            self._window.open_project(state.folder)

    def _undo(self) -> None:
        if self._window.desk.session is not None:
            self._window.desk.session.undo()

    def _redo(self) -> None:
        if self._window.desk.session is not None:
            self._window.desk.session.redo()

    def _say_saved(self) -> None:
        session = self._window.desk.session
        if session is not None:
            session.flush()
            self._window.status_line.say(
                tr("Everything is saved as you go; there is nothing to do.")
            )

    def _show_settings(self) -> None:
        from app.dialogs.settings import SettingsDialog

        dialog = SettingsDialog(self._window.settings, self._window)
        dialog.changed.connect(partial(take_effect, self._window))
        dialog.theme_wanted.connect(self._choose_theme)
        dialog.keys_wanted.connect(self._show_keys)
        dialog.open()

    def _choose_theme(self, mode: theme.ThemeMode) -> None:
        self._window.registry.action(f"view.theme_{mode}").setChecked(True)

    def _show_keys(self) -> None:
        from app.dialogs.shortcuts import ShortcutsDialog

        ShortcutsDialog(self._window.registry, self._window).open()

    def _show_log(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(fault_hooks.log_file())))

    def _show_about(self) -> None:
        from app.dialogs.about import AboutDialog

        AboutDialog(self._window).open()
