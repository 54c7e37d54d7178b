"""Boxwright beside labelme and labelImg on the same folder of images, in the same run.

    python -m tests.benchmarks.other_tools --labelme PYTHON --labelimg PYTHON [--images 10000]

PYTHON is the interpreter of an environment of its own that holds the tool (``pip install labelme``,
``pip install labelImg``); one that is not there is left out. Each program runs in a process of its
own on the offscreen platform: from the start of the process, and from asking its window for the
folder, until the first image is painted; then image after image by the tool's own command for the
next one, without a pause and with the pause of a person who looks (half a second), until it is
painted; and the memory that the process holds in the end. Boxwright reads a folder once, when the
project is made, and opens the project afterwards; both are told. What fails in a tool is printed
as it says it.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[2]
PAUSE_S = 0.5
Figures = dict[str, Any]

#: Runs in the tool's interpreter; ``tool`` says how it is asked.
DRIVER = """
import json, os, sys, time
folder, steps, pauses = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
pause, started = float(sys.argv[4]), float(sys.argv[5])
sys.argv = sys.argv[:1]

def spin(seconds):
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        app.processEvents()
        time.sleep(0.0005)

def resident():
    with open("/proc/self/status") as lines:
        return next(int(x.split()[1]) / 1024 for x in lines if x.startswith("VmRSS"))

{tool}

app.processEvents()
began = time.perf_counter()
open_folder()
wait_painted()
found = {{"version": version, "next": [], "paused": []}}
found["start"], found["open"] = time.time() - started, time.perf_counter() - began
spin(0.5)
for kind, count, rest in (("next", steps, 0.0), ("paused", pauses, pause)):
    for _ in range(count):
        began = time.perf_counter()
        go_on()
        wait_painted()
        found[kind].append((time.perf_counter() - began) * 1000)
        spin(rest)
found["memory"] = resident()
print("FIGURES " + json.dumps(found), flush=True)
os._exit(0)
"""

LABELME = """
from importlib.metadata import version as version_of
from PyQt5 import QtWidgets
from labelme.app import MainWindow
version = "labelme " + version_of("labelme")
app = QtWidgets.QApplication(["labelme"])
window = MainWindow(config_file=None, config_overrides={})
window.resize(1600, 1000)
window.show()
canvas = window._canvas_widgets.canvas

def open_folder():
    window._load_from_file_or_dir(file_or_dir=folder)
    if canvas.pixmap is None or canvas.pixmap.isNull():
        window._open_next_image()

go_on = window._actions.open_next_img.trigger

def wait_painted():
    app.processEvents()
    assert not canvas.pixmap.isNull()
    canvas.repaint()
"""

LABELIMG = """
from importlib.metadata import version as version_of
from labelImg.labelImg import get_main_app
version = "labelImg " + version_of("labelImg")
app, window = get_main_app(["labelImg"])
window.resize(1600, 1000)
canvas = window.canvas
open_folder = lambda: window.import_dir_images(folder)
go_on = window.open_next_image

def wait_painted():
    app.processEvents()
    assert not canvas.pixmap.isNull()
    canvas.repaint()
"""

BOXWRIGHT = """
from app.preload import preload
preload()
from pathlib import Path
from PySide6.QtCore import QSettings, Qt
from PySide6.QtTest import QTest
QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, os.environ["HOME"])
from app import theme
from app.garbage import GarbageCollector
from app.main import make_application
from app.main_window import MainWindow
from app.settings import AppSettings
version = "Boxwright"
app = make_application(["boxwright"])
theme.apply(app, theme.ThemeMode.LIGHT)
window = MainWindow(AppSettings())
collector = GarbageCollector(window)
window.resize(1600, 1000)
window.show()
last = None

def open_folder():
    window.open_project(Path(folder))

def wait_painted():
    global last
    while True:
        app.processEvents()
        page = window.review_page
        if page is not None and page.flow.seen and page.desk.image_id != last:
            break
        time.sleep(0.0002)
    last = page.desk.image_id
    page.stage.canvas.repaint()

def go_on():
    QTest.keyClick(window.review_page.stage.canvas, Qt.Key.Key_D)
