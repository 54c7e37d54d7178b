"""The rooms of one open project, made and ended as one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from app.grid.room import GridRoom
from app.learning.desk import LearningDesk
from app.learning.room import LearningRoom
from app.panels.review_page import ReviewPage
from app.project_dialogs import ProjectDialogs
from app.store_ops import Session
from app.why.room import WhyRoom

if TYPE_CHECKING:
    from app.main_window import MainWindow


class ProjectRooms:
    """Belongs to the window's open project; ``end`` before that is closed."""

    def __init__(self, window: MainWindow, session: Session) -> None:
        place, actions = window.project_page, window.registry
        self._place = place
        self.review = ReviewPage(session, actions, place, window.settings)
        place.set_content(self.review)
        self.why = WhyRoom(window.desk, session, self.review, place, actions)
        self.grid = GridRoom(session, self.review, place, actions)
        self.dialogs = ProjectDialogs(session, self.review, actions, window)
        self.learning: LearningRoom | None = None
        if window.desk.holder is None:  # learning writes, and that is the other window's
            desk = LearningDesk(session, window.runner, window.jobs, window.settings, self.review)
            self.learning = LearningRoom(desk, session, self.review, actions, window)
        self._wire(window)

    def end(self) -> None:
        """Answer to no key any more, and let go of the session."""
        if self.learning is not None:
            self.learning.end()
        self.grid.end()
        self.dialogs.end()
        self.why.end()
        self.review.end()
        self._place.set_content(None)

    def _wire(self, window: MainWindow) -> None:
        self.review.progress_changed.connect(window.status_line.show_progress)
        canvas = self.review.stage.canvas
        canvas.image_painted.connect(window.image_shown, Qt.ConnectionType.QueuedConnection)
        self.review.repropose_requested.connect(window.jobs.propose_again)
        self.grid.label_wanted.connect(self.dialogs.label_images)
        self.dialogs.labels_changed.connect(window.desk.refresh)
        if self.learning is not None:
            self.learning.desk.troubled.connect(window.desk.troubled)
            self.learning.said.connect(window.status_line.say)
            self.learning.grid_wanted.connect(self.grid.show)
