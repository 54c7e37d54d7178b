"""A dialog that chooses, looks first, does it with progress, and says what came of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.job_runner import JobRunner
from app.panels.job_progress import JobProgress
from app.widgets import label
from engine.jobs.events import Cancelled, Failed, Finished
from engine.jobs.requests import Request

CHOOSING, RUNNING, DONE, PREVIEW = range(4)
Then = Callable[[dict[str, Any]], None]


class JobPagesDialog(QDialog):
    """Keeps the pages and its own job apart from other jobs. Closing cancels the job first."""

    def __init__(self, runner: JobRunner, title: str, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.runner = runner
        self._then: Then | None = None
        self.setWindowTitle(title)
        self.setMinimumWidth(640)
        self.progress = JobProgress(runner)
        self.pages = QStackedWidget()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 22, 24, 18)
        layout.addWidget(self.pages)
        runner.finished.connect(self._on_finished)
        runner.failed.connect(self._on_stopped)
        runner.cancelled.connect(self._on_stopped)

    @property
    def is_busy(self) -> bool:
        """A job of this dialog is running."""
        return self._then is not None

    def work(self, request: Request, then: Then) -> None:
        """Serve ``request`` and call ``then`` with its result; a failure leads back."""
        self._then = then
        self.progress.reset()
        self.pages.setCurrentIndex(RUNNING)
        self.runner.start(request)

    def went_back(self) -> None:
        """The choosing page is in front again."""

    def back(self) -> None:
        self.pages.setCurrentIndex(CHOOSING)
        self.went_back()

    def reject(self) -> None:
        if self.is_busy:
            self.runner.cancel()
            return
        super().reject()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.is_busy:
            self.runner.cancel()
            event.ignore()
            return
        super().closeEvent(event)

    def running_page(self, title: str) -> QWidget:
        page, layout = new_page(title)
        layout.addWidget(self.progress)
        layout.addStretch()
        return page

    def _on_finished(self, finished: Finished) -> None:
        then, self._then = self._then, None
        if then is not None:
            then(finished.result)

    def stopped(self, word: Failed | Cancelled) -> None:
        """The job has ended without a result, and the choosing page is in front again."""

    def _on_stopped(self, word: Failed | Cancelled) -> None:
        if self.is_busy:
            self._then = None
            self.back()
            self.stopped(word)


def new_page(title: str) -> tuple[QWidget, QVBoxLayout]:
    page = QWidget()
    layout = QVBoxLayout(page)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(8)
    layout.addWidget(label(title, "heading"))
    return page, layout


def add_buttons(layout: QVBoxLayout, *buttons: QPushButton) -> None:
    """A row of buttons at the right."""
    row = QHBoxLayout()
    row.addStretch()
    for each in buttons:
        row.addWidget(each)
    layout.addLayout(row)
