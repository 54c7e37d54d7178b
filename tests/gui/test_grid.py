"""The grid by real keys and mouse: selection, bulk acts as one step, there and back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.grid.page import GridPage
from app.grid.room import GridRoom
from app.grid.tiling import Tiling
from app.grid.wall import Wall
from app.models.queue_order import OrderBy
from app.panels.project_page import ProjectPage
from engine.domain.records import QueueEntry, ReviewState
from engine.store import images, review
from tests.gui.review_bench import (
    CONTROL,
    OFFSCREEN,
    PLAIN,
    Bench,
    StallWatch,
    make_project,
    open_bench,
)

pytestmark = OFFSCREEN
SHIFT = Qt.KeyboardModifier.ShiftModifier
KEY = Qt.Key


@dataclass
class Grid:
    """The bench's page with the grid in its place."""

    bench: Bench
    room: GridRoom
    place: ProjectPage

    @property
    def page(self) -> GridPage:
        assert self.room.page is not None
        return self.room.page

    @property
    def wall(self) -> Wall:
        return self.page.wall

    def press(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = PLAIN) -> None:
        self.bench.activate()
        QTest.keyClick(self.wall, key, modifiers)

    def centre(self, row: int) -> QPoint:
        top = self.wall.verticalScrollBar().value()
        return self.wall.tiling().tile(row).center() - QPoint(0, top)

    def click(self, row: int, modifiers: Qt.KeyboardModifier = PLAIN) -> None:
        left = Qt.MouseButton.LeftButton
        QTest.mouseClick(self.wall.viewport(), left, modifiers, self.centre(row))

    @property
    def selected(self) -> set[int]:
        return self.wall.selection.rows

    def states(self) -> list[ReviewState]:
        self.bench.session.flush()
        self.bench.wait(lambda: self.bench.session.pending == 0)
        with self.bench.project.read() as conn:
            return [entry.state for entry in images.queue(conn)]


@pytest.fixture
def grid(qtbot: QtBot, tmp_path: Path) -> Iterator[Grid]:
    """Twelve images, proposed, in the grid."""
    with open_bench(qtbot, make_project(tmp_path, count=12)) as bench:
        bench.wait_shown("heron/000.jpg")
        place = ProjectPage()
        bench.page.setParent(None)
        bench.window.setCentralWidget(place)
        place.set_content(bench.page)
        bench.page.show()
        room = GridRoom(bench.session, bench.page, place, bench.registry)
        QApplication.processEvents()
        bench.page.setFocus()
        bench.wait(bench.canvas.hasFocus)
        bench.press(KEY.Key_G)
        assert room.page is not None
        bench.wait(lambda: room.page is not None and room.page.wall.hasFocus())
        yield Grid(bench, room, place)
        room.end()


A, R, S, U = (
    ReviewState.ACCEPTED,
    ReviewState.REJECTED,
    ReviewState.SKIPPED,
    ReviewState.UNREVIEWED,
)


def test_space_accepts_the_selection_as_one_step_of_undo(grid: Grid) -> None:
    grid.press(KEY.Key_Right, SHIFT)
    grid.press(KEY.Key_Right, SHIFT)
    assert grid.selected == {0, 1, 2}
    grid.press(KEY.Key_Space)
    assert grid.states() == [A] * 3 + [U] * 9
    assert grid.wall.selection.current == 3
    assert grid.selected == set()
    grid.bench.wait(lambda: "3 images accepted" in grid.page.said.text())
    with grid.bench.project.read() as conn:
        assert [r.name for r in review.history(conn)] == ["Accept 3 images"]
    grid.bench.session.undo()
    assert grid.states() == [U] * 12


def test_what_is_decided_is_what_is_selected_else_the_current_one(grid: Grid) -> None:
    grid.press(KEY.Key_X)
    assert grid.states() == [R] + [U] * 11
    grid.press(KEY.Key_S)
    grid.press(KEY.Key_Space)
    assert grid.states() == [R, S, A] + [U] * 9
    grid.press(KEY.Key_A, CONTROL)
    assert grid.selected == set(range(12))
    grid.press(KEY.Key_U)
    assert grid.states() == [U] * 12


def test_a_bulk_accept_keeps_a_persons_boxes(grid: Grid) -> None:
    from engine.domain.geometry import Box
    from engine.domain.records import AnnotationOrigin
    from engine.store.review import EditedBox

    drawn = [EditedBox(None, 1, Box(1, 2, 30, 40), AnnotationOrigin.DRAWN)]
    grid.bench.session.replace_boxes(1, drawn, "Draw box")
    grid.press(KEY.Key_A, CONTROL)
    grid.press(KEY.Key_Space)
    grid.states()
    assert [a.box for a in grid.bench.stored(1)] == [Box(1, 2, 30, 40)]
    grid.bench.wait(lambda: "11 images accepted, 1 left" in grid.page.said.text())
    grid.press(KEY.Key_A, CONTROL)
    grid.press(KEY.Key_Space)
    grid.bench.wait(lambda: "Nothing to do" in grid.page.said.text())


def test_the_mouse_selects_as_in_every_list_of_files(grid: Grid) -> None:
    grid.click(2)
    assert grid.selected == {2}
    grid.click(5, SHIFT)
    assert grid.selected == {2, 3, 4, 5}
    grid.click(3, CONTROL)
    grid.click(8, CONTROL)
    assert grid.selected == {2, 4, 5, 8}
    grid.click(0)
    assert grid.selected == {0}


