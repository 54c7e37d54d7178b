"""The running job in the status bar."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QWidget

from app.engine_words import engine_text
from app.i18n import lowered, mark, tr
from app.job_runner import JobRunner
from app.panels.job_progress import show_on_bar
from app.progress_text import ProgressMeter
from app.widgets import button, label
from engine.jobs.events import Progress
from engine.jobs.requests import (
    ExportRequest,
    IndexRequest,
    ProposeRequest,
    SampleRequest,
    TrainRequest,
)

_NAMES = {
    TrainRequest: mark("Training"),
    ProposeRequest: mark("Proposing"),
    ExportRequest: mark("Exporting"),
    IndexRequest: mark("Indexing"),
    SampleRequest: mark("Making the sample"),
}


class JobPanel(QWidget):
    """Visible while a job runs: its name and step, a bar, the time left, details, cancel."""

    details_requested = Signal()

    def __init__(self, runner: JobRunner, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runner = runner
        self._meter = ProgressMeter()
        self.text = label("")
        self.pace = label("", "muted")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(140)
        self.bar.setAccessibleName(tr("Progress of the running job"))
        self.details_button = button(tr("Curves"), self.details_requested.emit, "flat")
        self.cancel_button = button(tr("Cancel"), self._on_cancel, "flat")
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 0, 4, 0)
        row.setSpacing(10)
        parts = (self.text, self.bar, self.pace, self.details_button, self.cancel_button)
        for part in parts:
            row.addWidget(part)
        runner.running_changed.connect(self._on_running)
        runner.progress.connect(self._on_progress)
        self.hide()

    def _on_running(self, running: bool) -> None:
        self.setVisible(running)
        if not running:
            return
        self._meter = ProgressMeter()
        self.text.setText(f"{self._name()}…")
        self.pace.clear()
        self.bar.setRange(0, 0)
        self.cancel_button.setEnabled(True)
        self.details_button.setVisible(isinstance(self._runner.request, TrainRequest))

    def _on_progress(self, progress: Progress) -> None:
        self._meter.update(progress)
        if not self._runner.cancelling:
            step = lowered(engine_text(progress.message))
            self.text.setText(f"{self._name()}: {step}" if step else self._name())
        show_on_bar(self.bar, progress)
        self.pace.setText(self._meter.pace_text())

    def _on_cancel(self) -> None:
        self._runner.cancel()
        self.cancel_button.setEnabled(False)
        self.text.setText(tr("{name}: cancelling…", name=self._name()))

    def _name(self) -> str:
        return tr(_NAMES.get(type(self._runner.request), mark("Working")))
