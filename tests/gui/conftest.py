"""What window tests rely on: no screen, settings apart, and nothing left behind."""

from __future__ import annotations

import gc
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import psutil
import pytest
from PySide6.QtCore import QSettings, QThreadPool, QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

PATIENCE = 3.0  # seconds that a thread or process gets to end by itself
HERE = Path(__file__).parent


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "expects_log_errors: errors in the log are what it tests")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A warning of Qt that a test does not expect fails it."""
    for item in items:
        if not item.path.is_relative_to(HERE):
            continue
        # the offscreen platform says so of windows with a least size, and of those brought to front
        item.add_marker(pytest.mark.qt_log_ignore("This plugin does not support", extend=True))
        if not item.get_closest_marker("qt_log_level_fail"):
            item.add_marker(pytest.mark.qt_log_level_fail("WARNING"))


@pytest.fixture(scope="package")
def no_automatic_collection() -> Iterator[None]:
    """See ``app.garbage``: a worker that collects a QObject may stop the whole process."""
    gc.disable()
    yield
    gc.enable()


@pytest.fixture(autouse=True)
def garbage_in_this_thread(no_automatic_collection: None) -> Iterator[None]:
    yield
    gc.collect(1)


@pytest.fixture(autouse=True)
def own_settings(tmp_path: Path) -> None:
    """QSettings of the test live in its own folder."""
    for form in (QSettings.Format.IniFormat, QSettings.Format.NativeFormat):
        QSettings.setPath(form, QSettings.Scope.UserScope, str(tmp_path / "settings"))


@pytest.fixture(autouse=True)
def nothing_left_behind(qapp: QApplication, request: pytest.FixtureRequest) -> Iterator[None]:
    """A thread, process, window or running timer that outlives its test fails it."""
    threads = set(threading.enumerate())
    children = {p.pid for p in psutil.Process().children(recursive=True)}
    yield
    QThreadPool.globalInstance().waitForDone(int(PATIENCE * 1000))
    left = [
        *_outlive("thread", lambda: [t for t in threading.enumerate() if t not in threads]),
        *_outlive("process", lambda: _new_children(children)),
        *_open_windows(qapp),
        *_running_timers(),
    ]
    assert not left, f"left behind: {left}"


@pytest.fixture(autouse=True)
def no_log_errors(
    caplog: pytest.LogCaptureFixture, request: pytest.FixtureRequest
) -> Iterator[None]:
    """An error in the log fails the test unless it is marked ``expects_log_errors``."""
    yield
    if request.node.get_closest_marker("expects_log_errors") is not None:
        return
    errors = [
        record.getMessage()
        for when in ("setup", "call")
        for record in caplog.get_records(when)
        if record.levelno >= logging.ERROR
    ]
    assert not errors, errors


@pytest.fixture
def wait_for(qtbot: QtBot) -> Callable[[Callable[[], bool]], None]:
    """Run the event loop until something is so (30 s at most: the machine may be busy)."""

    def wait(condition: Callable[[], bool]) -> None:
        qtbot.waitUntil(condition, timeout=30_000)

    return wait


def _outlive(kind: str, left: Callable[[], list[object]]) -> list[str]:
    until = time.monotonic() + PATIENCE
    while (found := left()) and time.monotonic() < until:
        QApplication.processEvents()
        time.sleep(0.02)
    return [f"{kind} {item}" for item in found]


def _new_children(known: set[int]) -> list[object]:
    return [
        p
        for p in psutil.Process().children(recursive=True)
        if p.pid not in known and p.is_running() and p.status() != psutil.STATUS_ZOMBIE
    ]


def _open_windows(app: QApplication) -> list[str]:
    app.sendPostedEvents(None, 52)  # QEvent.DeferredDelete
    return [f"window {w!r}" for w in app.topLevelWidgets() if w.isVisible()]


def _running_timers() -> list[str]:
    timers = [item for item in gc.get_objects() if issubclass(type(item), QTimer)]
    return [f"timer of {t.parent()!r}" for t in timers if isValid(t) and t.isActive()]
