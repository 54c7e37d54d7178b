"""What the window loads before it is on the screen, and what it never loads."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.gui.review_bench import make_project

NEVER = ("torch", "torchvision", "matplotlib", "scipy", "pandas")
NOT_AT_FIRST = (*NEVER, "pyqtgraph", "sqlalchemy", "alembic", "numpy", "cv2", "PIL")

SHOW = """
import sys
from pathlib import Path
from PySide6.QtCore import QSettings, QTimer
QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, sys.argv[1])
from app import theme
from app.main import make_application
from app.main_window import MainWindow
from app.settings import AppSettings
app = make_application(["boxwright"])
theme.apply(app, theme.ThemeMode.LIGHT)
window = MainWindow(AppSettings())
window.show()
app.processEvents()
def modules():
    return sorted(m for m in sys.modules if "." not in m or m.startswith("app."))
print("first", *modules())
def look():
    page = window.review_page
    if page is not None and page.flow.seen:
        print("opened", *modules())
        window.close()
        app.quit()
if len(sys.argv) > 2:
    timer = QTimer()
    timer.timeout.connect(look)
    timer.start(5)
    window.open_project(Path(sys.argv[2]))
    app.exec()
else:
    window.close()
"""


def loaded(*arguments: Path) -> dict[str, set[str]]:
    """Top-level modules in memory at the stages of a start, in a process of its own."""
    command = [sys.executable, "-P", "-c", SHOW, *map(str, arguments)]
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment)
    assert result.returncode == 0, result.stderr
    lines = [line.split() for line in result.stdout.splitlines()]
    return {words[0]: set(words[1:]) for words in lines}


def test_the_start_page_loads_next_to_nothing(tmp_path: Path) -> None:
    found = loaded(tmp_path)["first"]
    assert "PySide6" in found
    assert found & set(NOT_AT_FIRST) == set()


def test_an_open_project_needs_no_network_and_no_migration(tmp_path: Path) -> None:
    with make_project(tmp_path / "some", count=2) as made:
        folder = made.folder
    found = loaded(tmp_path, folder)["opened"]
    assert "numpy" in found
    later = {"alembic", "pyqtgraph", "app.why.page", "app.grid.page", "app.dialogs.train"}
    assert found & {*NEVER, *later} == set()


REST = """
import sys, threading
from pathlib import Path
from PySide6.QtCore import QSettings, QTimer
QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, sys.argv[1])
from PySide6.QtWidgets import QApplication
from app import main, preload
threads = {}
real = preload.import_module
def watched(name):
    threads[name] = threading.current_thread() is threading.main_thread()
    return real(name)
preload.import_module = watched
wanted = {"app.why.page", "app.dialogs.train", "app.learning.findings", "app.dialogs.about"}
def look():
    if wanted <= threads.keys() and "pyqtgraph" in sys.modules and not load_rest().is_alive():
        print("main thread:", any(threads.values()))
        timer.stop()
        for window in QApplication.topLevelWidgets():
            window.close()
load_rest = preload.load_rest
made = main.make_application
def make(arguments):
    global timer
    application = made(arguments)
    timer = QTimer(application)
    timer.timeout.connect(look)
    timer.start(5)
    return application
main.make_application = make
main.main(sys.argv[2:])
"""


def test_what_comes_later_is_loaded_beside_the_window(tmp_path: Path) -> None:
    with make_project(tmp_path / "some", count=2) as made:
        folder = made.folder
    command = [sys.executable, "-P", "-c", REST, str(tmp_path), str(folder)]
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment)
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == "main thread: False"


@pytest.mark.parametrize("arguments", [["--help"], ["--no-such-option"]])
def test_the_command_answers_without_a_window(arguments: list[str]) -> None:
    result = subprocess.run(
        [sys.executable, "-P", "-m", "app", *arguments], capture_output=True, text=True, timeout=60
    )
    assert result.returncode == (0 if arguments == ["--help"] else 2)
    assert "project" in result.stdout + result.stderr
