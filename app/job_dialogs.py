"""The dialogs of jobs: made when asked for, and only then imported."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from app.job_runner import JobRunner
from app.preferences import DEVICE, PROPOSE_AFTER
from app.project_state import ProjectState
from app.settings import AppSettings
from engine.domain.settings import TrainSettings

if TYPE_CHECKING:
    from app.dialogs.train import TrainDialog


class JobDialogs(QObject):
    """Opens one dialog per job; keeps that of the training, so that its curves live on."""

    train_wanted = Signal(object)  # TrainSettings
    propose_wanted = Signal(object)  # ProposeRequest
    project_made = Signal(object)  # Path

    def __init__(self, runner: JobRunner, settings: AppSettings, window: QWidget) -> None:
        super().__init__(window)
        self._runner, self._settings, self._window = runner, settings, window
        self._training: TrainDialog | None = None

    def new_project(self) -> None:
        from app.dialogs.new_project import NewProjectDialog

        dialog = NewProjectDialog(self._runner, self._window)
        dialog.made.connect(lambda folder: self.project_made.emit(Path(folder)))
        _open(dialog)

    def wait(self, title: str, hint: str) -> None:
        """Show the job that has just been started."""
        from app.dialogs.wait_dialog import WaitDialog

        _open(WaitDialog(self._runner, title, hint, self._window))

    def train(self, state: ProjectState) -> None:
        """Choose a training; while one runs, show that one."""
        dialog = self.training(state)
        if not self._runner.running:
            dialog.choose(self.initial(state))
        _raise(dialog)

    def training(self, state: ProjectState) -> TrainDialog:
        """The dialog of the project's training, made if it is not there."""
        if self._training is None:
            from app.dialogs.train import TrainDialog

            dialog = TrainDialog(self._runner, self.initial(state), self._window)
            dialog.propose_after.setChecked(self.proposes_after_training)
            dialog.propose_after.toggled.connect(
                lambda on: self._settings.set_preference(PROPOSE_AFTER, on)
            )
            dialog.wanted.connect(self.train_wanted)
            dialog.finished.connect(self._drop_unused_training)
            self._training = dialog
        return self._training

    def show_training(self, state: ProjectState) -> None:
        _raise(self.training(state))

    def close_training(self) -> None:
        if self._training is not None:
            self._training.hide()

    def initial(self, state: ProjectState) -> TrainSettings:
        """What a training starts from; it computes where the person likes, unless the project
        says where."""
        settings = initial_settings(state)
        usual = self._settings.choice(DEVICE)
        return replace(settings, device=usual) if settings.device == "auto" else settings

    def forget_training(self) -> None:
        """The project is closed: its training's curves go too."""
        dialog, self._training = self._training, None
        if dialog is not None:
            dialog.close()
            dialog.deleteLater()

    def _drop_unused_training(self) -> None:
        """Closed before anything was trained: its many fields need not be there."""
        if self._training is not None and self._training.is_choosing and not self._runner.running:
            self.forget_training()

    @property
    def proposes_after_training(self) -> bool:
        return self._settings.switch(PROPOSE_AFTER)

    @property
    def training_device(self) -> str:
        """Where the last training computed, else where the person wants it."""
        usual = self._settings.choice(DEVICE)
        return usual if self._training is None else self._training.device

    def propose(self, state: ProjectState) -> None:
        from app.dialogs.propose import ProposeDialog

        dialog = ProposeDialog(
            str(state.folder),
            state.trained,
            state.settings.boxes,
            state.has_proposals,
            self._window,
        )
        dialog.device.setCurrentIndex(dialog.device.findData(self._settings.choice(DEVICE)))
        dialog.wanted.connect(self.propose_wanted)
        _open(dialog)

    def export(self, state: ProjectState) -> None:
        from app.dialogs.export import ExportDialog

        folder = str(state.folder / "export")
        _open(ExportDialog(self._runner, str(state.folder), state.summary, folder, self._window))

    def import_boxes(self, state: ProjectState) -> None:
        from app.dialogs.import_boxes import ImportDialog

        _open(ImportDialog(self._runner, str(state.folder), self._window))

    def report(self, state: ProjectState) -> None:
        from app.dialogs.report import ReportDialog
        from app.why.runs import run_choices

        choices = run_choices(state.summary.runs)
        folder = str(state.folder / "report")
        _open(ReportDialog(self._runner, str(state.folder), choices, folder, self._window))

    def front(self) -> QWidget:
        """What a message should be put in front of."""
        return QApplication.activeModalWidget() or self._window

    @staticmethod
    def sample_folder() -> Path:
        """Where the sample project is made; the command line makes it there too."""
        return platformdirs.user_data_path("boxwright") / "sample"


def initial_settings(state: ProjectState) -> TrainSettings:
    """What to start from: the last training's settings, else what suits the project."""
    from engine.jobs.catalogue import recipe

    if state.trainings or state.settings.train != TrainSettings():
        return state.settings.train
    if state.folder.parent == JobDialogs.sample_folder():
        return recipe("compact")
    return replace(state.settings.train)


def _open(dialog: QDialog) -> None:
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.open()


def _raise(dialog: QDialog) -> None:
    dialog.show()
    dialog.raise_()
    dialog.activateWindow()
