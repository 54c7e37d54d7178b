"""Everything by keyboard alone, and everything named for who hears the window."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractScrollArea,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QLineEdit,
    QMainWindow,
    QMenuBar,
    QScrollArea,
    QStackedWidget,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from app.panels.reach import go_to_part
from tests.gui.review_bench import OFFSCREEN
from tests.gui.whole_window import Shown, activate, dialogs, open_window, pages
from tests.gui.why_bench import open_why, trained, trained_once

__all__ = ["trained", "trained_once"]

pytestmark = [OFFSCREEN, pytest.mark.timeout(280)]
KEY = Qt.Key
PLAIN = Qt.KeyboardModifier.NoModifier
_MOST_TABS = 120


def controls(root: QWidget) -> list[QWidget]:
    """What Tab has to reach: no inner parts of a control, and nothing that only scrolls."""
    found = [w for w in root.findChildren(QWidget) if _can_take_focus(w, root)]
    return [w for w in found if not isinstance(w, QScrollArea | QMenuBar | QStackedWidget)]


def _can_take_focus(widget: QWidget, root: QWidget) -> bool:
    if not widget.focusPolicy() & Qt.FocusPolicy.TabFocus or widget.focusProxy() is not None:
        return False
    inner = isinstance(widget.parent(), QAbstractSpinBox | QComboBox | QAbstractScrollArea)
    scrolls = isinstance(widget.parent(), QScrollArea)
    return (widget.isVisible() and widget.isEnabled() and widget.window() is root.window()) and (
        not inner or scrolls
    )


def name_of(widget: QWidget) -> str:
    """What a screen reader says: an own name, the text, or that of the label beside it."""
    spoken = QAccessible.queryAccessibleInterface(widget)
    return str(spoken.text(QAccessible.Text.Name)) if spoken is not None else ""


def nameless(root: QWidget) -> list[str]:
    return [f"{type(w).__name__} {w.objectName()}" for w in controls(root) if not name_of(w)]


def test_every_control_has_a_name(qtbot: QtBot, tmp_path: Path) -> None:
    wrong: dict[str, list[str]] = {}
    with open_window(qtbot, tmp_path) as window:
        for each in chain(dialogs(window, qtbot), pages(window, qtbot)):
            if found := nameless(each.widget):
                wrong[each.name] = found
    assert wrong == {}


def reached(root: QWidget) -> set[QWidget]:
    """Where Tab leads to, all around."""
    found: set[QWidget] = set()
    for _ in range(_MOST_TABS):
        now = QApplication.focusWidget()
        assert now is not None
        QTest.keyClick(now, KEY.Key_Tab)
        now = QApplication.focusWidget()
        if now is None or now in found:
            break
        found.add(now)
    return found | {w for w in found if w is not None}


def _out_of_reach(each: Shown, qtbot: QtBot) -> list[str]:
    root = each.widget
    activate(root, qtbot)
    wanted = controls(root)
    if not wanted:
        return []
    wanted[0].setFocus(Qt.FocusReason.TabFocusReason)
    came = reached(root) | {wanted[0]}
    came |= {proxy for w in came if (proxy := w.focusProxy()) is not None}
    return [
        f"{type(w).__name__} {name_of(w)}" for w in wanted if w not in came and not _within(w, came)
    ]


def _within(widget: QWidget, found: set[QWidget]) -> bool:
    """A spin box is reached when its line is, an exclusive group when one of it is."""
    if any(w.parent() is widget for w in found if isinstance(w, QLineEdit)):
        return True
    group = getattr(widget, "group", None)
    if callable(group) and group() is not None and group().exclusive():
        return any(button in found for button in group().buttons())
    exclusive = getattr(widget, "autoExclusive", None)
    if callable(exclusive) and exclusive():
        return any(type(w) is type(widget) and w.parent() is widget.parent() for w in found)
    return False


def test_tab_reaches_every_control_of_every_dialog(qtbot: QtBot, tmp_path: Path) -> None:
    wrong: dict[str, list[str]] = {}
    with open_window(qtbot, tmp_path) as window:
        for each in dialogs(window, qtbot):
            assert isinstance(each.widget, QDialog)
            if found := _out_of_reach(each, qtbot):
                wrong[each.name] = found
    assert wrong == {}


def test_f6_and_tab_reach_every_control_of_the_pages(qtbot: QtBot, tmp_path: Path) -> None:
    """On the image Tab goes through the boxes; F6 leads on."""
    wrong: dict[str, list[str]] = {}
    with open_window(qtbot, tmp_path) as window:
        activate(window, qtbot)
        for each in pages(window, qtbot):
            wanted = controls(window.stack.currentWidget())
            came = _all_around(window, wanted)
            left = [w for w in wanted if w not in came and not _within(w, came)]
            if left:
                wrong[each.name] = [f"{type(w).__name__} {name_of(w)}" for w in left]
    assert wrong == {}


def _all_around(window: MainWindow, wanted: list[QWidget]) -> set[QWidget]:
    came: set[QWidget] = set()
    parts = window.project_page.parts
    starts = len(parts) if window.stack.currentWidget() is window.project_page else 1
    if starts == 1:
        wanted[0].setFocus()
        came.add(wanted[0])
    for _ in range(starts):
        go_to_part(parts, 1)
        now = QApplication.focusWidget()
        assert now is not None
        came.add(now)
        came |= reached(window)
        now.setFocus()
    return came | {proxy for w in came if (proxy := w.focusProxy()) is not None}


def test_a_control_beside_the_image_has_space_for_itself(qtbot: QtBot, tmp_path: Path) -> None:
    with open_window(qtbot, tmp_path) as window:
        activate(window, qtbot)
        page = window.review_page
        assert page is not None
        shown = page.desk.image_id
        page.stage.canvas.setFocus()
        QTest.keyClick(page.stage.canvas, KEY.Key_F6)
        assert page.queue.isAncestorOf(QApplication.focusWidget())
        QTest.keyClick(QApplication.focusWidget(), KEY.Key_F6)
        assert page.box_panel.isAncestorOf(QApplication.focusWidget())
        box = page.box_panel.proposals.multiple
        box.setFocus(Qt.FocusReason.TabFocusReason)
        before = box.isChecked()
        QTest.keyClick(box, KEY.Key_Space)
        assert box.isChecked() is not before
        assert page.desk.image_id == shown  # and nothing was accepted
        QTest.keyClick(box, KEY.Key_F6, Qt.KeyboardModifier.ShiftModifier)
        QTest.keyClick(QApplication.focusWidget(), KEY.Key_F6, Qt.KeyboardModifier.ShiftModifier)
        assert page.stage.canvas.hasFocus()


def test_a_click_beside_the_image_leaves_space_to_accepting(qtbot: QtBot, tmp_path: Path) -> None:
    with open_window(qtbot, tmp_path) as window:
        activate(window, qtbot)
        page = window.review_page
        assert page is not None
        page.stage.canvas.setFocus()
        box = page.box_panel.proposals.multiple
        QTest.mouseClick(box, Qt.MouseButton.LeftButton, PLAIN, box.rect().center())
        assert page.stage.canvas.hasFocus()


def test_the_why_view_is_named_and_reached(qtbot: QtBot, trained: Path) -> None:
    with open_why(qtbot, trained) as bench:
        page = bench.page
        assert nameless(page) == []
        window = bench.window
        for at in range(len(page.tabs)):
            page.show_tab(at)
            qtbot.wait(20)
            wanted = controls(page)
            came = _all_around(window, wanted)
            left = [w for w in wanted if w not in came and not _within(w, came)]
            assert [name_of(w) for w in left] == []
        assert isinstance(window, QMainWindow)
