"""Export: format, folder, what goes in, and how much that is."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QCloseEvent, QDesktopServices
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QDialog,
    QHBoxLayout,
    QRadioButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.job_runner import JobRunner
from app.panels.job_progress import JobProgress
from app.widgets import button, folder_field, label
from app.words import counted
from engine.domain.records import ProjectSummary, ReviewState
from engine.jobs.events import Finished
from engine.jobs.requests import ExportRequest

_FORMATS = (
    ("coco", "COCO", "One JSON file for all images; read by pycocotools, Detectron2, MMDetection."),
    ("voc", "Pascal VOC", "One XML file per image and lists of images; read by torchvision."),
)
_IMAGES = (
    ("leave", "Leave the images where they are"),
    ("copy", "Copy the images too"),
    ("link", "Link to the images"),
    ("jpeg", "Write the images as upright JPEG"),
)


class ExportDialog(QDialog):
    """Chooses, previews the counts, exports with progress, and says where the files are."""

    def __init__(
        self,
        runner: JobRunner,
        project: str,
        summary: ProjectSummary,
        folder: str,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._runner, self._project, self._summary = runner, project, summary
        self._mine = False
        self._out = folder
        self.setWindowTitle("Export")
        self.setMinimumWidth(560)
        self.formats = QButtonGroup(self)
        self.folder = folder_field(self, "Folder to export to", "A new or empty folder")
        self.folder.set_text(folder)
        self.folder.edit.setAccessibleName("Folder to export to")
        self.unreviewed = QCheckBox("Include proposals that nobody has reviewed yet")
        self.overwrite = QCheckBox("Replace an earlier export in this folder")
        self.images = QComboBox()
        self.images.setAccessibleName("What to do with the images")
        for value, text in _IMAGES:
            self.images.addItem(text, value)
        self.counts = label("", wrap=True)
        self.problem = label("", "problem", wrap=True)
        self.export_button = button("Export", self._start, "primary")
        self.export_button.setDefault(True)
        self.progress = JobProgress(runner)
        self.outcome = label("", wrap=True, selectable=True)
        self.pages = QStackedWidget()
        for page in (self._choosing(), self._running(), self._done()):
            self.pages.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 22, 24, 18)
        layout.addWidget(self.pages)
        self._wire()

    def request(self) -> ExportRequest:
        return ExportRequest(
            self._project,
            _FORMATS[self.formats.checkedId()][0],
            self.folder.text(),
            self.unreviewed.isChecked(),
            self.overwrite.isChecked(),
            self.images.currentData(),
        )

    def reject(self) -> None:
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

    def _choosing(self) -> QWidget:
        page, layout = _page("Which format?")
        for index, (_name, title, hint) in enumerate(_FORMATS):
            choice = QRadioButton(title)
            choice.setChecked(index == 0)
            self.formats.addButton(choice, index)
            layout.addWidget(choice)
            text = label(hint, "muted", wrap=True)
            text.setContentsMargins(26, 0, 0, 4)
            layout.addWidget(text)
        layout.addSpacing(4)
        layout.addWidget(label("Where to?", "heading"))
        layout.addWidget(self.folder)
        layout.addWidget(self.overwrite)
        layout.addSpacing(4)
        layout.addWidget(label("What goes in", "heading"))
        layout.addWidget(self.unreviewed)
        layout.addWidget(self.images)
        layout.addWidget(self.counts)
        layout.addStretch()
        layout.addWidget(self.problem)
        row = QHBoxLayout()
        row.addStretch()
        row.addWidget(button("Cancel", self.reject))
        row.addWidget(self.export_button)
        layout.addLayout(row)
        return page

    def _running(self) -> QWidget:
        page, layout = _page("Exporting")
        layout.addWidget(self.progress)
        layout.addStretch()
        return page

    def _done(self) -> QWidget:
        page, layout = _page("Exported")
        layout.addWidget(self.outcome)
        layout.addStretch()
        row = QHBoxLayout()
        row.addStretch()
        row.addWidget(button("Open the folder", self._open_folder))
        row.addWidget(button("Close", self.accept, "primary"))
        layout.addLayout(row)
        return page

    def _wire(self) -> None:
        self.folder.edit.textChanged.connect(self._check)
        for box in (self.unreviewed, self.overwrite):
            box.toggled.connect(self._check)
        self._runner.finished.connect(self._on_finished)
        self._runner.failed.connect(self._on_stopped)
        self._runner.cancelled.connect(self._on_stopped)
        self._check()

    def _check(self) -> None:
        self.counts.setText(counts_text(self._summary, self.unreviewed.isChecked()))
        wrong = ""
        if self._runner.running and not self._mine:
            wrong = "Another job is running; it has to end first."
        elif Path(self.folder.text()).is_file():
            wrong = "This is a file; choose a folder."
        self.problem.setText(wrong)
        self.export_button.setEnabled(bool(self.folder.text()) and not wrong)

    def _start(self) -> None:
        request = self.request()
        self._mine, self._out = True, request.out
        self.progress.reset()
        self.pages.setCurrentIndex(1)
        self._runner.start(request)

    def _on_finished(self, finished: Finished) -> None:
        if self._mine:
            self._mine = False
            result = finished.result
            images, boxes = result.get("images", 0), result.get("boxes", 0)
            what = f"{counted(images, 'image')} with {counted(boxes, 'box', 'boxes')}"
            self.outcome.setText(f"{what} written to\n{self._out}")
            self.pages.setCurrentIndex(2)

    def _on_stopped(self, _word: object) -> None:
        self._mine = False
        self.pages.setCurrentIndex(0)
        self._check()

    def _open_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(self._out))


def counts_text(summary: ProjectSummary, include_unreviewed: bool) -> str:
    """What an export would hold, in one or two sentences."""
    states = summary.states
    decided = states[ReviewState.ACCEPTED] + states[ReviewState.CORRECTED]
    waiting = states[ReviewState.UNREVIEWED]
    rejected = states[ReviewState.REJECTED]
    boxes = counted(summary.annotations, "box", "boxes")
    text = f"{counted(decided, 'reviewed image')} with {boxes}"
    if include_unreviewed:
        text += f", and the proposals of {counted(waiting, 'unreviewed image')}."
    else:
        text += "."
    left = [] if include_unreviewed or not waiting else [f"{waiting:,} unreviewed"]
    left += [f"{rejected:,} rejected"] if rejected else []
    return f"{text} Left out: {' and '.join(left)}." if left else text


def _page(title: str) -> tuple[QWidget, QVBoxLayout]:
    page = QWidget()
    layout = QVBoxLayout(page)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(8)
    layout.addWidget(label(title, "heading"))
    return page, layout
