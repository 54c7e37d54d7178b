"""Two windows on one project: the second looks, says why, and follows what the first does."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from app.settings import AppSettings
from engine.domain.records import ReviewState
from engine.store import annotations, review
from engine.store.project import Project
from engine.store.window_lock import LOCK_NAME, Holder, WindowLock, take_lock, this_process
from tests.gui.review_bench import make_project

Wait = Callable[[Callable[[], bool]], None]
_OTHER = """
import sys
from pathlib import Path
from engine.store.window_lock import take_lock
lock = take_lock(Path(sys.argv[1]))
print("taken", flush=True)
sys.stdin.read()
lock.release()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with make_project(tmp_path) as made:
        return made.folder


@pytest.fixture
def other(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that has the project."""
    command = [sys.executable, "-c", _OTHER, str(folder)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "taken\n"
        yield process
        process.kill()


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    made = MainWindow(AppSettings(tmp_path / "window.ini"))
    made.show()
    with qtbot.waitActive(made, timeout=30_000):  # a window that is not active takes no shortcuts
        made.activateWindow()
    yield made
    made.close()
    made.deleteLater()


def open_it(window: MainWindow, folder: Path, wait_for: Wait) -> None:
    window.open_project(folder)
    wait_for(lambda: window.review_page is not None and window.review_page.flow.seen)


def states(folder: Path) -> dict[int, ReviewState]:
    with Project.open(folder) as project, project.read() as conn:
        return annotations.review_states(conn)


def test_the_second_window_says_why_it_only_looks(
    folder: Path, other: subprocess.Popen[str], window: MainWindow, wait_for: Wait
) -> None:
    open_it(window, folder, wait_for)
    banner = window.project_page.banner
    assert "Another window" in banner.text.text()
    assert f"process {other.pid}" in banner.hint.text()
    actions = window.registry
    assert not actions.action("job.train").isEnabled()
    assert not actions.action("file.import").isEnabled()
    before = states(folder)
    page = window.review_page
    assert page is not None
    for key in (Qt.Key.Key_X, Qt.Key.Key_Space, Qt.Key.Key_S):
        QTest.keyClick(page.stage.canvas, key)
        wait_for(lambda: page.flow.seen)
    wait_for(lambda: "Another window" in window.status_line.currentMessage())
    assert states(folder) == before
    session = window.desk.session
    assert session is not None
    assert session.pending == 0


def test_a_refused_edit_is_not_shown_as_if_it_were_done(
    folder: Path, other: subprocess.Popen[str], window: MainWindow, wait_for: Wait
) -> None:
    open_it(window, folder, wait_for)
    page = window.review_page
    assert page is not None
    boxes = [shape.box for shape in page.desk.shapes]
    QTest.keyClick(page.stage.canvas, Qt.Key.Key_Tab)
    QTest.keyClick(page.stage.canvas, Qt.Key.Key_Delete)
    assert not page.desk.shapes
    wait_for(lambda: [shape.box for shape in page.desk.shapes] == boxes)


def test_the_second_window_follows_and_writes_once_the_first_is_gone(
    folder: Path, other: subprocess.Popen[str], window: MainWindow, wait_for: Wait
) -> None:
    open_it(window, folder, wait_for)
    with Project.open(folder) as project, project.write() as conn:
        review.reject(conn, 2)
    page = window.review_page
    assert page is not None

    def shown() -> bool:
        entry = page.model.entry_of(2)
        return entry is not None and entry.state is ReviewState.REJECTED

    wait_for(shown)
    other.kill()  # without a word: its lock is stale
    other.wait()
    assert (folder / LOCK_NAME).exists()
    QTest.mouseClick(window.project_page.banner.button, Qt.MouseButton.LeftButton)
    wait_for(lambda: window.desk.holder is None)
    wait_for(lambda: window.review_page is not None and window.review_page.flow.seen)
    again = window.review_page
    assert again is not None
    image_id = again.desk.image_id
    assert image_id is not None
    QTest.keyClick(again.stage.canvas, Qt.Key.Key_X)
    wait_for(lambda: states(folder)[image_id] is ReviewState.REJECTED)


def test_a_window_that_closes_lets_go(folder: Path, window: MainWindow, wait_for: Wait) -> None:
    open_it(window, folder, wait_for)
    assert (folder / LOCK_NAME).exists()
    window.open_project(folder)  # the same again keeps it
    wait_for(lambda: window.desk.session is not None and window.review_page is not None)
    assert (folder / LOCK_NAME).exists()
    window.desk.close()
    assert not (folder / LOCK_NAME).exists()


def test_locks(tmp_path: Path) -> None:
    lock = take_lock(tmp_path)
    assert isinstance(lock, WindowLock)
    assert [path.name for path in tmp_path.iterdir()] == [LOCK_NAME]
    assert isinstance(take_lock(tmp_path), WindowLock)  # one's own
    lock.release()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"{", b'{"pid": 1}', b"\xff\xfe"])
def test_a_lock_that_nobody_can_read_is_taken_over(tmp_path: Path, content: bytes) -> None:
    (tmp_path / LOCK_NAME).write_bytes(content)
    assert isinstance(take_lock(tmp_path), WindowLock)


def test_whose_lock_counts(tmp_path: Path) -> None:
    import msgspec

    own, parent = this_process(), psutil.Process(os.getppid())
    path = tmp_path / LOCK_NAME
    living = Holder(parent.pid, float(parent.create_time()), own.computer)
    for holder, free in (
        (living, False),
        (Holder(parent.pid, living.started - 100, own.computer), True),  # the number was reused
        (Holder(2**22 - 3, 0.0, own.computer), True),
        (Holder(2**22 - 3, 0.0, "elsewhere"), False),  # nobody can know
    ):
        path.write_bytes(msgspec.json.encode(holder))
        found = take_lock(tmp_path)
        assert isinstance(found, WindowLock) == free, holder
        assert free or found == holder
        path.unlink()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs permissions that bind")
def test_a_folder_that_cannot_be_written_opens_too(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        lock = take_lock(tmp_path)
        assert isinstance(lock, WindowLock)
        lock.release()
    finally:
        tmp_path.chmod(0o700)
