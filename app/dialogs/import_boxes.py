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
from app.i18n import mark, tr, whole
from app.job_runner import JobRunner
from app.widgets import PathField, add_field, button, folder_field, form_layout, label
from app.words import counted
from engine.exchange.read_voc import FIRST_PIXEL
from engine.jobs.events import Cancelled, Failed
from engine.jobs.requests import ImportRequest

_FORMATS = (
    ("auto", mark("Find out by its files")),
    ("coco", "COCO"),
    ("voc", "Pascal VOC"),
    ("yolo", "YOLO"),
    ("csv", "CSV"),
)
_BECOME = (
    ("annotations", mark("Annotations to go on from")),
    ("truth", mark("True boxes to evaluate with")),
    ("proposals", mark("Proposals to review")),
)
_EXISTING = (
    ("keep", mark("Keep them; only images without any get new ones")),
    ("replace", mark("Replace them")),
    ("add", mark("Keep them and add the new ones")),
)
_MATCH = (
    ("auto", mark("By path, else by name, else by content")),
    ("path", mark("By path below the image folder")),
    ("name", mark("By file name")),
    ("hash", mark("By the content of the image files beside the boxes")),
)
_STATES = (
    ("unreviewed", mark("Unreviewed, to be looked at")),
    ("accepted", mark("Accepted, as they are")),
)
_FIRST_PIXELS = (
    (None, mark("Find out (asks if the files do not tell)")),
    (True, mark("Pixels count from 1 (VOC devkit)")),
    (False, mark("Pixels count from 0")),
)


