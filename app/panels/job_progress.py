"""One job's progress: what it does, how far, how fast, how long still, and a cancel that works."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from app.engine_words import engine_text
from app.i18n import tr, whole
from app.job_runner import JobRunner
from app.progress_text import ProgressMeter
from app.widgets import button, label
from engine.jobs.events import Progress, Started, Warned

_STEPS = 1000  # Qt's bar counts in 32 bits; bytes of a download may not fit


class JobProgress(QWidget):
    """Follows the runner's job, whichever it is. Several may follow one runner."""

    def __init__(self, runner: JobRunner, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runner = runner
        self._meter = ProgressMeter()
        self.message = label("", "section")
        self.counts = label("", "muted")
        self.pace = label("", "muted")
        self.warning = label("", "problem", wrap=True)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(tr("Progress"))
        self.cancel_button: QPushButton = button(tr("Cancel"), runner.cancel)
        self._warnings = 0
        self._lay_out()
        self.reset()
        runner.started.connect(self._on_started)
        runner.progress.connect(self._on_progress)
        runner.warned.connect(self._on_warned)
        self.cancel_button.clicked.connect(self._on_cancel)

    def reset(self) -> None:
        """Forget the last job."""
        self._meter = ProgressMeter()
        self._warnings = 0
        self.message.setText(tr("Starting…"))
        for text in (self.counts, self.pace, self.warning):
            text.clear()
        self.warning.hide()
        self.bar.setRange(0, 0)
        self.cancel_button.setEnabled(True)

    def _lay_out(self) -> None:
        words = QHBoxLayout()
        words.addWidget(self.counts)
        words.addStretch()
        words.addWidget(self.pace)
        bar = QHBoxLayout()
        bar.setSpacing(14)
        bar.addWidget(self.bar, 1)
        bar.addWidget(self.cancel_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self.message)
        layout.addLayout(bar)
        layout.addLayout(words)
        layout.addWidget(self.warning)

    def _on_started(self, _started: Started) -> None:
        self.reset()

    def _on_progress(self, progress: Progress) -> None:
        self._meter.update(progress)
        if not self._runner.cancelling:
            self.message.setText(engine_text(progress.message) or tr("Working…"))
        show_on_bar(self.bar, progress)
        self.counts.setText(self._meter.count_text())
        self.pace.setText(self._meter.pace_text())

    def _on_warned(self, warned: Warned) -> None:
        self._warnings += 1
        text, others = warned.message, self._warnings - 1
        if others:
            text = tr("{warning} (and {count} more)", warning=text, count=whole(others))
        self.warning.setText(text)
        self.warning.show()

    def _on_cancel(self) -> None:
        self.cancel_button.setEnabled(False)
        self.message.setText(tr("Cancelling…"))


def show_on_bar(bar: QProgressBar, progress: Progress) -> None:
    """Move ``bar``; it is busy without measure while the total is unknown."""
    if progress.total <= 0:
        bar.setRange(0, 0)
        return
    bar.setRange(0, _STEPS)
    bar.setValue(round(_STEPS * min(1.0, progress.done / progress.total)))
