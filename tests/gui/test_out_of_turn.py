"""Two readers answer out of turn: what is shown is what the last one that was asked has found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app import project_desk, store_line
from app.models.turns import Turns
from app.panels import queue_feed
from app.project_desk import ProjectDesk
from app.project_state import ProjectState
from engine.domain.records import ReviewState
from tests.gui.review_bench import OFFSCREEN, PATIENCE_MS, Bench, bench, make_project

__all__ = ["bench"]  # a fixture
pytestmark = OFFSCREEN


class Late:
    """The first call has its answer at once, but does not come back with it until ``go``."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self._called = False
        self.read, self.go = Event(), Event()

    def __call__(self, *args: Any) -> Any:
        first, self._called = not self._called, True
        found = self._function(*args)
        if first:
            self.read.set()
            assert self.go.wait(30)
        return found


@contextmanager
def late(monkeypatch: pytest.MonkeyPatch, where: object, name: str) -> Iterator[Late]:
    held = Late(getattr(where, name))
    monkeypatch.setattr(where, name, held)
    try:
        yield held
    finally:
        held.go.set()


def readers_are_done(bench: Bench) -> None:
    """Both readers are asked, so that nothing that was asked before is left."""
    answers: list[None] = []
    met = [Event(), Event()]

    def meet(at: int) -> None:
        met[at].set()
        assert met[1 - at].wait(30)

    for at in range(2):
        bench.session.read(lambda _conn, at=at: meet(at), answers.append)
    bench.wait(lambda: len(answers) == 2)


def listed_state(bench: Bench, image_id: int) -> ReviewState | None:
    entry = bench.page.model.entry_of(image_id)
    return None if entry is None else entry.state


def test_a_row_keeps_the_state_of_the_last_act(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    image_id = bench.image_id
    with late(monkeypatch, queue_feed.images, "queue_entries") as first:
        bench.session.reject(image_id)
        bench.wait(first.read.is_set)
        bench.session.skip(image_id)
        bench.wait(lambda: listed_state(bench, image_id) is ReviewState.SKIPPED)
    readers_are_done(bench)
    assert listed_state(bench, image_id) is ReviewState.SKIPPED


@pytest.mark.parametrize("again", [False, True])
def test_an_act_during_the_reading_is_in_the_queue_after_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, again: bool
) -> None:
    image_id, feed = bench.image_id, bench.page.feed
    with late(monkeypatch, queue_feed.images, "queue") as first:
        feed.reload()
        bench.wait(first.read.is_set)
        bench.press(Qt.Key.Key_X)
        bench.wait(lambda: listed_state(bench, image_id) is ReviewState.REJECTED)
        if again:
            with bench.qtbot.waitSignal(feed.completed, timeout=PATIENCE_MS):
                feed.reload()
    readers_are_done(bench)
    bench.wait(lambda: listed_state(bench, image_id) is ReviewState.REJECTED)


def test_undo_names_the_last_act_though_a_name_was_read_before_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    with late(monkeypatch, store_line.review, "undo_name") as first:
        bench.session.reread_history()
        bench.wait(first.read.is_set)
        bench.session.reject(bench.image_id)
        bench.wait(lambda: bench.session.history.undo == "Reject")
    readers_are_done(bench)
    assert bench.session.history.undo == "Reject"


def test_the_counts_of_a_project_are_those_read_last(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_project(tmp_path, write=False).close()
    desk = ProjectDesk()
    try:
        with qtbot.waitSignal(desk.opened, timeout=PATIENCE_MS):
            desk.open(tmp_path / "project")
        session = desk.session
        assert session is not None
        told: list[ProjectState] = []
        with late(monkeypatch, project_desk, "load_state") as first:
            desk.refresh()
            qtbot.waitUntil(first.read.is_set, timeout=PATIENCE_MS)
            session.reject(1)
            desk.refresh_then(told.append)
            qtbot.waitUntil(lambda: len(told) == 1, timeout=PATIENCE_MS)
        idle: list[None] = []
        desk._pool.submit(lambda: None, idle.append)
        qtbot.waitUntil(lambda: len(idle) == 1, timeout=PATIENCE_MS)
        assert desk.state is told[0]
        assert told[0].summary.states[ReviewState.REJECTED] == 1
    finally:
        desk.shut_down()


def test_an_answer_is_shown_for_what_no_later_one_was_shown_of() -> None:
    turns: Turns[int] = Turns()
    first, second = turns.ask(), turns.ask()
    assert turns.answer(second, [1, 2]) == {1, 2}
    assert turns.answer(first, [2, 3]) == {3}
    assert turns.answer(second, [3]) == {3}


def test_what_is_asked_before_everything_is_older_than_it() -> None:
    turns: Turns[int] = Turns()
    before, everything, after = turns.ask(), turns.ask(), turns.ask()
    turns.answer(after, [1])
    assert turns.answer_all(everything) == {1}
    assert turns.answer(before, [1, 2]) == set()
    assert turns.answer(everything, [1, 2]) == {2}
    assert turns.answer(after, [1, 2]) == {1, 2}
