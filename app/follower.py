"""Watches a project that another window writes to, so that this one shows what that one does."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, QTimer, Signal

from app.worker_pool import WorkerPool
from engine.store.project import Project

_LOOK_EVERY_MS = 700
#: A queue of 100,000 is read anew in about a second: not more often than this.
_TELL_EVERY_S = 3.0


class Follower(QObject):
    """``changed`` comes some time after each burst of writes of others."""

    changed = Signal()

    def __init__(self, project: Project, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = WorkerPool("follower", 1, self)
        self._watch = project.watch()
        self._waiting = False  # a change that nobody has been told of
        self._told = 0.0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._look)
        self._timer.start(_LOOK_EVERY_MS)

    def end(self) -> None:
        self._timer.stop()
        self._pool.close()
        self._watch.close()
        self.deleteLater()

    def _look(self) -> None:
        self._pool.submit(self._watch.changed, self._note)

    def _note(self, changed: bool) -> None:
        self._waiting |= changed
        if self._waiting and time.monotonic() - self._told > _TELL_EVERY_S:
            self._waiting, self._told = False, time.monotonic()
            self.changed.emit()
        self._timer.start(_LOOK_EVERY_MS)
