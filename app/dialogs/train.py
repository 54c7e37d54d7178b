"""Training: what to choose, then live curves and progress. May be closed while it runs."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QCheckBox, QDialog, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from app.dialogs.train_form import TrainForm
from app.i18n import percent, tr
from app.job_runner import JobRunner
from app.panels.job_progress import JobProgress
from app.panels.training_view import TrainingView
from app.widgets import button, label
from engine.domain.errors import InputError
from engine.domain.settings import TrainSettings
from engine.jobs.events import Finished, Metric

_ROOMY = 780  # high enough for the advanced options
_CURVES_AFTER_MS = 150


class TrainDialog(QDialog):
    """Not modal: reviewing goes on while the network learns. Kept as long as its training runs."""

    wanted = Signal(object)  # TrainSettings

    def __init__(
        self, runner: JobRunner, settings: TrainSettings, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._runner = runner
        self.setWindowTitle(tr("Train"))
        self.resize(640, 640)
        self.form = TrainForm(settings)
        self._curves: TrainingView | None = None
        self.progress = JobProgress(runner)
        self.propose_after = QCheckBox(tr("Propose boxes as soon as the training is done"))
        self.propose_after.setChecked(True)
        self.problem = label("", "problem", wrap=True)
        self.outcome = label("", "section", wrap=True)
        self.start_button = button(tr("Start training"), self._start, "primary")
        self.start_button.setDefault(True)
        self.pages = QStackedWidget()
        self.pages.addWidget(self._choosing())
        self.pages.addWidget(self._running())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 22, 24, 18)
        layout.addWidget(self.pages)
        self._wire()
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(lambda: self.curves)

    @property
    def curves(self) -> TrainingView:
        """Made after the dialog is on the screen: the plots take as long as all the rest."""
        if self._curves is None:
            self._curves = TrainingView()
            self._curves_place.addWidget(self._curves)
        return self._curves

    @property
    def is_choosing(self) -> bool:
        """True until a training is shown."""
        return self.pages.currentIndex() == 0

    @property
    def device(self) -> str:
        """Where the training computes."""
        chosen: str = self.form.device.currentData()
        return chosen

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._soon.start(_CURVES_AFTER_MS)

    def choose(self, settings: TrainSettings) -> None:
        """Show the settings, to start a new training."""
        self.form.show_settings(settings)
        self.pages.setCurrentIndex(0)
        self._check()

    def follow(self, epochs: int = 0) -> None:
        """Show the training that has just been started (with ``epochs``, if known)."""
        self.curves.clear(epochs)
        self.outcome.hide()
        self.progress.reset()
        self.progress.show()
        self.pages.setCurrentIndex(1)

    def show_history(self, points: list[tuple[float, dict[str, float]]]) -> None:
        """Put in the curves what a resumed training had learned before."""
        for step, values in points:
            self.curves.add(Metric(step, values))

    def _choosing(self) -> QWidget:
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(14)
        layout.addWidget(label(tr("Train on the image labels"), "heading"))
        layout.addWidget(self.form, 1)
        layout.addWidget(self.propose_after)
        layout.addWidget(self.problem)
        row = QHBoxLayout()
        row.addStretch()
        row.addWidget(button(tr("Cancel"), self.reject))
        row.addWidget(self.start_button)
        layout.addLayout(row)
        return page

    def _running(self) -> QWidget:
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        self._curves_place = QVBoxLayout()
        layout.addLayout(self._curves_place, 1)
        layout.addWidget(self.progress)
        layout.addWidget(self.outcome)
        row = QHBoxLayout()
        row.addWidget(label(tr("You may go on reviewing; the training runs on."), "muted"))
        row.addStretch()
        row.addWidget(button(tr("Close"), self.reject))
        layout.addLayout(row)
        return page

    def _wire(self) -> None:
        self.form.changed.connect(self._check)
        self.form.advanced_button.clicked.connect(self._make_room)
        self._runner.running_changed.connect(self._check)
        self._runner.metric.connect(lambda metric: self.curves.add(metric))
        self._runner.finished.connect(self._on_finished)
        self._runner.failed.connect(lambda _word: self._on_stopped(tr("The training failed.")))
        self._runner.cancelled.connect(
            lambda _word: self._on_stopped(
                tr("Cancelled. What was learned is kept: “Resume training” goes on from there.")
            )
        )
        self._check()

    def _check(self) -> None:
        self.start_button.setEnabled(self.form.complete and not self._runner.running)
        waiting = self._runner.running and self.pages.currentIndex() == 0
        self.problem.setText(tr("Another job is running; it has to end first.") if waiting else "")

    def _make_room(self) -> None:
        self.resize(self.width(), max(self.height(), _ROOMY))

    def _start(self) -> None:
        try:
            settings = self.form.settings()
        except InputError as error:
            self.problem.setText(str(error))
            return
        self.problem.clear()
        self.wanted.emit(settings)

    def _on_finished(self, finished: Finished) -> None:
        if self.pages.currentIndex() == 1 and "checkpoint" in finished.result:
            accuracy = finished.result.get("metrics", {}).get("accuracy")
            told = tr("The training is done.")
            if accuracy is not None:
                share = percent(accuracy)
                told += " " + tr("Accuracy on the images it saw: {accuracy}.", accuracy=share)
            self._on_stopped(told)

    def _on_stopped(self, outcome: str) -> None:
        if self.pages.currentIndex() == 1 and not self.progress.isHidden():
            self.progress.hide()
            self.outcome.setText(outcome)
            self.outcome.show()
