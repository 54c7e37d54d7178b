"""From a folder of images to a project: what to choose, then indexing with progress."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.i18n import tr
from app.job_runner import JobRunner
from app.panels.job_progress import JobProgress
from app.widgets import (
    PathField,
    add_field,
    at_least,
    button,
    file_field,
    folder_field,
    form_layout,
    label,
)
from engine.jobs.events import Finished
from engine.jobs.requests import IndexRequest

_SUFFIX = "-boxes"


class NewProjectDialog(QDialog):
    """Asks for the images, labels and the project's place, and indexes. ``made`` names the project.

    A failed or cancelled indexing leaves the choices as they were; the failure itself is shown by
    whoever owns the runner.
    """

    made = Signal(str)  # project folder

    def __init__(self, runner: JobRunner, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runner = runner
        self._mine = False
        self._project_typed = False
        self.setWindowTitle(tr("New project"))
        self.images = folder_field(
            self, tr("Folder of images"), tr("Folder with one subfolder per class")
        )
        self.labels = file_field(
            self,
            tr("Labels"),
            tr("CSV files (*.csv);;All files (*)"),
            tr("Only if the folders do not name the classes"),
        )
        self.project = folder_field(self, tr("Project folder"), tr("A new or empty folder"))
        self.problem = label("", "problem", wrap=True)
        self.create_button = button(tr("Create project"), self._start, "primary")
        self.create_button.setDefault(True)
        self.cancel_button = button(tr("Cancel"), self.reject)
        self.progress = JobProgress(runner)
        self.pages = QStackedWidget()
        self.pages.addWidget(self._form())
        self.pages.addWidget(self._running())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 22, 24, 18)
        layout.addWidget(self.pages)
        at_least(self, 620)
        self._wire()
        self._check()

    def request(self) -> IndexRequest:
        return IndexRequest(self.project.text(), self.images.text(), self.labels.text() or None)

    def reject(self) -> None:
        """While indexing, Escape cancels the job and the dialog stays until it has stopped."""
        if self._mine:
            self._runner.cancel()
            return
        super().reject()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._mine:
            self._runner.cancel()
            event.ignore()
            return
        super().closeEvent(event)

    def _form(self) -> QWidget:
        form = form_layout()
        rows: tuple[tuple[str, PathField, str], ...] = (
            (
                tr("Images"),
                self.images,
                tr(
                    "Your images stay where they are and are never written to. "
                    "The name of each subfolder becomes the image label."
                ),
            ),
            (tr("Labels (CSV)"), self.labels, tr("Optional: a table with the header image,class.")),
            (
                tr("Project"),
                self.project,
                tr("One folder for the database, the checkpoints and the settings."),
            ),
        )
        for name, field, hint in rows:
            field.edit.setAccessibleName(name)
            add_field(form, name, field)
            form.addRow("", label(hint, "muted", wrap=True))
            form.addRow("", _gap())
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(14)
        layout.addWidget(label(tr("Which images?"), "heading"))
        layout.addLayout(form)
        layout.addStretch()
        layout.addWidget(self.problem)
        layout.addLayout(self._buttons())
        return page

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.addStretch()
        row.addWidget(self.cancel_button)
        row.addWidget(self.create_button)
        return row

    def _running(self) -> QWidget:
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(16)
        layout.addWidget(label(tr("Looking at every image"), "heading"))
        hint = tr(
            "Each file is opened once to see whether it can be read and how large it is. "
            "Files that cannot be read are kept aside with their reason."
        )
        layout.addWidget(label(hint, "muted", wrap=True))
        layout.addWidget(self.progress)
        layout.addStretch()
        return page

    def _wire(self) -> None:
        self.images.edit.textChanged.connect(self._suggest_project)
        self.project.edit.textEdited.connect(self._on_project_typed)
        for field in (self.images, self.labels, self.project):
            field.edit.textChanged.connect(self._check)
        self._runner.finished.connect(self._on_finished)
        self._runner.failed.connect(self._on_stopped)
        self._runner.cancelled.connect(self._on_stopped)

    def _on_project_typed(self, text: str) -> None:
        self._project_typed = bool(text)

    def _suggest_project(self, images: str) -> None:
        if self._project_typed or not images.strip():
            return
        folder = Path(images.strip())
        self.project.set_text(str(folder.with_name(folder.name + _SUFFIX)) if folder.name else "")

    def _check(self) -> None:
        wrong = problem_with(self.images.text(), self.labels.text(), self.project.text())
        self.problem.setText(wrong or "")
        complete = bool(self.images.text() and self.project.text())
        self.create_button.setEnabled(complete and not wrong and not self._runner.running)

    def _start(self) -> None:
        self._mine = True
        self.progress.reset()
        self.pages.setCurrentIndex(1)
        self._runner.start(self.request())

    def _on_finished(self, finished: Finished) -> None:
        if self._mine:
            self._mine = False
            self.accept()
            self.made.emit(str(finished.result["project"]))

    def _on_stopped(self, _word: object) -> None:
        self._mine = False
        self.pages.setCurrentIndex(0)
        self._check()


def problem_with(images: str, labels: str, project: str) -> str | None:
    """What speaks against these choices, so far as a look at the folders tells."""
    if images and not Path(images).is_dir():
        return tr("There is no folder {images}.", images=images)
    if labels and not Path(labels).is_file():
        return tr("There is no file {labels}.", labels=labels)
    if not project:
        return None
    folder = Path(project)
    if folder.is_file():
        return tr("{project} is a file; choose a new or empty folder.", project=project)
    if images and folder.resolve() == Path(images).resolve():
        return tr("The project needs a folder of its own, apart from the images.")
    return None


def _gap() -> QWidget:
    gap = QWidget()
    gap.setFixedHeight(6)
    return gap
