"""The status bar: review progress, what is being saved, the next key, the running job."""

from __future__ import annotations

from PySide6.QtWidgets import QStatusBar, QWidget

from app.actions import ActionRegistry
from app.i18n import tr
from app.job_runner import JobRunner
from app.panels.job_panel import JobPanel
from app.panels.key_hint import KeyHint
from app.review_text import Progress, review_text
from app.widgets import label

_MESSAGE_MS = 6000


class StatusLine(QStatusBar):
    """Left: how far the review is. Right: the next key, or while a job runs the job."""

    def __init__(
        self, registry: ActionRegistry, runner: JobRunner, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self.progress = label("")
        self.progress.setContentsMargins(10, 0, 10, 0)
        self.saving = label("", "muted")
        self.hint = KeyHint(registry)
        self.job = JobPanel(runner)
        self.addWidget(self.progress)
        self.addWidget(self.saving)
        self.addPermanentWidget(self.hint)
        self.addPermanentWidget(self.job)

    def show_progress(self, progress: Progress) -> None:
        self.progress.setText(review_text(progress))

    def show_pending(self, operations: int) -> None:
        """Say while something is on its way to the disk."""
        self.saving.setText(tr("Saving…") if operations else "")

    def clear_project(self) -> None:
        self.progress.clear()
        self.saving.clear()

    def say(self, text: str) -> None:
        """A line that goes away by itself."""
        self.showMessage(text, _MESSAGE_MS)
