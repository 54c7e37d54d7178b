"""The why view in the whole window, with a trained network and the real inspection process."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.why.compare_tab import CompareTab
from app.why.drop_tab import DropTab, What
from app.why.inspector import INSPECTOR_COMMAND, Inspector
from app.why.maps_tab import BORROWED
from app.why.model import MarkKind
from app.why.page import COMPARE, DROP, MAPS
from app.why.plots import ChannelPanel
from app.why.trouble_line import RESTARTED, RESTARTING
from engine.domain.records import AnnotationOrigin, ReviewState
from engine.imaging.writing import write_png
from engine.jobs.events import Failed
from engine.jobs.inspection import ImageInspected, InspectImage, Refused, encode
from engine.jobs.reporter import silent_reporter
from engine.jobs.requests import IndexRequest
from engine.store import images, runs
from engine.store.project import Project
from engine.workflows import index
from tests.gui.review_bench import make_project
from tests.gui.why_bench import PATIENCE_MS, open_why, trained, trained_once

__all__ = ["trained", "trained_once"]

pytestmark = pytest.mark.timeout(280)
PLAIN = Qt.KeyboardModifier.NoModifier
CONTROL = Qt.KeyboardModifier.ControlModifier


def test_every_map_of_the_image_and_the_way_back(qtbot: QtBot, trained: Path) -> None:
    with open_why(qtbot, trained) as bench:
        view = bench.desk.view
        assert view is not None
        assert view.run_id == 3
        sheet = bench.page.tab.place.sheet
        headings = [row.heading for row in sheet.rows]
        assert headings == ["Class maps", *(point.name for point in view.points)]
        assert len(view.points) >= 2
        titles = [panel.title for panel in sheet.rows[1].panels]
        assert titles[:2] == ["Self-attention  A", "Importance  I"]
        assert isinstance(sheet.rows[1].panels[-1], ChannelPanel)
        mask = bench.panel("Drop mask", 1).layer
        assert mask is not None
        assert mask.values.shape == view.points[0].attention.shape
        assert set(mask.values.ravel()) <= {0.0, 1.0}
        assert any(mark.kind is MarkKind.PREDICTED for mark in bench.desk.marks)


def test_the_next_image_another_run_and_the_way_back(qtbot: QtBot, trained: Path) -> None:
    with open_why(qtbot, trained) as bench:
        first = bench.desk.image
        bench.press(Qt.Key.Key_D, PLAIN)
        bench.wait(lambda: bench.desk.image is not first and bench.desk.view is not None)
        bench.wait_answered()
        assert "Spread of the heat" in bench.page.side.measured
        # another run: trained plainly, so its masks are borrowed, and said to be
        bench.page.run.setCurrentIndex(bench.page.run.findData(2))
        bench.page.run.activated.emit(bench.page.run.currentIndex())
        bench.wait(lambda: bench.desk.view is not None and bench.desk.view.run_id == 2)
        tab = bench.page.tabs[MAPS]
        assert getattr(tab, "note").text() == BORROWED  # noqa: B009
        bench.press(Qt.Key.Key_Escape, PLAIN)
        assert not bench.room.shown
        review = bench.window.review_page
        assert review is not None
        assert review.isVisible()
        assert review.desk.image_id == bench.desk.image.id  # type: ignore[union-attr]


def test_the_slider_moves_the_box_within_a_frame(qtbot: QtBot, trained: Path) -> None:
    with open_why(qtbot, trained) as bench:
        bench.wait_answered()
        slider = bench.page.side.threshold
        boxes, spent = set(), []
        for value in [*range(5, 95), *range(95, 5, -1)]:
            began = psutil.Process().cpu_times().user
            slider.setValue(value)
            spent.append(psutil.Process().cpu_times().user - began)
            assert bench.desk.box is not None
            boxes.add(bench.desk.box.box)
        assert len(boxes) > 3
        assert sorted(spent)[int(0.95 * len(spent))] <= 0.016
        before = slider.value()
        bench.press(Qt.Key.Key_BracketRight, PLAIN)
        assert slider.value() > before


def test_runs_beside_each_other(qtbot: QtBot, trained: Path) -> None:
    with open_why(qtbot, trained) as bench:
        bench.press(Qt.Key.Key_2, PLAIN)
        tab = bench.page.tabs[COMPARE]
        assert isinstance(tab, CompareTab)
        assert tab.run_ids == (1, 2)
        bench.wait(lambda: len(tab.place.sheet.rows) == 2 and not tab.place.waits)
        assert [row.heading for row in tab.place.sheet.rows] == ["DGDM, run 1", "CAM, run 2"]
        assert [p.title for p in tab.place.sheet.rows[1].panels] == [
            "Input", "Heatmap", "Overlap", "Difference",
            "Self-attention  A", "Drop mask DGDM would draw",
        ]  # fmt: skip
        change = bench.panel("Difference", 1).layer
        one, other = bench.panel("Heatmap", 0).layer, bench.panel("Heatmap", 1).layer
        assert change is not None
        assert one is not None
        assert other is not None
        assert change.values == pytest.approx(other.values - one.values)
        path = trained.parent / "view.svg"
        with qtbot.waitSignal(bench.room.saved, timeout=PATIENCE_MS):
            bench.room.save(path)
        assert "CAM, run 2" in path.read_text(encoding="utf-8")
        # one of the runs loses its checkpoint: the other is still shown, and the reason
        with Project.open(trained) as project, project.read() as connection:
            folder = runs.get_run(connection, 2).folder
        assert folder is not None
        shutil.rmtree(trained / folder)
        bench.press(Qt.Key.Key_D, PLAIN)
        bench.wait(lambda: [p.title for p in tab.place.sheet.rows[-1].panels][-1:] == ["No map"])
        assert len(tab.place.sheet.rows) == 2
        assert bench.panel("Heatmap", 0).layer is not None


def test_the_masks_of_runs_beside_each_other(qtbot: QtBot, trained: Path) -> None:
    with open_why(qtbot, trained) as bench:
        bench.press(Qt.Key.Key_2, PLAIN)
        tab = bench.page.tabs[COMPARE]
        assert isinstance(tab, CompareTab)
        bench.wait(lambda: len(tab.place.sheet.rows) == 2 and not tab.place.waits)
        names = [tab.point.itemData(at) for at in range(tab.point.count())]
        assert bench.desk.view is not None
        assert names == [point.name for point in bench.desk.view.points]
        assert tab.point.currentData() == names[-1]
        mask = bench.panel("Drop mask", 0).layer
        assert mask is not None
        assert bench.desk.view.points[-1].drop_mask is not None
        assert (mask.values == bench.desk.view.points[-1].drop_mask).all()
        assert [tab.reference.itemData(at) for at in range(tab.reference.count())] == [2, 1]
        old = tab.place.sheet.rows
        bench.press(Qt.Key.Key_N, PLAIN)  # drawn with another seed, in every run
        bench.wait(lambda: tab.place.sheet.rows is not old and len(tab.place.sheet.rows) == 2)


def test_dropping_and_taking_another_box(qtbot: QtBot, trained: Path) -> None:
    with open_why(qtbot, trained) as bench:
        bench.press(Qt.Key.Key_3, PLAIN)
        tab = bench.page.tabs[DROP]
        assert isinstance(tab, DropTab)
        bench.wait(lambda: tab.answer is not None)
        bench.wait_answered()
        assert [row.heading for row in tab.place.sheet.rows] == ["As it is", "Without it"]
        for what in (What.INSIDE, What.OUTSIDE):
            old = tab.answer
            tab.choose(what)
            bench.wait(lambda old=old: tab.answer is not None and tab.answer is not old)
        hidden = bench.panel("What is taken away", 1).layer
        assert hidden is not None
        assert 0 < hidden.values.mean() < 1


def test_a_block_under_the_mouse(qtbot: QtBot, trained: Path) -> None:
    with open_why(qtbot, trained) as bench:
        bench.page.show_tab(DROP)
        tab = bench.page.drop_tab
        tab.choose(What.BLOCK)
        bench.wait(lambda: tab.place.sheet.drawing and bool(tab.place.sheet.rows))
        panel = bench.panel("Image", 0)
        start, end = bench.point_at(panel, 0.2, 0.2), bench.point_at(panel, 0.6, 0.7)
        old = tab.answer
        QTest.mousePress(tab.place.sheet, Qt.MouseButton.LeftButton, PLAIN, start)
        QTest.mouseMove(tab.place.sheet, (start + end) / 2)
        QTest.mouseMove(tab.place.sheet, end)
        QTest.mouseRelease(tab.place.sheet, Qt.MouseButton.LeftButton, PLAIN, end)
        bench.wait(lambda: tab.answer is not None and tab.answer is not old)
        layer = bench.panel("What is taken away", 1).layer
        assert layer is not None
        assert layer.values.mean() == pytest.approx(0.2, abs=0.05)


def test_another_box_becomes_the_images_and_undo_takes_it_back(qtbot: QtBot, trained: Path) -> None:
    with open_why(qtbot, trained) as bench:
        bench.page.show_tab(DROP)
        tab = bench.page.drop_tab
        bench.wait(lambda: tab.answer is not None)
        bench.wait_answered()
        if tab.others.count:
            bench.press(Qt.Key.Key_B, PLAIN)
            assert tab.others.box is not None
        image = bench.desk.image
        assert image is not None
        bench.press(Qt.Key.Key_Return, PLAIN)
        session = bench.window.desk.session
        assert session is not None
        bench.wait(lambda: session.pending == 0 and bool(bench.stored(image.id)))
        taken = bench.stored(image.id)
        assert [a.origin for a in taken] == [AnnotationOrigin.CORRECTED]
        bench.wait(lambda: any(m.kind is MarkKind.PERSON for m in bench.desk.marks))
        for title in ("Image", "Other boxes"):  # that it was taken is seen at once
            assert any(m.kind is MarkKind.PERSON for m in bench.panel(title, 0).marks)
        bench.press(Qt.Key.Key_Z, CONTROL)
        bench.wait(lambda: session.pending == 0 and not bench.stored(image.id))
        with session.project.read() as connection:
            state = images.queue_entries(connection, [image.id])[0].state
        assert state is ReviewState.UNREVIEWED


def test_the_inspector_is_killed_and_started_again(qtbot: QtBot, trained: Path) -> None:
    with open_why(qtbot, trained) as bench:
        bench.wait_answered()
        trouble = bench.page.trouble
        old, view = bench.room.inspector.process_id, bench.desk.view
        os.kill(old, signal.SIGKILL)
        bench.wait(trouble.isVisible)
        assert "killed from outside" in trouble.text.text()
        assert trouble.hint.text() == RESTARTING
        bench.wait(lambda: bench.desk.view is not view and trouble.hint.text() == RESTARTED)
        second = bench.room.inspector.process_id
        assert second not in (0, old)
        bench.press(Qt.Key.Key_D, PLAIN)
        bench.wait(lambda: not trouble.isVisible())
        bench.wait_answered()
        assert "Spread of the heat" in bench.page.side.measured


def test_an_inspector_that_dies_at_once_is_not_started_for_ever(
    qtbot: QtBot, trained: Path
) -> None:
    with open_why(qtbot, trained) as bench:
        bench.wait_answered()
        inspector, trouble = bench.room.inspector, bench.page.trouble
        inspector._command = (sys.executable, "-c", "raise SystemExit(3)")
        os.kill(inspector.process_id, signal.SIGKILL)
        bench.wait(trouble.button.isVisible)
        assert "exit code 3" in trouble.text.text()
        assert not inspector.running
        inspector._command = INSPECTOR_COMMAND
        QTest.mouseClick(trouble.button, Qt.MouseButton.LeftButton)
        bench.wait(lambda: trouble.hint.text() == RESTARTED)


def test_an_image_that_is_gone_is_told_in_place_of_the_maps(qtbot: QtBot, trained: Path) -> None:
    with open_why(qtbot, trained) as bench:
        bench.wait_answered()
        review = bench.window.review_page
        assert review is not None
        last = review.model.entry(review.model.rowCount() - 1)
        with Project.open(trained) as project:
            project.absolute(last.path).rename(project.absolute(last.path).with_suffix(".gone"))
        try:
            review.flow.open(last.image_id)
            bench.wait(lambda: bool(bench.page.tab.place.message))
        finally:
            with Project.open(trained) as project:
                there = project.absolute(last.path)
                there.with_suffix(".gone").rename(there)
        assert last.path.rpartition("/")[2] in bench.page.tab.place.message
        assert bench.desk.view is None


def test_what_is_wrong_stands_in_place_of_the_maps_and_the_next_image_works(
    qtbot: QtBot, trained: Path, tmp_path: Path
) -> None:
    pictures = shutil.copytree(trained.parent / "pictures", tmp_path / "pictures")
    write_png(pictures / "thin.png", np.zeros((40, 1, 3), np.uint8))
    with Project.open(trained) as project:
        project.relocate(pictures)
    index.run(IndexRequest(str(trained), str(pictures)), silent_reporter())
    with open_why(qtbot, trained) as bench:
        bench.wait_answered()
        entries = bench.entries()
        thin = next(path for path in entries if path.endswith("thin.png"))
        good, changed, *_, other = (path for path in entries if path != thin)
        Image.new("RGB", (64, 48)).save(pictures / changed)
        checkpoints = tmp_path / "checkpoints"

        def told(path: str) -> str:
            bench.look_into(entries[path])
            bench.wait(lambda: bench.desk.view is not None or bool(bench.page.tab.place.message))
            return bench.page.tab.place.message

        assert "has changed" in told(changed)
        assert told(good) == ""
        assert "1 x 40 pixels" in told(thin)
        shutil.move(trained / "runs" / "0001", checkpoints)
        assert "There is no checkpoint" in told(good)
        shutil.copytree(checkpoints, trained / "runs" / "0001", copy_function=shutil.copy)
        for described in (trained / "runs" / "0001").glob("epoch-*.json"):
            described.write_text(described.read_text().replace('"compact"', '"squeezenet1_1"'))
        assert "squeezenet1_1" in told(other)
        shutil.rmtree(trained / "runs" / "0001")
        shutil.copytree(checkpoints, trained / "runs" / "0001")
        assert told(good) == ""


def test_without_a_training_it_says_what_to_do(qtbot: QtBot, tmp_path: Path) -> None:
    with make_project(tmp_path, proposed=False) as made:
        folder = made.folder
    with open_why(qtbot, folder, ask=False) as bench:
        bench.wait(lambda: "No network has been trained yet" in bench.page.tab.place.message)
        bench.press(Qt.Key.Key_I, PLAIN)
        assert not bench.room.shown


def test_only_the_newest_question_is_answered(qtbot: QtBot, trained: Path) -> None:
    inspector = Inspector()
    inspector.serve(trained)
    got: list[ImageInspected] = []
    failed: list[Failed] = []
    for image_id in (1, 2, 3):
        inspector.ask(
            lambda id_, image_id=image_id: InspectImage(id=id_, run_id=1, image_id=image_id),
            got.append,
            failed.append,
        )
    qtbot.waitUntil(lambda: bool(got or failed), timeout=PATIENCE_MS)
    assert [answer.image_id for answer in got] == [3]
    assert inspector.ready
    inspector.ask(
        lambda id_: InspectImage(id=id_, run_id=77, image_id=1), got.append, failed.append
    )
    qtbot.waitUntil(lambda: bool(failed), timeout=PATIENCE_MS)
    assert "77" in failed[0].message
    inspector.ask(lambda id_: InspectImage(id=id_, run_id=1, image_id=1), got.append, failed.append)
    inspector.forget()
    pid = inspector.process_id
    inspector.shut_down()
    assert not psutil.pid_exists(pid)
    assert len(got) == 1


def test_a_process_that_cannot_start_fails_what_was_asked(qtbot: QtBot, tmp_path: Path) -> None:
    inspector = Inspector(command=(str(tmp_path / "no-such-program"),))
    inspector.serve(tmp_path)
    failed: list[Failed] = []
    inspector.ask(lambda id_: InspectImage(id=id_, run_id=1, image_id=1), print, failed.append)
    qtbot.waitUntil(lambda: bool(failed), timeout=10_000)
    assert "could not be started" in failed[0].message
    assert not inspector.running


def test_the_last_word_of_the_process_is_told(qtbot: QtBot, tmp_path: Path) -> None:
    word = encode(Refused(id=0, failure=Failed("project", "This is no project.")))
    program = f"import sys; sys.stdout.buffer.write({word!r}); sys.exit(1)"
    inspector = Inspector(command=(sys.executable, "-c", program))
    inspector.serve(tmp_path)
    failed: list[Failed] = []
    inspector.ask(lambda id_: InspectImage(id=id_, run_id=1, image_id=1), print, failed.append)
    qtbot.waitUntil(lambda: bool(failed), timeout=10_000)
    assert failed[0].message == "This is no project."


def test_a_process_that_will_not_end_is_killed(qtbot: QtBot, tmp_path: Path) -> None:
    stubborn = "import time\nwhile True: time.sleep(1)"
    inspector = Inspector(command=(sys.executable, "-c", stubborn))
    inspector.serve(tmp_path)
    inspector.warm_up()
    qtbot.waitUntil(lambda: inspector.process_id > 0, timeout=10_000)
    pid = inspector.process_id
    inspector.shut_down(wait_ms=200)
    assert not psutil.pid_exists(pid)
