"""The queue panel by real clicks and keys, and its pace at 100,000 images."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.image_loader import ImageFile, ImageLoader
from app.models.queue_model import QueueModel
from app.models.queue_rows import QueueRows
from app.panels.queue_panel import QueuePanel
from engine.domain.records import QueueEntry, ReviewState
from engine.store import images
from engine.store.project import Project
from tests.gui.review_bench import OFFSCREEN, Bench, bench

__all__ = ["bench"]  # a fixture
pytestmark = OFFSCREEN


def test_a_click_shows_the_image(bench: Bench) -> None:
    view = bench.page.queue.view
    row = view.visualRect(bench.page.model.index(2))
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=row.center())
    bench.wait_shown("otter/001.jpg")
    assert view.currentIndex().row() == 2


def test_the_current_row_follows_the_keys(bench: Bench) -> None:
    bench.press(Qt.Key.Key_D)
    bench.wait_shown("heron/002.jpg")
    assert bench.page.queue.view.currentIndex().row() == 1


def test_going_on_paints_the_two_rows_that_change(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, loader = bench.page.model, bench.page.loader
    bench.wait(lambda: not loader.waiting)
    bench.qtbot.wait(50)
    painted: list[int | None] = []
    look = loader.thumbnail

    def watched(file: ImageFile) -> QImage | None:
        painted.append(model.row_of(file.image_id))
        return look(file)

    monkeypatch.setattr(loader, "thumbnail", watched)
    bench.page.queue.show_current(2)
    QApplication.processEvents()
    assert sorted(painted) == [0, 2]
    painted.clear()
    bench.page.queue.show_current(None)
    QApplication.processEvents()
    assert painted == [2]
    assert not bench.page.queue.view.selectionModel().hasSelection()


def test_the_state_mark_changes_once_the_act_is_on_disk(bench: Bench) -> None:
    first = bench.image_id
    bench.press(Qt.Key.Key_X)
    bench.wait(lambda: bench.page.model.entry(0).state is ReviewState.REJECTED)
    assert bench.state(first) is ReviewState.REJECTED
    index = bench.page.model.index(0)
    assert "Rejected" in index.data(Qt.ItemDataRole.AccessibleTextRole)


def test_the_keys_of_the_review_work_from_the_list_too(bench: Bench) -> None:
    view = bench.page.queue.view
    view.setFocus()
    first = bench.image_id
    QTest.keyClick(view, Qt.Key.Key_X)
    bench.wait_shown("heron/002.jpg")
    bench.wait_saved()
    assert bench.state(first) is ReviewState.REJECTED


def test_typing_a_search_types_and_does_not_decide(bench: Bench) -> None:
    field = bench.page.queue.search
    field.setFocus()
    QTest.keyClicks(field, "sax 3")
    assert field.text() == "sax 3"
    bench.wait(lambda: bench.page.model.rowCount() == 0)
    assert "No image matches" in bench.page.stage.message
    field.clear()
    QTest.keyClicks(field, "003")
    bench.wait_shown("otter/003.jpg")
    QTest.keyClick(field, Qt.Key.Key_Return)
    with bench.project.read() as conn:
        assert {e.state for e in images.queue(conn)} == {ReviewState.UNREVIEWED}


def test_filtering_by_state_keeps_the_image_if_it_is_listed(bench: Bench) -> None:
    bench.press(Qt.Key.Key_X)
    bench.wait_shown("heron/002.jpg")
    bench.wait_saved()
    choice = bench.page.queue.state_choice
    choice.setCurrentIndex(choice.findData(ReviewState.UNREVIEWED.value))
    bench.wait(lambda: bench.page.model.rowCount() == 3)
    assert bench.path == "heron/002.jpg"
    choice.setCurrentIndex(choice.findData(ReviewState.REJECTED.value))
    bench.wait_shown("heron/000.jpg")


def test_thumbnails_come(bench: Bench) -> None:
    view = bench.page.queue.view
    picture = view.visualRect(bench.page.model.index(0))

    def colours() -> set[str]:
        image = view.viewport().grab().toImage()
        return {
            image.pixelColor(picture.left() + 14 + x, picture.top() + 12 + y).name()
            for x in range(0, 50, 7)
            for y in range(0, 40, 7)
        }

    bench.wait(lambda: len(colours()) > 10)  # noise, not the plain colour of an empty place


def test_100000_rows_scroll_and_filter_without_a_stall(qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    states = tuple(ReviewState)
    entries = [
        QueueEntry(i, f"a/{i:06}.jpg", 10, 10, i % 40, states[i % 5], 0.5, "gone")
        for i in range(100_000)
    ]
    with Project.create(tmp_path / "project", tmp_path / "images") as project:
        model, loader = QueueModel(), ImageLoader(project)
        panel = QueuePanel(model, loader)
        qtbot.addWidget(panel)
        panel.resize(280, 700)
        panel.show()
        QApplication.processEvents()
        rows = QueueRows(entries)
        took = {"set": _time(qtbot, panel, lambda: model.set_rows(rows))}
        bar = panel.view.verticalScrollBar()
        for step in (1000, 500_000, 6_000_000):
            took[f"scroll {step}"] = _time(qtbot, panel, lambda step=step: bar.setValue(step))
        took["end"] = _time(qtbot, panel, lambda: panel.show_current(99_999))
        loader.close()
    assert bar.maximum() > 6_000_000
    assert max(took.values()) < 0.1, took


def _time(qtbot: QtBot, panel: QueuePanel, work: Callable[[], object]) -> float:
    """Seconds that this thread worked on it and its painting."""
    began = time.thread_time()
    work()
    QApplication.processEvents()
    panel.view.viewport().repaint()
    return time.thread_time() - began
