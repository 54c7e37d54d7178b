"""Export: format, folder, what goes in; then a look at the counts; then the files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QButtonGroup, QCheckBox, QHBoxLayout, QRadioButton, QWidget

from app.dialogs.count_table import CountTable
from app.dialogs.export_fields import ExportFields
from app.dialogs.job_pages import DONE, PREVIEW, JobPagesDialog, add_buttons, new_page
from app.i18n import mark, tr, whole
from app.job_runner import JobRunner
from app.widgets import button, folder_field, label
from app.words import counted, listed
from engine.domain.records import ProjectSummary, ReviewState
from engine.exchange.counts import NO_SPLIT, SPLITS
from engine.jobs.requests import ExportRequest

_FORMATS = (
    (
        "coco",
        "COCO",
        mark("One JSON file for all images; read by pycocotools, Detectron2, MMDetection."),
    ),
    ("voc", "Pascal VOC", mark("One XML file per image and lists of images; read by torchvision.")),
    ("yolo", "YOLO", mark("One text file per image and data.yaml; read by Ultralytics.")),
    ("csv", "CSV", mark("Two tables, of boxes and of images; read by anything.")),
)


class ExportDialog(JobPagesDialog):
    """Chooses, previews the counts, exports with progress, and says where the files are."""

    def __init__(
        self,
        runner: JobRunner,
        project: str,
        summary: ProjectSummary,
        folder: str,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(runner, tr("Export"), parent)
        self._project, self._summary = project, summary
        self._out = folder
        self.formats = QButtonGroup(self)
        self.hint = label("", "muted", wrap=True)
        self.zero_based = QCheckBox(tr("Count pixels from 0, not from 1 as the VOC devkit does"))
        self.folder = folder_field(self, tr("Folder to export to"), tr("A new or empty folder"))
        self.folder.set_text(folder)
        self.folder.edit.setAccessibleName(tr("Folder to export to"))
        self.overwrite = QCheckBox(tr("Replace an earlier export in this folder"))
        self.fields = ExportFields(list(summary.classes))
        self.unreviewed, self.images = self.fields.unreviewed, self.fields.images
        self.counts = label("", wrap=True)
        self.problem = label("", "problem", wrap=True)
        self.preview_button = button(tr("Preview…"), self._preview, "primary")
        self.preview_button.setDefault(True)
        self.table = CountTable(tr("Boxes per class and split"))
        self.totals = label("", wrap=True)
        self.warnings = label("", "problem", wrap=True, selectable=True)
        self.export_button = button(tr("Export"), self._export, "primary")
        self.outcome = label("", wrap=True, selectable=True)
        for page in (
            self._choosing(),
            self.running_page(tr("Exporting")),
            self._done(),
            self._previewing(),
        ):
            self.pages.addWidget(page)
        self._wire()

    def request(self) -> ExportRequest:
        return ExportRequest(
            self._project,
            self._format(),
            self.folder.text(),
            overwrite=self.overwrite.isChecked(),
            one_based=not self.zero_based.isChecked(),
            **self.fields.values(),
        )

    def went_back(self) -> None:
        self._check()

    def _format(self) -> str:
        return _FORMATS[self.formats.checkedId()][0]

    def _choosing(self) -> QWidget:
        page, layout = new_page(tr("Which format?"))
        row = QHBoxLayout()
        row.setSpacing(20)
        for index, (_name, title, _hint) in enumerate(_FORMATS):
            choice = QRadioButton(title)
            choice.setChecked(index == 0)
            self.formats.addButton(choice, index)
            row.addWidget(choice)
        row.addStretch()
        layout.addLayout(row)
        layout.addWidget(self.hint)
        layout.addWidget(self.zero_based)
        layout.addSpacing(4)
        layout.addWidget(label(tr("Where to?"), "heading"))
        layout.addWidget(self.folder)
        layout.addWidget(self.overwrite)
        layout.addSpacing(4)
        layout.addWidget(label(tr("What goes in"), "heading"))
        layout.addWidget(self.fields)
        layout.addWidget(self.counts)
        layout.addStretch()
        layout.addWidget(self.problem)
        add_buttons(layout, button(tr("Cancel"), self.reject), self.preview_button)
        return page

    def _previewing(self) -> QWidget:
        page, layout = new_page(tr("This is what will be written"))
        layout.addWidget(self.table, 1)
        layout.addWidget(self.totals)
        layout.addWidget(self.warnings)
        layout.addSpacing(4)
        add_buttons(layout, button(tr("Back"), self.back), self.export_button)
        return page

    def _done(self) -> QWidget:
        page, layout = new_page(tr("Exported"))
        layout.addWidget(self.outcome)
        layout.addStretch()
        opening = button(tr("Open the folder"), self._open_folder)
        add_buttons(layout, opening, button(tr("Close"), self.accept, "primary"))
        return page

    def _wire(self) -> None:
        self.folder.edit.textChanged.connect(self._check)
        self.overwrite.toggled.connect(self._check)
        self.formats.idToggled.connect(self._check)
        self.fields.changed.connect(self._check)
        self._check()

    def _check(self, *_values: object) -> None:
        self.hint.setText(tr(_FORMATS[self.formats.checkedId()][2]))
        self.zero_based.setVisible(self._format() == "voc")
        self.counts.setText(counts_text(self._summary, self.unreviewed.isChecked()))
        wrong = self.fields.problem
        if self.runner.running and not self.is_busy:
            wrong = tr("Another job is running; it has to end first.")
        elif Path(self.folder.text()).is_file():
            wrong = tr("This is a file; choose a folder.")
        self.problem.setText(wrong)
        self.preview_button.setEnabled(bool(self.folder.text()) and not wrong)

    def _preview(self) -> None:
        self.work(replace(self.request(), dry_run=True), self._show_preview)

    def _show_preview(self, result: dict[str, Any]) -> None:
        self.table.show_rows(*preview_rows(result))
        images, empty = result["images"], result["images_without_boxes"]
        text = tr(
            "{images} with {boxes}",
            images=counted(images, "image", "images"),
            boxes=counted(result["boxes"], "box", "boxes"),
        )
        if empty:
            text = tr(
                "{what} ({empty} without any)",
                what=text,
                empty=counted(empty, "image", "images"),
            )
        self.totals.setText(tr("{what}, to\n{folder}", what=text, folder=result["out"]))
        self.warnings.setText("\n".join(result["warnings"]))
        self.export_button.setEnabled(images > 0 and not result["refused"])
        self.pages.setCurrentIndex(PREVIEW)
        self.export_button.setFocus()

    def _export(self) -> None:
        request = self.request()
        self._out = request.out
        self.work(request, self._show_outcome)

    def _show_outcome(self, result: dict[str, Any]) -> None:
        images, boxes = result.get("images", 0), result.get("boxes", 0)
        what = tr(
            "{images} with {boxes}",
            images=counted(images, "image", "images"),
            boxes=counted(boxes, "box", "boxes"),
        )
        self.outcome.setText(tr("{what} written to\n{folder}", what=what, folder=self._out))
        self.pages.setCurrentIndex(DONE)

    def _open_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(self._out))


def preview_rows(result: dict[str, Any]) -> tuple[list[str], list[list[str | int]]]:
    """Header and rows: boxes per class and split, and last the images."""
    images = result["images_per_split"]
    splits = [name for name in (*SPLITS, NO_SPLIT) if name in images]
    rows: list[list[str | int]] = []
    for name, per_split in result["boxes_per_class_and_split"].items():
        counts = [per_split.get(split, 0) for split in splits]
        rows.append([name, *counts, sum(counts)])
    rows.append([tr("Images"), *(images[split] for split in splits), result["images"]])
    titles = [tr("no split") if split == NO_SPLIT else split for split in splits]
    return [tr("class"), *titles, tr("all")], rows


def counts_text(summary: ProjectSummary, include_unreviewed: bool) -> str:
    """What the project has, in one or two sentences."""
    states = summary.states
    decided = states[ReviewState.ACCEPTED] + states[ReviewState.CORRECTED]
    waiting = states[ReviewState.UNREVIEWED]
    rejected = states[ReviewState.REJECTED]
    boxes = counted(summary.annotations, "box", "boxes")
    reviewed = counted(decided, "reviewed image", "reviewed images")
    text = tr("{images} with {boxes}", images=reviewed, boxes=boxes)
    if include_unreviewed:
        proposed = counted(waiting, "unreviewed image", "unreviewed images")
        text = tr("{what}, and the proposals of {images}", what=text, images=proposed)
    left = [] if include_unreviewed else _left_out(waiting, mark("{count} unreviewed"))
    left += _left_out(states[ReviewState.PARTLY], mark("{count} partly decided"))
    left += _left_out(rejected, mark("{count} rejected"))
    if not left:
        return f"{text}."
    return tr("{what}. Left out: {rest}.", what=text, rest=listed(left))


def _left_out(count: int, words: str) -> list[str]:
    return [tr(words, count=whole(count))] if count else []
