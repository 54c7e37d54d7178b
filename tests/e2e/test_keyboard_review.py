"""Fifty images reviewed in the whole window by the keyboard alone, as the focus has it."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from app.panels.review_page import ReviewPage
from app.settings import AppSettings
from engine.domain.records import AnnotationOrigin, ReviewState
from engine.store import annotations, images
from engine.store.project import Project
from tests.gui.review_bench import CONTROL, PLAIN, make_project

COUNT = 50
KEY = Qt.Key
SHIFT = Qt.KeyboardModifier.ShiftModifier
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


class Hands:
    """Press keys where the focus is; nothing else is touched."""

    def __init__(self, qtbot: QtBot, window: MainWindow) -> None:
        self._qtbot, self._window = qtbot, window

    @property
    def page(self) -> ReviewPage:
        assert self._window.review_page is not None
        return self._window.review_page

    def press(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = PLAIN) -> None:
        focused = QApplication.focusWidget()
        assert focused is not None, "nothing has the focus: the keyboard is of no use"
        QTest.keyClick(focused, key, modifiers)

    def wait(self, until: Callable[[], bool]) -> None:
        self._qtbot.waitUntil(until, timeout=20_000)

    def wait_next(self, image_id: int | None) -> None:
        self.wait(lambda: self.page.flow.seen and self.page.desk.image_id != image_id)


@pytest.fixture
def hands(qtbot: QtBot, tmp_path: Path) -> Iterator[Hands]:
    with make_project(tmp_path, COUNT) as project:
        folder = project.folder
    window = MainWindow(AppSettings(tmp_path / "window.ini"))
    window.show()
    with qtbot.waitActive(window, timeout=10_000):
        window.activateWindow()
    window.open_project(folder)
    made = Hands(qtbot, window)
    made.wait(lambda: window.review_page is not None and made.page.flow.seen)
    yield made
    window.close()
    window.deleteLater()


def test_fifty_images_by_keyboard_alone(hands: Hands) -> None:
    plan = [decide(hands, number) for number in range(COUNT - 1)]
    hands.press(KEY.Key_X)  # the last one
    plan.append(ReviewState.REJECTED)
    session = hands._window.desk.session
    assert session is not None
    hands.wait(lambda: session.pending == 0)
    folder = session.project.folder
    hands.press(KEY.Key_Z, CONTROL)
    hands.wait(lambda: session.history.redo == "Reject")
    hands.press(KEY.Key_Y, CONTROL)
    hands.wait(lambda: session.history.redo is None)
    assert hands.page.model.rows.progress()[1] == COUNT
    with Project.open(folder) as project, project.read() as conn:
        entries = images.queue(conn)
        own = annotations.annotations_of(conn, [entry.image_id for entry in entries])
    assert [entry.state for entry in entries] == plan
    for entry in entries:
        origins = {a.origin for a in own[entry.image_id]}
        wanted = {
            ReviewState.ACCEPTED: {AnnotationOrigin.ACCEPTED},
            ReviewState.CORRECTED: {AnnotationOrigin.CORRECTED},
        }.get(entry.state, set())
        drawn = {AnnotationOrigin.DRAWN, AnnotationOrigin.ACCEPTED}
        assert origins in (wanted, drawn if wanted else wanted), entry
    assert sum(len(rows) > 1 for rows in own.values()) == 7  # where a second box was drawn
    assert Counter(plan)[ReviewState.CORRECTED] == 14
    assert "s per box" in hands._window.status_line.progress.text()


def decide(hands: Hands, number: int) -> ReviewState:
    """One image; which way depends on its number."""
    image_id = hands.page.desk.image_id
    way = {2: draw, 3: correct, 4: slip_and_accept, 5: reject, 6: skip}.get(number % 7, accept)
    state = way(hands)
    hands.wait_next(image_id)
    return state


def accept(hands: Hands) -> ReviewState:
    hands.press(KEY.Key_Space)
    return ReviewState.ACCEPTED


def reject(hands: Hands) -> ReviewState:
    hands.press(KEY.Key_X)
    return ReviewState.REJECTED


def skip(hands: Hands) -> ReviewState:
    hands.press(KEY.Key_S)
    return ReviewState.SKIPPED


def correct(hands: Hands) -> ReviewState:
    hands.press(KEY.Key_Tab)
    for _ in range(3):
        hands.press(KEY.Key_Right)
    hands.press(KEY.Key_Down, SHIFT)
    hands.press(KEY.Key_Space)  # decided by the edit: goes on
    return ReviewState.CORRECTED


def draw(hands: Hands) -> ReviewState:
    """A second box, of another class, put into its place."""
    hands.press(KEY.Key_W)
    hands.press(KEY.Key_Return)
    hands.press(KEY.Key_Left, CONTROL | SHIFT)
    hands.press(KEY.Key_Up, CONTROL)
    hands.press(KEY.Key_2)
    hands.press(KEY.Key_Space)
    return ReviewState.CORRECTED


def slip_and_accept(hands: Hands) -> ReviewState:
    """Rejected by a slip of the finger, taken back, accepted."""
    page, image_id = hands.page, hands.page.desk.image_id
    hands.press(KEY.Key_X)
    hands.wait_next(image_id)
    hands.press(KEY.Key_Z, CONTROL)
    hands.wait(lambda: page.flow.seen and page.desk.image_id == image_id)
    hands.wait(lambda: bool(page.desk.shapes) and not page.desk.decided)
    return accept(hands)
