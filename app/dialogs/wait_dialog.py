"""A job that has to end before anything else makes sense, with its progress and a cancel."""

from __future__ import annotations

from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget

from app.job_runner import JobRunner
from app.panels.job_progress import JobProgress
from app.widgets import label


class WaitDialog(QDialog):
    """Open while the runner's present job runs; closing it cancels the job."""

    def __init__(
        self, runner: JobRunner, title: str, hint: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._runner = runner
        self.setWindowTitle(title)
        self.setMinimumWidth(520)
        self.progress = JobProgress(runner)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 22, 24, 20)
        layout.setSpacing(14)
        layout.addWidget(label(title, "heading"))
        layout.addWidget(label(hint, "muted", wrap=True))
        layout.addWidget(self.progress)
        runner.running_changed.connect(self._on_running)

    def reject(self) -> None:
        if self._runner.running:
            self.progress.cancel_button.click()
        else:
            super().reject()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._runner.running:
            self.progress.cancel_button.click()
            event.ignore()
        else:
            super().closeEvent(event)

    def _on_running(self, running: bool) -> None:
        if not running:
            self.accept()
