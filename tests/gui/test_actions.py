"""The registry of actions: unique keys, a person's own keys, what is bound and what is not."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QMainWindow, QWidget
from pytestqt.qtbot import QtBot

from app.action_table import ACTIONS, MENUS, SEPARATOR, TOOL_BAR
from app.actions import ActionRegistry, ShortcutClashError, normal_keys
from app.commands.spec import ActionSpec, Scope, scopes_overlap
from app.settings import AppSettings


def pairs() -> Iterator[tuple[ActionSpec, ActionSpec]]:
    return combinations(ACTIONS, 2)


def test_ids_are_unique() -> None:
    names = [spec.id for spec in ACTIONS]
    assert len(names) == len(set(names))


def test_no_key_means_two_things_at_once() -> None:
    clashes = [
        (a.id, b.id, key)
        for a, b in pairs()
        if scopes_overlap(a.scope, b.scope)
        for key in set(normal_keys(a.shortcuts)) & set(normal_keys(b.shortcuts))
    ]
    assert clashes == []


def test_a_clash_would_be_found() -> None:
    page = ActionSpec("a", "A", ("D",), Scope.REVIEW)
    canvas = ActionSpec("b", "B", ("D",), Scope.CANVAS)
    registry = ActionRegistry(specs=(page, canvas))
    assert registry.holder("D", Scope.CANVAS, but="b") == page


def test_every_key_is_one_that_qt_knows() -> None:
    for spec in ACTIONS:
        assert len(normal_keys(spec.shortcuts)) == len(spec.shortcuts), spec.id


def test_the_keys_that_hands_know() -> None:
    registry = ActionRegistry()
    expected = {
        "review.next": ("D",),
        "review.previous": ("A",),
        "box.new": ("W", "R"),
        "review.accept": ("Space",),
        "review.reject": ("X",),
        "review.skip": ("S",),
        "edit.undo": ("Ctrl+Z",),
        "edit.redo": ("Ctrl+Y", "Ctrl+Shift+Z"),
        "box.next": ("Tab",),
        "box.nudge_left": ("Left",),
        "box.nudge_left_10": ("Shift+Left",),
        "box.paste_previous": ("Ctrl+V",),
        "view.fit": ("Ctrl+F",),
        "view.actual_size": ("Ctrl+0",),
        "view.hide_boxes": ("Ctrl+H",),
        "view.heatmap": ("H",),
        "review.next_unreviewed": ("Ctrl+D",),
        "help.keys": ("F1",),
        "box.class_9": ("9",),
    }
    assert {name: registry.keys(name) for name in expected} == expected


def test_menus_and_tool_bar_name_actions_that_exist() -> None:
    known = {spec.id for spec in ACTIONS}
    named = set(TOOL_BAR)
    for items in MENUS.values():
        for item in items:
            named.update(item[1:] if isinstance(item, tuple) else (item,))
    assert named - {SEPARATOR} <= known


def test_an_action_is_disabled_until_something_is_bound() -> None:
    registry = ActionRegistry()
    calls: list[str] = []
    assert not registry.action("review.next").isEnabled()
    registry.bind("review.next", lambda: calls.append("first"))
    registry.bind("review.next", lambda: calls.append("second"))
    registry.action("review.next").trigger()
    assert calls == ["second"]
    registry.unbind("review.next")
    assert not registry.action("review.next").isEnabled()


def test_checkable_actions_pass_their_state() -> None:
    registry = ActionRegistry()
    states: list[bool] = []
    registry.bind("view.heatmap", states.append)
    registry.action("view.heatmap").trigger()
    registry.action("view.heatmap").trigger()
    assert states == [True, False]


def test_tool_tips_show_the_key() -> None:
    registry = ActionRegistry()
    assert registry.action("job.train").toolTip().endswith("(Ctrl+T)")


def test_own_keys_are_kept_and_come_back(tmp_path: Path) -> None:
    path = tmp_path / "window.ini"
    ActionRegistry(store=AppSettings(path)).set_keys("review.next", ["V"])
    again = ActionRegistry(store=AppSettings(path))
    assert again.keys("review.next") == ("V",)
    assert again.action("review.next").shortcuts() == [QKeySequence("V")]
    again.reset_keys()
    assert ActionRegistry(store=AppSettings(path)).keys("review.next") == ("D",)


def test_no_key_at_all_is_kept_too(tmp_path: Path) -> None:
    path = tmp_path / "window.ini"
    ActionRegistry(store=AppSettings(path)).set_keys("review.skip", [])
    assert ActionRegistry(store=AppSettings(path)).keys("review.skip") == ()


def test_a_key_that_is_taken_is_refused_and_nothing_changes(tmp_path: Path) -> None:
    registry = ActionRegistry(store=AppSettings(tmp_path / "window.ini"))
    with pytest.raises(ShortcutClashError, match="Accept and go on"):
        registry.set_keys("box.select_all", ["Space"])
    assert registry.keys("box.select_all") == ("Ctrl+A",)


def test_kept_keys_that_clash_are_not_used(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = AppSettings(tmp_path / "window.ini")
    settings.save_shortcuts("review.skip", ("X",))
    settings.save_shortcuts("gone.action", ("Q",))
    registry = ActionRegistry(store=settings)
    assert registry.keys("review.skip") == ("S",)
    assert "review.skip" in caplog.text


def test_two_keys_may_be_swapped(tmp_path: Path) -> None:
    settings = AppSettings(tmp_path / "window.ini")
    settings.save_shortcuts("review.next", ("A",))
    settings.save_shortcuts("review.previous", ("D",))
    registry = ActionRegistry(store=settings)
    assert (registry.keys("review.next"), registry.keys("review.previous")) == (("A",), ("D",))


def test_review_keys_count_in_the_page_and_not_while_typing(qtbot: QtBot) -> None:
    window, page, field = QMainWindow(), QWidget(), QLineEdit()
    field.setParent(page)
    page.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    window.setCentralWidget(page)
    registry = ActionRegistry(window)
    registry.add_scope_to(page, Scope.REVIEW)
    calls: list[str] = []
    registry.bind("review.next", lambda: calls.append("next"))
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    window.activateWindow()
    page.setFocus()
    qtbot.waitUntil(page.hasFocus, timeout=30_000)
    QTest.keyClick(page, Qt.Key.Key_D)
    assert calls == ["next"]
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_D)
    assert calls == ["next"]
    assert field.text() == "d"
