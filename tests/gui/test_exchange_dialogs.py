"""Export and import through their dialogs, with the real engine: look first, then do it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.dialogs.export import ExportDialog
from app.dialogs.import_boxes import ImportDialog
from app.dialogs.job_pages import CHOOSING, DONE, PREVIEW
from app.job_runner import JobRunner
from engine.domain.geometry import Box
from engine.domain.records import AnnotationOrigin
from engine.jobs.reporter import silent_reporter
from engine.jobs.requests import ExportRequest, IndexRequest
from engine.store import annotations, images, review
from engine.store.project import Project
from engine.store.summary import summary
from engine.workflows.dispatch import run
from tests.pictures import write_pictures

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def runner(qtbot: QtBot) -> Iterator[JobRunner]:
    made = JobRunner()
    yield made
    made.shut_down()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """18 images of three classes; five have a box each."""
    root, folder = write_pictures(tmp_path / "images"), tmp_path / "project"
    run(IndexRequest(str(folder), str(root)), silent_reporter())
    with Project.open(folder) as opened, opened.write() as conn:
        for image in images.list_images(conn)[:5]:
            drawn = review.EditedBox(None, 1, Box(2, 3, 40, 40), AnnotationOrigin.DRAWN)
            review.replace_boxes(conn, image.id, [drawn], "Draw box")
    return folder


def annotated(folder: Path) -> int:
    with Project.open(folder) as opened, opened.read() as conn:
        return len(list(annotations.all_annotations(conn)))


def test_export_shows_classes_splits_and_warnings_before_it_writes(
    qtbot: QtBot, runner: JobRunner, project: Path, tmp_path: Path
) -> None:
    with Project.open(project) as opened, opened.read() as conn:
        counts = summary(conn)
    dialog = ExportDialog(runner, str(project), counts, str(tmp_path / "out"))
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.formats.button(2).setChecked(True)
    assert "Ultralytics" in dialog.hint.text()
    dialog.fields.split.setCurrentIndex(1)
    for box, share in zip(dialog.fields.ratios, (60, 20, 20), strict=True):
        box.setValue(share)
    QTest.mouseClick(dialog.preview_button, LEFT)
    qtbot.waitUntil(lambda: dialog.pages.currentIndex() == PREVIEW, timeout=60_000)
    assert not (tmp_path / "out").exists()
    assert dialog.table.row_texts()[0] == ["blue", "3", "1", "1", "5"]
    assert dialog.table.row_texts()[-1] == ["Images", "3", "1", "1", "5"]
    assert "Only labels are written" in dialog.warnings.text()
    dialog.back()
    assert dialog.pages.currentIndex() == CHOOSING
    dialog.images.setCurrentIndex(1)
    QTest.mouseClick(dialog.preview_button, LEFT)
    qtbot.waitUntil(lambda: dialog.pages.currentIndex() == PREVIEW, timeout=60_000)
    assert dialog.warnings.text() == ""
    QTest.mouseClick(dialog.export_button, LEFT)
    qtbot.waitUntil(lambda: dialog.pages.currentIndex() == DONE, timeout=60_000)
    assert len(list((tmp_path / "out/images/train").iterdir())) == 3
    dialog.back()
    QTest.mouseClick(dialog.preview_button, LEFT)
    qtbot.waitUntil(lambda: dialog.pages.currentIndex() == PREVIEW, timeout=60_000)
    assert "The folder is there already" in dialog.warnings.text()
    assert not dialog.export_button.isEnabled()


def test_nothing_chosen_is_nothing_to_export(
    qtbot: QtBot, runner: JobRunner, project: Path, tmp_path: Path
) -> None:
    with Project.open(project) as opened, opened.read() as conn:
        counts = summary(conn)
    dialog = ExportDialog(runner, str(project), counts, str(tmp_path / "out"))
    qtbot.addWidget(dialog)
    for box in dialog.fields.states.values():
        box.setChecked(False)
    assert dialog.problem.text() == "Choose a review state at least."
    assert not dialog.preview_button.isEnabled()


def test_import_shows_what_changes_and_what_cannot_be_used(
    qtbot: QtBot, runner: JobRunner, project: Path, tmp_path: Path
) -> None:
    run(ExportRequest(str(project), "coco", str(tmp_path / "coco")), silent_reporter())
    table = tmp_path / "coco/annotations.json"
    content = json.loads(table.read_text())
    content["annotations"][0]["bbox"] = [1, 2, 0, 4]
    table.write_text(json.dumps(content))
    with Project.open(project) as opened, opened.write() as conn:
        while review.undo(conn):
            pass
    dialog = ImportDialog(runner, str(project))
    qtbot.addWidget(dialog)
    dialog.show()
    assert not dialog.preview_button.isEnabled()
    dialog.source.set_text(str(tmp_path / "coco"))
    QTest.mouseClick(dialog.preview_button, LEFT)
    qtbot.waitUntil(lambda: dialog.pages.currentIndex() == PREVIEW, timeout=60_000)
    assert dialog.table.row_texts() == [["blue", "4", ""]]
    assert dialog.totals.text().startswith("5 of 5 images are in the project.")
    assert "annotations[0]: The box" in dialog.troubles.toPlainText()
    assert not dialog.import_button.isEnabled()
    assert annotated(project) == 0
    dialog.skip_unusable.setChecked(True)
    QTest.mouseClick(dialog.import_button, LEFT)
    qtbot.waitUntil(lambda: dialog.pages.currentIndex() == DONE, timeout=60_000)
    assert annotated(project) == 4
    with Project.open(project) as opened, opened.write() as conn:
        assert review.undo_name(conn) == "Import annotations"
        review.undo(conn)
    assert annotated(project) == 0


def test_import_asks_where_the_pixels_of_voc_begin(
    qtbot: QtBot, runner: JobRunner, project: Path, tmp_path: Path
) -> None:
    run(ExportRequest(str(project), "voc", str(tmp_path / "voc")), silent_reporter())
    (tmp_path / "voc/provenance.json").unlink()
    dialog = ImportDialog(runner, str(project))
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.source.set_text(str(tmp_path / "voc"))
    QTest.mouseClick(dialog.preview_button, LEFT)
    qtbot.waitUntil(lambda: "from 1 or from 0" in dialog.problem.text(), timeout=60_000)
    assert dialog.pages.currentIndex() == CHOOSING
    dialog.first_pixel.setCurrentIndex(1)
    QTest.mouseClick(dialog.preview_button, LEFT)
    qtbot.waitUntil(lambda: dialog.pages.currentIndex() == PREVIEW, timeout=60_000)
    assert dialog.totals.text().startswith("5 of 5 images are in the project.")
