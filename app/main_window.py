"""The main window: it wires pages, desks, actions and the status line, and does nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QMainWindow, QMessageBox, QStackedWidget, QToolBar

from app.action_table import MENUS, TOOL_BAR
from app.actions import ActionRegistry
from app.commands.spec import Scope
from app.dialogs.error_dialog import ErrorDialog, show_trouble
from app.i18n import mark, tr
from app.job_desk import JobDesk
from app.job_runner import JobRunner
from app.next_step import next_step
from app.operation_text import operation_text
from app.panels.key_hint import USUAL_KEYS
from app.panels.project_page import ProjectPage
from app.panels.start_page import StartPage, display_name
from app.panels.status_line import StatusLine
from app.preferences import JOB_THREADS
from app.project_desk import ProjectDesk
from app.project_state import ProjectState
from app.settings import AppSettings
from app.trouble import from_bug, from_error
from app.window_commands import WindowCommands
from engine.domain.errors import BoxwrightError, ProjectError
from engine.jobs.requests import LearnRequest

if TYPE_CHECKING:
    from app.panels.review_page import ReviewPage
    from app.project_rooms import ProjectRooms
    from app.store_ops import History, Session, WriteFailure


READ_ONLY = mark("“{operation}”: not done. Another window has this project open.")


class MainWindow(QMainWindow):
    """Start page, or the open project. ``open_project`` may be called right after ``show``."""

    image_shown = Signal()  # of the open project, each time another one is on the screen

    def __init__(self, settings: AppSettings, runner: JobRunner | None = None) -> None:
        super().__init__()
        self.settings = settings
        self.runner = runner or JobRunner(self)
        self.runner.threads = settings.number(JOB_THREADS)
        self.registry = ActionRegistry(self, settings)
        self.desk = ProjectDesk(self)
        self.jobs = JobDesk(self.desk, self.runner, settings, self)
        self.start_page = StartPage(self.registry)
        self.project_page = ProjectPage()
        self.status_line = StatusLine(self.registry, self.runner)
        self.rooms: ProjectRooms | None = None
        self._bug: ErrorDialog | None = None
        self._commands = WindowCommands(self)
        self._build()
        self._wire()
        self._commands.bind()
        self.show_start()

    @property
    def review_page(self) -> ReviewPage | None:
        """The review of the open project."""
        return None if self.rooms is None else self.rooms.review

    def open_project(self, folder: Path) -> None:
        """Open the project in ``folder``; what comes of it is shown."""
        self.desk.open(folder)

    def show_start(self) -> None:
        """The start page, with no project open."""
        self.start_page.show_recent(self.settings.recent_projects())
        self.stack.setCurrentWidget(self.start_page)
        self.status_line.clear_project()
        self.setWindowTitle("Boxwright")
        self._commands.show_history(None, None)
        self._refresh_actions()

    def show_bug(self, error: BaseException) -> None:
        """Tell of an exception that nobody expected; only of one at a time."""
        if self._bug is None:
            self._bug = show_trouble(from_bug(error), self)
            self._bug.finished.connect(self._forget_bug)

    def closeEvent(self, event: QCloseEvent) -> None:
        asks = self.runner.running and not isinstance(self.runner.request, LearnRequest)
        if asks and not self._may_stop_job():  # learning begins again by itself
            event.ignore()
            return
        self.settings.set_layout("window", self.saveGeometry())
        self.hide()  # what is left to write must not look like a window that hangs
        self.runner.shut_down()
        if self.rooms is not None:
            self.rooms.why.shut_down()
        self.desk.shut_down()
        self.settings.sync()
        super().closeEvent(event)

    # Building and wiring

    def _build(self) -> None:
        self.stack = QStackedWidget()
        self.stack.addWidget(self.start_page)
        self.stack.addWidget(self.project_page)
        self.setCentralWidget(self.stack)
        for title, items in MENUS.items():
            self.registry.fill_menu(self.menuBar().addMenu(tr(title)), items)
        self.addToolBar(self._tool_bar())
        self.setStatusBar(self.status_line)
        self.registry.add_scope_to(self, Scope.WINDOW)
        self.setMinimumSize(900, 600)
        geometry: QByteArray = self.settings.layout("window")
        if geometry.isEmpty() or not self.restoreGeometry(geometry):
            self.resize(1280, 820)

    def _tool_bar(self) -> QToolBar:
        bar = QToolBar(tr("Tools"))
        bar.setObjectName("tools")
        bar.setMovable(False)
        bar.setIconSize(QSize(20, 20))
        bar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.registry.fill_tool_bar(bar, TOOL_BAR)
        return bar

    def _wire(self) -> None:
        self.desk.opening.connect(
            lambda folder: self.status_line.say(tr("Opening {folder}…", folder=folder))
        )
        self.desk.opened.connect(self._on_opened)
        self.desk.refreshed.connect(self._on_state)
        self.desk.closed.connect(self._on_closed)
        self.desk.failed.connect(self._on_open_failed)
        self.desk.troubled.connect(lambda error: show_trouble(from_error(error), self))
        self.desk.others_wrote.connect(self._on_others_wrote)
        self.jobs.project_made.connect(self.open_project)
        self.jobs.images_changed.connect(self._on_images_changed)
        self.jobs.proposals_arrived.connect(self._on_proposals)
        self.jobs.said.connect(self.status_line.say)
        self.runner.running_changed.connect(self._on_running)
        self.status_line.job.details_requested.connect(self.jobs.show_training)
        self.start_page.project_chosen.connect(self.open_project)
        self.start_page.forget_wanted.connect(self._forget)
        self.project_page.banner.taken.connect(lambda name: self.registry.action(name).trigger())

    def _wire_session(self, session: Session) -> None:
        session.history_changed.connect(self._on_history)
        session.failed.connect(self._on_write_failed)
        session.pending_changed.connect(self.status_line.show_pending)
        session.refused.connect(self._on_refused)
        self._on_history(session.history)

    # What comes back

    def _on_opened(self, state: ProjectState) -> None:
        from app.project_rooms import ProjectRooms

        session = self.desk.session
        assert session is not None
        self._drop_rooms()
        self.settings.add_recent_project(state.folder, sync=False)
        QTimer.singleShot(0, self, self.settings.sync)  # the page does not wait for the disk
        self.setWindowTitle(f"{display_name(state.folder)} – Boxwright")
        self.rooms = ProjectRooms(self, session)
        self.stack.setCurrentWidget(self.project_page)
        self._wire_session(session)
        self._on_state(state)
        self.rooms.review.reload()
        self.rooms.review.setFocus()
        self.status_line.clearMessage()

    def _on_state(self, state: ProjectState) -> None:
        advice = next_step(state, self.runner.running, self.desk.holder)
        self.project_page.banner.show_advice(advice)
        self.status_line.hint.show_actions([advice.action_id] if advice else USUAL_KEYS)
        self._refresh_actions()

    def _on_running(self, _running: bool) -> None:
        if self.desk.state is not None:
            self._on_state(self.desk.state)
        self._refresh_actions()

    def _on_closed(self) -> None:
        self._drop_rooms()
        self.show_start()

    def _drop_rooms(self) -> None:
        rooms, self.rooms = self.rooms, None
        if rooms is not None:
            rooms.end()

    def _on_images_changed(self) -> None:
        if self.review_page is not None:
            self.review_page.reload()

    def _on_others_wrote(self) -> None:
        self._on_images_changed()
        self.desk.refresh()

    def _on_proposals(self, image_ids: list[int]) -> None:
        if self.review_page is not None:
            self.review_page.images_changed(image_ids)

    def _on_history(self, history: History) -> None:
        self._commands.show_history(history.undo, history.redo)

    def _on_refused(self, name: str) -> None:
        self.status_line.say(tr(READ_ONLY, operation=operation_text(name)))

    def _on_write_failed(self, failure: WriteFailure) -> None:
        session = self.desk.session
        if session is not None:
            retry = lambda: session.retry(failure)  # noqa: E731
            show_trouble(from_error(failure.error), self, tr("Try again"), retry)

    def _on_open_failed(self, folder: Path, error: BoxwrightError) -> None:
        known = folder in self.settings.recent_projects() and isinstance(error, ProjectError)
        offer = tr("Take it off the list") if known else None
        show_trouble(from_error(error), self, offer, lambda: self._forget(folder))
        self.status_line.clearMessage()

    def _forget(self, folder: Path) -> None:
        self.settings.forget_project(folder)
        self.start_page.show_recent(self.settings.recent_projects())

    def _forget_bug(self) -> None:
        self._bug = None

    def _refresh_actions(self) -> None:
        self._commands.refresh(self.desk.state, self.runner.running)

    def _may_stop_job(self) -> bool:
        box = QMessageBox(self)
        box.setWindowTitle(tr("A job is running"))
        box.setText(tr("A job is running. Stop it and close the window?"))
        box.setInformativeText(tr("What it has done so far is kept; a training can be resumed."))
        stop = box.addButton(tr("Stop and close"), QMessageBox.ButtonRole.AcceptRole)
        box.addButton(tr("Keep open"), QMessageBox.ButtonRole.RejectRole)
        box.exec()
        return box.clickedButton() is stop
