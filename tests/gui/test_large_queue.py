"""A queue that takes a moment to read: what is seen first is there before it, and stays."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.models.progress import ReviewProgress
from app.models.queue_rows import QueueRows
from app.panels import queue_feed
from engine.domain.records import ClassRecord, ReviewState
from engine.store import images, review
from tests.gui.review_bench import OFFSCREEN, make_project, open_bench

pytestmark = OFFSCREEN


def test_the_start_of_the_queue_comes_before_the_whole(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_feed, "_START", 6)
    project = make_project(tmp_path, count=16)
    with project.write() as conn:
        review.reject_many(conn, [entry.image_id for entry in images.queue(conn)[:5]])
    listed: list[int] = []
    told: list[ReviewProgress] = []
    list_ = queue_feed.QueueFeed._list

    def note(feed: queue_feed.QueueFeed, rows: QueueRows, classes: list[ClassRecord]) -> None:
        listed.append(len(rows))
        list_(feed, rows, classes)

    monkeypatch.setattr(queue_feed.QueueFeed, "_list", note)
    with open_bench(qtbot, project) as bench:
        bench.page.progress_changed.connect(told.append)
        bench.wait(lambda: bench.page.model.rowCount() == 16)
        bench.wait(lambda: bench.page.flow.seen)
        assert listed[-1] == 16
        assert bench.path == "heron/010.jpg"  # the first that waits, in either
        assert {progress.total for progress in told} <= {16}
        bench.press(Qt.Key.Key_X)
        bench.wait_saved()
        bench.wait(lambda: bench.page.model.rows.progress() == (6, 16))


def test_neighbours_of_the_first_that_waits(tmp_path: Path) -> None:
    with make_project(tmp_path, count=12, write=False) as project, project.write() as conn:
        everything = images.queue(conn)
        assert images.queue_around(conn, 2, 3) == everything[:3]
        review.reject_many(conn, [entry.image_id for entry in everything[:5]])
        around = images.queue_around(conn, 2, 3)
        assert [entry.path for entry in around] == [entry.path for entry in everything[3:8]]
        assert around[0].state is ReviewState.REJECTED
        review.reject_many(conn, [entry.image_id for entry in everything])
        assert [e.path for e in images.queue_around(conn, 2, 3)] == [
            entry.path for entry in everything[:3]
        ]
