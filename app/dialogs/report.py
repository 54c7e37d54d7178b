"""The misdirection report: which runs, into which folder; then where it is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QCheckBox, QSpinBox, QWidget

from app.dialogs.job_pages import DONE, JobPagesDialog, add_buttons, new_page
from app.i18n import mark, tr
from app.job_runner import JobRunner
from app.why.runs import RunChoice
from app.widgets import add_field, button, folder_field, form_layout, label, number_field
from app.words import counted
from engine.domain.records import RunKind
from engine.jobs.requests import ReportRequest

NO_RUN = mark("There is nothing to report yet: let a trained network propose boxes first.")
NO_FOLDER = mark("Choose a folder to write into.")
NONE_CHOSEN = mark("Choose at least one run.")


class ReportDialog(JobPagesDialog):
    """``choices``: runs of the project; those with score maps can be reported, newest first."""

    def __init__(
        self,
        runner: JobRunner,
        project: str,
        choices: Sequence[RunChoice],
        folder: str,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(runner, tr("Report"), parent)
        self._project = project
        self.out = folder_field(self, tr("Folder for the report"))
        self.out.set_text(folder)
        self.out.edit.setAccessibleName(tr("Folder for the report"))
        self.runs: list[tuple[int, QCheckBox]] = []
        for choice in choices:
            if choice.kind is not RunKind.TRAIN:
                self.runs.append((choice.id, QCheckBox(choice.text)))
        for _, box in self.runs[:1]:
            box.setChecked(True)
        self.examples = QSpinBox()
        self.examples.setRange(0, 200)
        self.examples.setValue(12)
        self.problem = label("", "problem", wrap=True)
        self.write_button = button(tr("Write the report"), self._write, "primary")
        self.write_button.setDefault(True)
        self.outcome = label("", wrap=True, selectable=True)
        self._html = ""
        for page in (self._choosing(), self.running_page(tr("Writing the report")), self._done()):
            self.pages.addWidget(page)
        self.out.edit.textChanged.connect(lambda _text: self._check())
        for _, box in self.runs:
            box.toggled.connect(lambda _on: self._check())
        self._check()

    def request(self) -> ReportRequest:
        chosen = tuple(run for run, box in self.runs if box.isChecked())
        return ReportRequest(self._project, self.out.text(), chosen, examples=self.examples.value())

    def went_back(self) -> None:
        self._check()

    def _choosing(self) -> QWidget:
        page, layout = new_page(tr("Where does the attention go?"))
        hint = tr(
            "A page to read, print or send: tables class by class, ranked examples with their "
            "maps, the runs beside each other. What has not been measured yet is measured first."
        )
        layout.addWidget(label(hint, "muted", wrap=True))
        layout.addSpacing(6)
        layout.addWidget(label(tr("Runs"), "section"))
        for _, box in self.runs:
            layout.addWidget(box)
        form = form_layout()
        number_field(self.examples, tr("Examples from either end"), width=110)
        add_field(form, tr("Examples of each run"), self.examples)
        add_field(form, tr("Folder"), self.out)
        layout.addSpacing(6)
        layout.addLayout(form)
        layout.addWidget(self.problem)
        layout.addStretch()
        add_buttons(layout, button(tr("Cancel"), self.reject), self.write_button)
        return page

    def _done(self) -> QWidget:
        page, layout = new_page(tr("The report is written"))
        layout.addWidget(self.outcome)
        layout.addStretch()
        opener = button(tr("Open it"), self._open, "primary")
        add_buttons(layout, button(tr("Close"), self.accept), opener)
        return page

    def _check(self) -> None:
        problem = ""
        if not self.runs:
            problem = tr(NO_RUN)
        elif not any(box.isChecked() for _, box in self.runs):
            problem = tr(NONE_CHOSEN)
        elif not self.out.text():
            problem = tr(NO_FOLDER)
        elif self.runner.running:
            problem = tr("Another job is running; it has to end or be cancelled first.")
        self.problem.setText(problem)
        self.write_button.setEnabled(not problem)

    def _write(self) -> None:
        self._check()
        if self.write_button.isEnabled():
            self.work(self.request(), self._tell)

    def _tell(self, result: dict[str, Any]) -> None:
        self._html = str(result.get("html", ""))
        images = counted(int(result.get("images", 0)), "image", "images")
        runs = counted(len(result.get("runs", ())), "run", "runs")
        files = "\n".join(str(result[kind]) for kind in ("html", "pdf") if kind in result)
        self.outcome.setText(f"{runs}, {images}.\n\n{files}")
        self.pages.setCurrentIndex(DONE)

    def _open(self) -> None:
        if Path(self._html).is_file():
            QDesktopServices.openUrl(QUrl.fromLocalFile(self._html))
        self.accept()