class ImportDialog(JobPagesDialog):
    """Chooses, shows what would change and what cannot be used, and takes the boxes in."""

    def __init__(self, runner: JobRunner, project: str, parent: QWidget | None = None) -> None:
        super().__init__(runner, tr("Import boxes"), parent)
        self._project = project
        self._result: dict[str, Any] = {}
        self.source = folder_field(self, tr("Folder with boxes"), tr("A file or folder of boxes"))
        self.source.edit.setAccessibleName(tr("File or folder of boxes"))
        self.format = _choice(tr("Format"), _FORMATS)
        self.become = _choice(tr("What the boxes become"), _BECOME)
        self.existing = _choice(tr("Boxes that are there already"), _EXISTING)
        self.match = _choice(tr("How images are found"), _MATCH)
        self.state = _choice(tr("Review state"), _STATES)
        self.first_pixel = _choice(tr("First pixel of VOC"), _FIRST_PIXELS)
        self.problem = label("", "problem", wrap=True)
        self.preview_button = button(tr("Preview…"), self._preview, "primary")
        self.preview_button.setDefault(True)
        self.table = CountTable(tr("Boxes per class"))
        self.totals = label("", wrap=True)
        self.troubles = QPlainTextEdit(readOnly=True)
        self.troubles.setAccessibleName(tr("What cannot be used"))
        self.skip_unusable = QCheckBox(tr("Leave out what cannot be used and import the rest"))
        self.import_button = button(tr("Import"), self._import, "primary")
        self.outcome = label("", wrap=True, selectable=True)
        for page in (
            self._choosing(),
            self.running_page(tr("Importing")),
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

    def stopped(self, word: Failed | Cancelled) -> None:
        """Only a person knows where pixels begin, if the files do not tell."""
        if isinstance(word, Failed) and word.place == FIRST_PIXEL:
            self.problem.setText(
                tr("Choose beside “Pascal VOC” whether its pixels count from 1 or from 0.")
            )
            self.first_pixel.setFocus()

    def _choosing(self) -> QWidget:
        page, layout = new_page(tr("Which boxes?"))
        self.source.choose_button.setText(tr("Folder…"))
        row = QHBoxLayout()
        row.addWidget(self.source, 1)
        row.addWidget(button(tr("File…"), lambda: self._choose_file(self.source)))
        layout.addLayout(row)
        layout.addSpacing(4)
        form = form_layout()
        layout.addLayout(form)
        add_field(form, tr("Format"), self.format)
        add_field(form, tr("They become"), self.become)
        add_field(form, tr("Review state"), self.state)
        add_field(form, tr("Boxes already there"), self.existing)
        add_field(form, tr("Images are found"), self.match)
        add_field(form, "Pascal VOC", self.first_pixel)
        hint = tr(
            "Nothing is changed before you have seen what would change, and undo takes it back."
        )
        layout.addWidget(label(hint, "muted", wrap=True))
        layout.addStretch()
        layout.addWidget(self.problem)
        add_buttons(layout, button(tr("Cancel"), self.reject), self.preview_button)
        return page

    def _previewing(self) -> QWidget:
        page, layout = new_page(tr("This is what would change"))
        layout.addWidget(self.table, 1)
        layout.addWidget(self.totals)
        layout.addWidget(self.troubles, 1)
        layout.addWidget(self.skip_unusable)
        add_buttons(layout, button(tr("Back"), self.back), self.import_button)
        return page

    def _done(self) -> QWidget:
        page, layout = new_page(tr("Imported"))
        layout.addWidget(self.outcome)
        layout.addStretch()
        add_buttons(layout, button(tr("Close"), self.accept, "primary"))
        return page

    def _wire(self) -> None:
        self.source.edit.textChanged.connect(self._check)
        self.become.currentIndexChanged.connect(self._check)
        self.format.currentIndexChanged.connect(self._check)
        self.skip_unusable.toggled.connect(self._check_import)
        self._check()

    def _choose_file(self, field: PathField) -> None:
        kinds = tr("Boxes (*.json *.xml *.yaml *.yml *.csv)")
        chosen = QFileDialog.getOpenFileName(self, tr("File with boxes"), field.text(), kinds)[0]
        if chosen:
            field.set_text(chosen)

    def _check(self, *_values: object) -> None:
        self.state.setEnabled(self.become.currentData() == "annotations")
        self.first_pixel.setEnabled(self.format.currentData() in ("auto", "voc"))
        wrong, path = "", self.source.text()
        if self.runner.running and not self.is_busy:
            wrong = tr("Another job is running; it has to end first.")
        elif path and not Path(path).exists():
            wrong = tr("There is no such file or folder.")
        self.problem.setText(wrong)
        self.preview_button.setEnabled(bool(path) and not wrong)

    def _preview(self) -> None:
        self.skip_unusable.setChecked(False)
        self.work(replace(self.request(), dry_run=True), self._show_preview)

    def _show_preview(self, result: dict[str, Any]) -> None:
        self._result = result
        new = set(result["new_classes"])
        rows: list[list[str | int]] = [
            [name, count, tr("new") if name in new else ""]
            for name, count in result["boxes_per_class"].items()
        ]
        self.table.show_rows([tr("class"), tr("boxes"), ""], rows)
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
        self.outcome.setText(
            tr("{what} Undo takes all of it back at once.", what=totals_text(result))
        )
        self.pages.setCurrentIndex(DONE)


def totals_text(result: dict[str, Any]) -> str:
    """What changes, in a few sentences."""
    matched, in_file = result["images_matched"], result["images_in_file"]
    added, removed = result["boxes_added"], result["boxes_removed"]
    will = mark("{images} would change: {added} added, {removed} removed.")
    did = mark("{images} changed: {added} added, {removed} removed.")
    found = tr(
        "{matched} of {images} are in the project.",
        matched=whole(matched),
        images=counted(in_file, "image", "images"),
    )
    changes = tr(
        will if result["dry_run"] else did,
        images=counted(result["images_changed"], "image", "images"),
        added=counted(added, "box", "boxes"),
        removed=whole(removed),
    )
    sentences = [found, changes]
    if kept := result["images_kept"]:
        sentences.append(tr("{images} left as they are.", images=counted(kept, "image", "images")))
    if wrong := result["problem_count"]:
        sentences.append(tr("{count} cannot be used.", count=counted(wrong, "entry", "entries")))
    if empty := result["images_known_empty"]:
        sentences.append(
            tr("{images} known to be empty.", images=counted(empty, "image", "images"))
        )
    if unknown := result["images_without_truth"]:
        without = counted(unknown, "image", "images")
        sentences.append(tr("{images} without boxes, not known to be empty.", images=without))
    return " ".join(sentences)


def troubles_text(result: dict[str, Any]) -> str:
    """Everything that cannot be used, a line each; the result names the first 200 of each sort."""
    lines = []
    for file, place, message in result["problems"]:
        lines.append(": ".join(part for part in (Path(file).name, place, message) if part))
    if result["problem_count"] > len(lines):
        lines.append(
            tr(
                "… {count} in all; the command line can list every one.",
                count=whole(result["problem_count"]),
            )
        )
    lines += result["unmatched_names"]
    if result["unmatched"] > len(result["unmatched_names"]):
        lines.append(
            tr("… {count} images are not in the project.", count=whole(result["unmatched"]))
        )
    return "\n".join(lines)


def _choice(name: str, choices: Sequence[tuple[object, str]]) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    for value, text in choices:
        box.addItem(tr(text), value)
    return box
