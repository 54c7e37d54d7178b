"""The open project: opening, closing, refreshing, all off the window's thread."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, Signal

from app.models.turns import Turns
from app.project_state import ProjectState, load_state, open_project
from app.worker_pool import WorkerPool

if TYPE_CHECKING:
    from app.follower import Follower
    from app.store_ops import Session
    from engine.store.project import Connection, Project
    from engine.store.window_lock import Holder, WindowLock

T = TypeVar("T")


class ProjectDesk(QObject):
    """Holds at most one open project with its session and the last read state."""

    opening = Signal(object)  # Path
    opened = Signal(object)  # ProjectState
    refreshed = Signal(object)  # ProjectState
    closed = Signal()
    failed = Signal(object, object)  # Path, BoxwrightError: that project could not be opened
    others_wrote = Signal()  # the window that has the project, or a job of it
    troubled = Signal(object)  # BoxwrightError: something about the open project did not work

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = WorkerPool("project", 1, self)
        self._wanted: Path | None = None
        self._session: Session | None = None
        self._lock: WindowLock | None = None
        self._holder: Holder | None = None
        self._follower: Follower | None = None
        self._state: ProjectState | None = None
        self._turns: Turns[str] = Turns()

    @property
    def session(self) -> Session | None:
        return self._session

    @property
    def state(self) -> ProjectState | None:
        return self._state

    @property
    def holder(self) -> Holder | None:
        """The process whose window may write, if that is not this one."""
        return self._holder

    def open(self, folder: Path) -> None:
        """Open the project in ``folder``; the present one stays open until that has worked."""
        self._wanted = folder
        self.opening.emit(folder)
        self._pool.submit(
            lambda: _open(folder),
            lambda found: self._on_opened(folder, *found),
            lambda error: self.failed.emit(folder, error),
        )

    def refresh(self) -> None:
        """Read the counts and runs again."""
        session = self._session
        if session is not None:
            project, turn = session.project, self._turns.ask()
            self._pool.submit(
                lambda: load_state(project),
                lambda state: self._on_refreshed(session, turn, state),
                self.troubled.emit,
            )

    def refresh_then(self, done: Callable[[ProjectState], object]) -> None:
        """Read the counts after everything a person did is on disk, and pass them on."""
        session = self._session
        if session is not None:
            project, turn = session.project, self._turns.ask()

            def take(state: ProjectState) -> None:
                self._on_refreshed(session, turn, state)
                done(state)

            session.read(lambda _conn: load_state(project), take, self.troubled.emit, fresh=True)

    def relocate(self, images: Path) -> None:
        """Take ``images`` for the folder of images from now on."""
        session = self._session
        if session is not None:
            project = session.project
            self._pool.submit(
                lambda: _relocate(project, images),
                lambda state: self._on_relocated(session, state),
                self.troubled.emit,
            )

    def read(self, query: Callable[[Connection], T], done: Callable[[T], object]) -> None:
        """Ask the open project something; the answer comes to ``done``."""
        if self._session is not None:
            self._session.read(query, done, self.troubled.emit)

    def close(self) -> None:
        """Close the project once everything a person did is on disk."""
        self._wanted = None
        session, self._session, self._state = self._session, None, None
        if session is not None:
            self.closed.emit()
            if self._follower is not None:
                self._follower.end()
                self._follower = None
            session.close()
            session.project.close()
            session.deleteLater()
        if self._lock is not None:
            self._lock.release()
        self._lock = self._holder = None

    def shut_down(self) -> None:
        """Close for good, with the threads."""
        self.close()
        self._pool.close()

    def _on_opened(self, folder: Path, project: Project, state: ProjectState) -> None:
        from app.store_ops import Session

        if folder != self._wanted:  # another one was asked for meanwhile
            project.close()
            return
        self.close()
        self._take_lock(project.folder)
        self._session = Session(project, self, read_only=self._holder is not None)
        if self._holder is not None:
            self._follow(project)
        self._state = state
        self.opened.emit(state)

    def _take_lock(self, folder: Path) -> None:
        from engine.store.window_lock import WindowLock, take_lock

        found = take_lock(folder)
        self._lock = found if isinstance(found, WindowLock) else None
        self._holder = None if isinstance(found, WindowLock) else found

    def _follow(self, project: Project) -> None:
        from app.follower import Follower

        self._follower = Follower(project, self)
        self._follower.changed.connect(self.others_wrote)

    def _on_refreshed(self, session: Session, turn: int, state: ProjectState) -> None:
        if session is self._session and self._turns.answer(turn, ["state"]):
            self._state = state
            self.refreshed.emit(state)

    def _on_relocated(self, session: Session, state: ProjectState) -> None:
        if session is self._session:
            # what was asked for before may still tell of the old folder
            self._turns.answer_all(self._turns.ask())
            self._state = state
            self.opened.emit(state)


def _open(folder: Path) -> tuple[Project, ProjectState]:
    found = open_project(folder)
    # What the pages need takes a moment to import; here it holds up nobody.
    import app.project_rooms  # noqa: F401

    return found


def _relocate(project: Project, images: Path) -> ProjectState:
    project.relocate(images)
    return load_state(project)