def test_a_rubber_band_takes_what_it_touches(grid: Grid) -> None:
    tiling, viewport = grid.wall.tiling(), grid.wall.viewport()
    start, end = QPoint(3, 3), tiling.tile(tiling.columns + 1).center()
    QTest.mousePress(viewport, Qt.MouseButton.LeftButton, PLAIN, start)
    for part in (0.3, 0.7, 1.0):
        QTest.mouseMove(viewport, start + (end - start) * part)
    QTest.mouseRelease(viewport, Qt.MouseButton.LeftButton, PLAIN, end)
    assert grid.selected == {0, 1, tiling.columns, tiling.columns + 1}


def test_enter_opens_one_and_esc_comes_back_to_the_same_place(grid: Grid) -> None:
    grid.bench.window.resize(900, 420)
    grid.page.tile_size.setValue(300)
    QApplication.processEvents()
    grid.press(KEY.Key_End)
    grid.press(KEY.Key_Left)
    at, scroll = grid.wall.selection.current, grid.wall.verticalScrollBar().value()
    assert scroll > 0
    grid.press(KEY.Key_Return)
    path = grid.bench.page.model.entry(at).path
    grid.bench.wait_shown(path)
    assert grid.bench.page.isVisible()
    grid.bench.press(KEY.Key_X)
    grid.bench.press(KEY.Key_Escape)
    assert not grid.bench.page.isVisible()
    grid.bench.wait(grid.wall.hasFocus)
    assert grid.wall.selection.current == at
    assert grid.wall.verticalScrollBar().value() == scroll
    assert grid.states()[at] is R


def test_esc_in_the_review_first_ends_what_is_begun_there(grid: Grid) -> None:
    grid.press(KEY.Key_Return)
    grid.bench.wait_shown("heron/000.jpg")
    grid.bench.press(KEY.Key_Tab)
    assert grid.bench.canvas.boxes.selected
    grid.bench.press(KEY.Key_Escape)
    assert grid.bench.page.isVisible()
    grid.bench.press(KEY.Key_Escape)
    assert grid.wall.isVisible()


def test_the_grid_has_the_queues_order_and_filter_and_the_other_way_round(grid: Grid) -> None:
    order = grid.page.filters.order
    order.setCurrentIndex(order.findData(OrderBy.NAME))
    assert grid.bench.page.queue.filters.order.currentData() == OrderBy.NAME
    grid.page.filters.search.setFocus()
    QTest.keyClicks(grid.page.filters.search, "otter x s")
    grid.bench.wait(lambda: grid.bench.page.model.rowCount() == 0)
    assert grid.states() == [U] * 12  # keys that type decide nothing
    grid.page.filters.search.setText("otter")
    grid.bench.wait(lambda: grid.bench.page.model.rowCount() == 6)
    assert grid.bench.page.queue.search.text() == "otter"
    assert grid.wall.tiling().count == 6


def test_tiles_show_pictures_and_boxes(grid: Grid) -> None:
    grid.bench.wait(lambda: grid.page.boxes.of(1) is not None)
    tile = grid.wall.tiling().tile(0)

    def colours() -> set[str]:
        shown = grid.wall.viewport().grab().toImage()
        return {
            shown.pixelColor(tile.left() + x, tile.top() + y).name()
            for x in range(10, tile.width() - 10, 5)
            for y in range(40, tile.width() - 40, 5)
        }

    grid.bench.wait(lambda: len(colours()) > 50)  # noise of a picture, not an empty place
    whole = grid.wall.viewport().grab().toImage()
    grid.press(KEY.Key_C)
    assert grid.bench.registry.action("grid.crops").isChecked()
    grid.bench.qtbot.wait(50)
    assert grid.wall.viewport().grab().toImage() != whole


def test_tiles_and_points_fit(qtbot: QtBot) -> None:
    tiling = Tiling(count=100_000, width=900, side=168)
    for at in (0, 4, 5, 99_999):
        assert tiling.at(tiling.tile(at).center()) == at
        assert tiling.tile(at).right() < 900
    assert tiling.at(QPoint(2, 2)) is None
    assert list(tiling.between(0, 10)) == list(range(tiling.columns))
    assert tiling.tile(99_999).bottom() < tiling.height
    assert Tiling(0, 900, 168).at(QPoint(50, 50)) is None
    assert Tiling(3, 20, 168).columns == 1


def test_100000_tiles_scroll_without_a_stall(grid: Grid) -> None:
    from app.models.queue_rows import QueueRows

    entries = [QueueEntry(i, f"a/{i:06}.jpg", 10, 10, 1, U, 0.5, "gone") for i in range(100_000)]
    grid.bench.page.model.set_rows(QueueRows(entries))
    bar = grid.wall.verticalScrollBar()
    with StallWatch() as watch:
        for step in (1000, 50_000, bar.maximum(), 0):
            bar.setValue(step)
            grid.bench.qtbot.wait(20)
        grid.press(KEY.Key_End)
        grid.press(KEY.Key_A, CONTROL)
        grid.bench.qtbot.wait(20)
    watch.check()
    assert grid.wall.selection.current == 99_999
