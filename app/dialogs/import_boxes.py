"""Import: a file or folder, what its boxes become; then a look at what changes; then the change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QPlainTextEdit,
    QWidget,
)

from app.dialogs.count_table import CountTable
from app.dialogs.job_pages import DONE, PREVIEW, JobPagesDialog, add_buttons, new_page
from app.job_runner import JobRunner
from app.widgets import PathField, add_field, button, folder_field, form_layout, label
from app.words import counted
from engine.jobs.requests import ImportRequest

_FORMATS = (
    ("auto", "Find out by its files"),
    ("coco", "COCO"),
    ("voc", "Pascal VOC"),
    ("yolo", "YOLO"),
    ("csv", "CSV"),
)
_BECOME = (
    ("annotations", "Annotations to go on from"),
    ("truth", "True boxes to evaluate with"),
    ("proposals", "Proposals to review"),
)
_EXISTING = (
    ("keep", "Keep them; only images without any get new ones"),
    ("replace", "Replace them"),
    ("add", "Keep them and add the new ones"),
)
_MATCH = (
    ("auto", "By path, else by name, else by content"),
    ("path", "By path below the image folder"),
    ("name", "By file name"),
    ("hash", "By the content of the image files beside the boxes"),
)
_STATES = (("unreviewed", "Unreviewed, to be looked at"), ("accepted", "Accepted, as they are"))
_FIRST_PIXELS = (
    (None, "Find out (asks if the files do not tell)"),
    (True, "Pixels count from 1 (VOC devkit)"),
    (False, "Pixels count from 0"),
)


class ImportDialog(JobPagesDialog):
    """Chooses, shows what would change and what cannot be used, and takes the boxes in."""

    def __init__(self, runner: JobRunner, project: str, parent: QWidget | None = None) -> None:
        super().__init__(runner, "Import boxes", parent)
        self._project = project
        self._result: dict[str, Any] = {}
        self.source = folder_field(self, "Folder with boxes", "A file or folder of boxes")
        self.source.edit.setAccessibleName("File or folder of boxes")
        self.format = _choice("Format", _FORMATS)
        self.become = _choice("What the boxes become", _BECOME)
        self.existing = _choice("Boxes that are there already", _EXISTING)
        self.match = _choice("How images are found", _MATCH)
        self.state = _choice("Review state", _STATES)
        self.first_pixel = _choice("First pixel of VOC", _FIRST_PIXELS)
        self.problem = label("", "problem", wrap=True)
        self.preview_button = button("Preview…", self._preview, "primary")
        self.preview_button.setDefault(True)
        self.table = CountTable("Boxes per class")
        self.totals = label("", wrap=True)
        self.troubles = QPlainTextEdit(readOnly=True)
        self.troubles.setAccessibleName("What cannot be used")
        self.skip_unusable = QCheckBox("Leave out what cannot be used and import the rest")
        self.import_button = button("Import", self._import, "primary")
        self.outcome = label("", wrap=True, selectable=True)
        for page in (
            self._choosing(),
            self.running_page("Importing"),
            self._done(),
            self._previewing(),
        ):
            self.pages.addWidget(page)
        self._wire()

    def request(self) -> ImportRequest:
        return ImportRequest(
            self._project,
            self.source.text(),
            self.format.currentData(),
            self.become.currentData(),
            self.existing.currentData(),
            self.match.currentData(),
            self.state.currentData(),
            self.first_pixel.currentData(),
            self.skip_unusable.isChecked(),
        )

    def went_back(self) -> None:
        self._check()

    def _choosing(self) -> QWidget:
        page, layout = new_page("Which boxes?")
        self.source.choose_button.setText("Folder…")
        row = QHBoxLayout()
        row.addWidget(self.source, 1)
        row.addWidget(button("File…", lambda: self._choose_file(self.source)))
        layout.addLayout(row)
        layout.addSpacing(4)
        form = form_layout()
        layout.addLayout(form)
        add_field(form, "Format", self.format)
        add_field(form, "They become", self.become)
        add_field(form, "Review state", self.state)
        add_field(form, "Boxes already there", self.existing)
        add_field(form, "Images are found", self.match)
        add_field(form, "Pascal VOC", self.first_pixel)
        hint = "Nothing is changed before you have seen what would change, and undo takes it back."
        layout.addWidget(label(hint, "muted", wrap=True))
        layout.addStretch()
        layout.addWidget(self.problem)
        add_buttons(layout, button("Cancel", self.reject), self.preview_button)
        return page

    def _previewing(self) -> QWidget:
        page, layout = new_page("This is what would change")
        layout.addWidget(self.table, 1)
        layout.addWidget(self.totals)
        layout.addWidget(self.troubles, 1)
        layout.addWidget(self.skip_unusable)
        add_buttons(layout, button("Back", self.back), self.import_button)
        return page

    def _done(self) -> QWidget:
        page, layout = new_page("Imported")
        layout.addWidget(self.outcome)
        layout.addStretch()
        add_buttons(layout, button("Close", self.accept, "primary"))
        return page

    def _wire(self) -> None:
        self.source.edit.textChanged.connect(self._check)
        self.become.currentIndexChanged.connect(self._check)
        self.skip_unusable.toggled.connect(self._check_import)
        self._check()

    def _choose_file(self, field: PathField) -> None:
        kinds = "Boxes (*.json *.xml *.yaml *.csv)"
        chosen = QFileDialog.getOpenFileName(self, "File with boxes", field.text(), kinds)[0]
        if chosen:
            field.set_text(chosen)

    def _check(self, *_values: object) -> None:
        self.state.setEnabled(self.become.currentData() == "annotations")
        wrong, path = "", self.source.text()
        if self.runner.running and not self.is_busy:
            wrong = "Another job is running; it has to end first."
        elif path and not Path(path).exists():
            wrong = "There is no such file or folder."
        self.problem.setText(wrong)
        self.preview_button.setEnabled(bool(path) and not wrong)

    def _preview(self) -> None:
        self.skip_unusable.setChecked(False)
        self.work(replace(self.request(), dry_run=True), self._show_preview)

    def _show_preview(self, result: dict[str, Any]) -> None:
        self._result = result
        new = set(result["new_classes"])
        rows: list[list[str | int]] = [
            [name, count, "new" if name in new else ""]
            for name, count in result["boxes_per_class"].items()
        ]
        self.table.show_rows(["class", "boxes", ""], rows)
        self.totals.setText(totals_text(result))
        text = troubles_text(result)
        self.troubles.setPlainText(text)
        self.troubles.setVisible(bool(text))
        self.skip_unusable.setVisible(result["problem_count"] > 0)
        self._check_import()
        self.pages.setCurrentIndex(PREVIEW)

    def _check_import(self, *_values: object) -> None:
        stopped = self._result.get("problem_count", 0) > 0 and not self.skip_unusable.isChecked()
        self.import_button.setEnabled(self._result.get("images_changed", 0) > 0 and not stopped)

    def _import(self) -> None:
        self.work(self.request(), self._show_outcome)

    def _show_outcome(self, result: dict[str, Any]) -> None:
        self.outcome.setText(f"{totals_text(result)} Undo takes all of it back at once.")
        self.pages.setCurrentIndex(DONE)


def totals_text(result: dict[str, Any]) -> str:
    """What changes, in a few sentences."""
    matched, in_file = result["images_matched"], result["images_in_file"]
    added, removed = result["boxes_added"], result["boxes_removed"]
    verb = "would change" if result["dry_run"] else "changed"
    text = (
        f"{matched:,} of {counted(in_file, 'image')} are in the project. "
        f"{counted(result['images_changed'], 'image')} {verb}: {counted(added, 'box', 'boxes')} "
        f"added, {removed:,} removed."
    )
    if kept := result["images_kept"]:
        text += f" {counted(kept, 'image')} left as they are."
    if empty := result["images_known_empty"]:
        text += f" {counted(empty, 'image')} known to be empty."
    if unknown := result["images_without_truth"]:
        text += f" {counted(unknown, 'image')} without boxes, not known to be empty."
    return text


def troubles_text(result: dict[str, Any]) -> str:
    """Everything that cannot be used, a line each; the result names the first 200 of each sort."""
    lines = []
    for file, place, message in result["problems"]:
        lines.append(": ".join(part for part in (Path(file).name, place, message) if part))
    if result["problem_count"] > len(lines):
        lines.append(f"… {result['problem_count']:,} in all; the command line can list every one.")
    lines += result["unmatched_names"]
    if result["unmatched"] > len(result["unmatched_names"]):
        lines.append(f"… {result['unmatched']:,} images are not in the project.")
    return "\n".join(lines)


def _choice(name: str, choices: Sequence[tuple[object, str]]) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    for value, text in choices:
        box.addItem(text, value)
    return box
