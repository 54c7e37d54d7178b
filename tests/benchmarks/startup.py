"""From the start of the process to a window that can be used, beside an empty window.

    python -m tests.benchmarks.startup [--project FOLDER] [--rounds 5]

Three programs by turns, each in a process of its own: an empty QMainWindow, the window without a
project, and the window until the first image of a project is on the screen with its boxes. By the
clock and in CPU seconds (all threads), least and median of the rounds; on a busy machine the least
says most. Without ``--project`` one of 200 images is made.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]

COMMON = """
import sys, time
began = float(sys.argv.pop())  # the process table knows its own start to the second only
def say(word):
    print(word, time.time() - began, time.process_time())
"""

EMPTY = (
    COMMON
    + """
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMainWindow
app = QApplication([])
window = QMainWindow()
window.resize(1280, 820)
window.show()
QTimer.singleShot(0, lambda: (say("shown"), app.quit()))
app.exec()
"""
)

OURS = (
    COMMON
    + """
from PySide6.QtCore import QSettings, QTimer
QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, sys.argv.pop())
from PySide6.QtWidgets import QApplication
from app import main
said = []
class Watch(QTimer):
    def look(self):
        window = next(w for w in QApplication.topLevelWidgets() if hasattr(w, "review_page"))
        if not said:
            said.append(say("shown"))
        page = window.review_page
        if len(sys.argv) == 1 or (page is not None and page.flow.seen):
            say("image")
            self.stop()
            window.close()
made = main.make_application
def make(arguments):
    application = made(arguments)
    watch = Watch(application)
    watch.timeout.connect(watch.look)
    watch.start(2)
    return application
main.make_application = make
main.main(sys.argv[1:])
"""
)


def run(script: str, *arguments: str) -> dict[str, tuple[float, float]]:
    """What the program said: seconds since its start and CPU seconds, by word."""
    result = subprocess.run(
        [sys.executable, "-P", "-c", script, *arguments, str(time.time())],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
    )
    rows = [line.split() for line in result.stdout.splitlines()]
    return {word: (float(clock), float(work)) for word, clock, work in rows}


def measure(project: Path, rounds: int, settings: str) -> dict[str, list[tuple[float, float]]]:
    found: dict[str, list[tuple[float, float]]] = {}
    for _ in range(rounds):
        found.setdefault("empty window", []).append(run(EMPTY)["shown"])
        found.setdefault("start page", []).append(run(OURS, settings)["shown"])
        opened = run(OURS, str(project), settings)
        found.setdefault("window, project named", []).append(opened["shown"])
        found.setdefault("first image", []).append(opened["image"])
    return found


def report(found: dict[str, list[tuple[float, float]]]) -> list[str]:
    lines = [
        "| until | clock, least | clock, median | CPU, least | over an empty window |",
        "|---|---|---|---|---|",
    ]
    empty = min(clock for clock, _ in found["empty window"])
    for name, times in found.items():
        clock, work = [c for c, _ in times], [w for _, w in times]
        lines.append(
            f"| {name} | {min(clock):.2f} s | {statistics.median(clock):.2f} s "
            f"| {min(work):.2f} s | {min(clock) - empty:+.2f} s, {min(clock) / empty:.1f} times |"
        )
    return lines


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--project", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        project = options.project
        if project is None:
            from tests.gui.review_bench import make_project

            with make_project(Path(folder) / "made", count=200) as made:
                project = made.folder
        found = measure(project, options.rounds, str(Path(folder) / "settings"))
    sys.stdout.write("\n".join(report(found)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