"""


def write_images(folder: Path, count: int, size: tuple[int, int]) -> None:
    """``count`` names for 40 JPEG files with something in every corner, in ten folders."""
    from PIL import Image

    rng = np.random.default_rng(0)
    originals: list[Path] = []
    for number in range(count):
        path = folder / f"class{number % 10}" / f"{number:06}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        if len(originals) < 40:
            coarse = Image.fromarray(rng.integers(0, 255, (60, 80, 3), dtype=np.uint8))
            coarse.resize(size, Image.Resampling.BICUBIC).save(path, quality=88)
            originals.append(path)
        else:
            os.link(originals[number % len(originals)], path)


def drive(python: str, tool: str, folder: Path, options: argparse.Namespace) -> Figures:
    """What the tool's process said; ``failed`` if it said nothing of use."""
    with tempfile.TemporaryDirectory() as home:
        environment = {
            **os.environ,
            "QT_QPA_PLATFORM": "offscreen",
            "HOME": home,
            "XDG_CONFIG_HOME": home,
        }
        arguments = [str(folder), str(options.steps), str(options.pauses), str(PAUSE_S)]
        arguments.append(str(time.time()))
        result = subprocess.run(
            [python, "-c", DRIVER.format(tool=tool), *arguments],
            capture_output=True,
            text=True,
            timeout=900,
            cwd=ROOT,
            env=environment,
        )
    for line in result.stdout.splitlines():
        if line.startswith("FIGURES "):
            figures: Figures = json.loads(line.removeprefix("FIGURES "))
            return figures
    said = (result.stderr or result.stdout).strip().splitlines()[-4:]
    return {"failed": " / ".join(said) or f"exit code {result.returncode}"}


def make_project(folder: Path, project: Path) -> float:
    """Seconds that a project of the folder takes, by the command."""
    command = [sys.executable, "-m", "engine.cli", "new", str(project), "--images", str(folder)]
    began = time.perf_counter()
    subprocess.run([*command, "--json"], check=True, capture_output=True, cwd=ROOT)
    return time.perf_counter() - began


def row(name: str, one: Figures, ours: Figures) -> str:
    """The figures, and in brackets how many times those of Boxwright they are."""

    def cell(value: float, own: float, unit: str, places: int) -> str:
        times = "" if one is ours else f" ({value / own:.1f})"
        return f"{value:.{places}f} {unit}{times}"

    cells = [cell(one[kind], ours[kind], "s", 2) for kind in ("start", "open")]
    for kind in ("next", "paused"):
        for pick in (statistics.median, lambda v: statistics.quantiles(v, n=20)[-1]):
            cells.append(cell(pick(one[kind]), pick(ours[kind]), "ms", 0))
    cells.append(cell(one["memory"], ours["memory"], "MiB", 0))
    return f"| {name} | {' | '.join(cells)} |"


def report(folder: Path, scratch: Path, options: argparse.Namespace) -> list[str]:
    indexing = make_project(folder, scratch / "project")
    ours = drive(sys.executable, BOXWRIGHT, scratch / "project", options)
    if "failed" in ours:
        return [f"Boxwright: {ours['failed']}"]
    lines = [
        "| | start to first image | folder to first image | next, median | p95 "
        "| next after a pause, median | p95 | resident |",
        "|---|---|---|---|---|---|---|---|",
        row(ours["version"], ours, ours),
    ]
    notes = [f"Making the project of the folder, once: {indexing:.1f} s."]
    for name, python, tool in (
        ("labelme", options.labelme, LABELME),
        ("labelImg", options.labelimg, LABELIMG),
    ):
        if python is None or not python.exists():
            notes.append(f"{name}: not here, left out.")
            continue
        found = drive(str(python), tool, folder, options)
        if "failed" in found:
            notes.append(f"{name} failed: {found['failed']}")
        else:
            lines.append(row(found["version"], found, ours))
    return [*lines, "", *notes]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--labelme", type=Path, help="the Python that has labelme")
    parser.add_argument("--labelimg", type=Path, help="the Python that has labelImg")
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--size", type=int, nargs=2, default=(1600, 1200))
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--pauses", type=int, default=20)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "images"
        write_images(folder, options.images, tuple(options.size))
        sys.stdout.write("\n".join(report(folder, Path(name), options)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
