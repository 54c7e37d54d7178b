"""Classes, labels, notes, checks and history by real keys; each act saved at once, undoable."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QInputDialog, QLineEdit, QMessageBox, QWidget

from app.dialogs.checks import ChecksDialog
from app.dialogs.classes import ClassesDialog, drift_text
from app.dialogs.history import START, HistoryDialog
from app.dialogs.labels import LabelsDialog
from app.dialogs.notes import NoteDialog
from app.models.class_keys import class_of_key, keys_by_class
from app.project_dialogs import ProjectDialogs
from engine.domain.geometry import Box
from engine.domain.records import AnnotationOrigin, ClassRecord, ReviewState
from engine.store import images, labels, review
from engine.store.review import EditedBox
from engine.store.snapshots import LabelDrift
from tests.gui.review_bench import CONTROL, OFFSCREEN, Bench, bench

__all__ = ["bench"]  # a fixture
pytestmark = OFFSCREEN
KEY = Qt.Key
T = TypeVar("T", bound=QWidget)


@dataclass
class Desk:
    bench: Bench
    dialogs: ProjectDialogs

    def open(self, action: str, kind: type[T]) -> T:
        """Trigger the action and wait for its dialog."""
        self.bench.registry.action(action).trigger()
        self.bench.wait(lambda: self.find(kind) is not None)
        found = self.find(kind)
        assert found is not None
        return found

    def find(self, kind: type[T]) -> T | None:
        shown = (w for w in self.bench.window.findChildren(kind) if w.isVisible())
        return next(shown, None)

    def class_names(self) -> list[str]:
        self.bench.wait(lambda: self.bench.session.pending == 0)
        with self.bench.project.read() as conn:
            return [record.name for record in images.list_classes(conn)]


@pytest.fixture
def desk(bench: Bench) -> Iterator[Desk]:
    dialogs = ProjectDialogs(bench.session, bench.page, bench.registry, bench.window)
    yield Desk(bench, dialogs)
    dialogs.end()


def answer(kind: type[QDialog], act: Callable[[QDialog], None]) -> None:
    """Once a modal dialog of this kind is there, do ``act`` to it."""

    def look() -> None:
        found = QApplication.activeModalWidget()
        if isinstance(found, kind):
            act(found)
        else:
            QTimer.singleShot(20, look)

    QTimer.singleShot(20, look)


def classes_dialog(desk: Desk) -> ClassesDialog:
    dialog = desk.open("class.edit", ClassesDialog)
    desk.bench.wait(lambda: dialog.table.rowCount() == 2)
    return dialog


def test_a_class_is_renamed_in_place_and_every_view_says_so(desk: Desk) -> None:
    dialog = classes_dialog(desk)
    dialog.table.setCurrentCell(0, 0)
    dialog.table.editItem(dialog.table.item(0, 0))
    editor = dialog.table.findChild(QLineEdit)
    assert editor is not None
    QTest.keyClicks(editor, "grey heron")
    QTest.keyClick(editor, KEY.Key_Return)
    desk.bench.wait(lambda: dialog.table.item(0, 0).text() == "grey heron")
    assert desk.class_names() == ["grey heron", "otter"]
    choice = desk.bench.page.queue.filters.class_choice
    desk.bench.wait(lambda: choice.findText("grey heron") > 0)
    desk.bench.session.undo()
    assert desk.class_names() == ["heron", "otter"]
    desk.bench.wait(lambda: dialog.table.item(0, 0).text() == "heron")


def test_a_name_that_is_taken_is_refused_and_the_old_one_shown(desk: Desk) -> None:
    dialog = classes_dialog(desk)
    dialog.table.item(0, 0).setText("Otter")
    desk.bench.wait(lambda: len(desk.bench.failures) == 1)
    desk.bench.wait(lambda: dialog.table.item(0, 0).text() == "heron")
    assert desk.class_names() == ["heron", "otter"]


def test_a_class_is_added_and_its_key_draws_with_it(desk: Desk) -> None:
    dialog = classes_dialog(desk)

    def name_it(asked: QDialog) -> None:
        assert isinstance(asked, QInputDialog)
        asked.setTextValue("stork")
        asked.accept()

    answer(QInputDialog, name_it)
    QTest.mouseClick(dialog.add_button, Qt.MouseButton.LeftButton)
    assert desk.class_names() == ["heron", "otter", "stork"]
    desk.bench.wait(lambda: dialog.table.rowCount() == 3)
    dialog.close()
    panel = desk.bench.page.box_panel
    desk.bench.wait(lambda: panel._class.findText("3  stork") >= 0)
    desk.bench.window.activateWindow()
    desk.bench.page.setFocus()
    desk.bench.wait(desk.bench.canvas.hasFocus)
    desk.bench.wait(lambda: desk.bench.page.flow.seen)
    desk.bench.press(KEY.Key_Tab)
    desk.bench.press(KEY.Key_3)
    desk.bench.wait_saved()
    assert [a.class_id for a in desk.bench.stored(1)] == [3]


def test_merging_asks_first_and_is_one_step_of_undo(desk: Desk) -> None:
    dialog = classes_dialog(desk)
    dialog.table.setCurrentCell(0, 0)
    said: list[str] = []
    rows = desk.bench.page.model.rows

    def merge(box: QDialog) -> None:
        assert isinstance(box, QMessageBox)
        said.append(box.informativeText())
        QTest.mouseClick(box.buttons()[0], Qt.MouseButton.LeftButton)

    def choose(asked: QDialog) -> None:
        answer(QMessageBox, merge)
        asked.accept()

    answer(QInputDialog, choose)
    QTest.mouseClick(dialog.merge_button, Qt.MouseButton.LeftButton)
    assert desk.class_names() == ["otter"]
    assert "until it is trained anew" in said[0]
    desk.bench.wait(lambda: set(desk.bench.page.model.rows.classes.tolist()) == {2})
    assert desk.bench.page.model.rows is not rows
    desk.bench.session.undo()
    assert desk.class_names() == ["heron", "otter"]


def test_a_key_of_ones_own(desk: Desk) -> None:
    dialog = classes_dialog(desk)
    choice = dialog.table.cellWidget(1, 2)
    QTest.keyClick(choice, KEY.Key_1)  # types to the item "1"
    choice.activated.emit(choice.currentIndex())
    desk.bench.wait(lambda: desk.bench.session.pending == 0)
    with desk.bench.project.read() as conn:
        assert keys_by_class(images.list_classes(conn)) == {2: "1", 1: "2"}


def test_keys_chosen_come_first_and_the_others_in_order() -> None:
    classes = [ClassRecord(i, f"c{i}") for i in range(1, 12)]
    assert keys_by_class(classes) == {i: str(i) for i in range(1, 10)}
    classes[10] = ClassRecord(11, "c11", key="2")
    assert class_of_key(classes, "2") == 11
    assert class_of_key(classes, "3") == 2
    assert class_of_key(classes, "9") == 8


def test_labels_are_given_by_keys_and_shown(desk: Desk) -> None:
    desk.bench.press(KEY.Key_L)
    desk.bench.wait(lambda: desk.find(LabelsDialog) is not None)
    dialog = desk.find(LabelsDialog)
    assert dialog is not None
    assert dialog.choice() == [1]
    desk.bench.wait(dialog.list.hasFocus)
    QTest.keyClick(dialog.list, KEY.Key_Down)
    QTest.keyClick(dialog.list, KEY.Key_Space)
    QTest.keyClick(dialog.list, KEY.Key_Return)
    desk.bench.wait(lambda: desk.bench.session.history.undo == "Set label")
    with desk.bench.project.read() as conn:
        assert images.get_image(conn, 1).labels == (1, 2)
    desk.bench.wait(lambda: desk.bench.page.model.rows.entries[0].more_labels == (2,))


def test_labels_of_many_are_one_step(desk: Desk) -> None:
    desk.dialogs.label_images([1, 2])
    desk.bench.wait(lambda: desk.find(LabelsDialog) is not None)
    dialog = desk.find(LabelsDialog)
    assert dialog is not None
    assert dialog.choice() == []  # they share none
    dialog.list.item(1).setCheckState(Qt.CheckState.Checked)
    QTest.keyClick(dialog.list, KEY.Key_Return)
    desk.bench.wait(lambda: desk.bench.session.history.undo == "Set label of 2 images")


def test_a_note_is_written_found_and_undone(desk: Desk) -> None:
    desk.bench.press(KEY.Key_N)
    desk.bench.wait(lambda: desk.find(NoteDialog) is not None)
    dialog = desk.find(NoteDialog)
    assert dialog is not None
    desk.bench.wait(dialog.edit.hasFocus)
    QTest.keyClicks(dialog.edit, "ask Ines: x s")
    QTest.keyClick(dialog.edit, KEY.Key_Return, CONTROL)
    desk.bench.wait(lambda: desk.bench.session.history.undo == "Write note")
    with desk.bench.project.read() as conn:
        assert labels.note_of(conn, 1) == "ask Ines: x s"
    assert desk.bench.state(1) is ReviewState.UNREVIEWED  # keys that type decide nothing
    filters = desk.bench.page.queue.filters
    desk.bench.wait(lambda: desk.bench.page.model.rows.entries[0].has_note)
    filters.notes.setChecked(True)
    assert desk.bench.page.model.rowCount() == 1
    desk.bench.session.undo()
    desk.bench.wait(lambda: not desk.bench.page.model.rows.entries[0].has_note)


def test_a_finding_leads_to_its_image(desk: Desk) -> None:
    tiny = [EditedBox(None, 1, Box(5, 5, 7, 30), AnnotationOrigin.DRAWN)]
    desk.bench.session.replace_boxes(3, tiny, "Draw box")
    dialog = desk.open("review.checks", ChecksDialog)
    desk.bench.wait(lambda: dialog.model.rowCount() > 0)
    shown = [dialog.model.index(row, 0).data() for row in range(dialog.model.rowCount())]
    assert "Tiny box" in shown
    assert f"{len(shown)} things to look at" in dialog.summary.text()
    dialog.table.selectRow(shown.index("Tiny box"))
    QTest.keyClick(dialog.table, KEY.Key_Return)
    desk.bench.wait_shown("heron/002.jpg")
    dialog.table.selectRow(shown.index("Class without boxes"))
    QTest.keyClick(dialog.table, KEY.Key_Return)
    desk.bench.wait_shown("otter/001.jpg")
    assert desk.bench.page.model.rowCount() == 2
    desk.bench.page.queue.clear_filter()
    desk.bench.session.undo()
    QTest.mouseClick(dialog.again_button, Qt.MouseButton.LeftButton)
    desk.bench.wait(lambda: "Nothing looks wrong" in dialog.summary.text())


def test_what_looks_wrong_can_be_listed_in_the_queue(desk: Desk) -> None:
    page, bench = desk.bench.page, desk.bench
    page.queue.filters.faults.setChecked(True)
    bench.wait(lambda: page.model.rowCount() == 0)
    page.queue.filters.faults.setChecked(False)
    assert page.model.rowCount() == 4
    tiny = [EditedBox(None, 1, Box(5, 5, 7, 30), AnnotationOrigin.DRAWN)]
    bench.session.replace_boxes(3, tiny, "Draw box")
    page.queue.filters.faults.setChecked(True)
    bench.wait_shown("heron/002.jpg")
    assert page.model.rowCount() == 1


def test_the_history_goes_back_and_forth_to_any_point(desk: Desk) -> None:
    for key in (KEY.Key_X, KEY.Key_Space, KEY.Key_S):
        desk.bench.press(key)
        desk.bench.wait_saved()
    dialog = desk.open("edit.history", HistoryDialog)
    desk.bench.wait(lambda: dialog.list.count() == 4)
    lines = [dialog.list.item(row).text() for row in range(4)]
    assert [line.split("    ", 1)[-1] for line in lines] == [
        "Skip    otter/001.jpg",
        "Accept    heron/002.jpg",
        "Reject    heron/000.jpg",
        START,
    ]
    dialog.list.setCurrentRow(2)
    QTest.keyClick(dialog.list, KEY.Key_Return)
    desk.bench.wait(lambda: dialog.list.item(0).text().endswith("(undone)    otter/001.jpg"))
    desk.bench.wait(lambda: desk.bench.session.history.redo == "Accept")
    assert desk.bench.state(1) is ReviewState.REJECTED
    dialog.list.setCurrentRow(0)
    QTest.mouseClick(dialog.go_button, Qt.MouseButton.LeftButton)
    desk.bench.wait(lambda: desk.bench.session.history.redo is None)
    dialog.list.setCurrentRow(3)
    QTest.keyClick(dialog.list, KEY.Key_Return)
    desk.bench.wait(lambda: desk.bench.session.history.undo is None)
    with desk.bench.project.read() as conn:
        assert {entry.state for entry in images.queue(conn)} == {ReviewState.UNREVIEWED}
        assert len(review.past(conn)) == 3


def test_what_a_training_does_not_know_is_said() -> None:
    assert drift_text(None) == drift_text(LabelDrift(0, 0)) == ""
    assert "Changed since: 1 image" in drift_text(LabelDrift(1, 0))
    assert "3 images and 1 class" in drift_text(LabelDrift(3, 1))
