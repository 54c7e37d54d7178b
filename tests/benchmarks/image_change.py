"""From the key to the next image on the screen, with its boxes, in the real review page.

    python -m tests.benchmarks.image_change [--images 60] [--steps 25]

A project of JPEG files of 4000 x 3000 with proposals and score maps. Three ways of going on: to an
image that was prefetched (the key is pressed once everything has come to rest), to one far away
that was not, and key after key as fast as images appear. Until the frame with the first picture
has been given to the screen (a draft where it is not prefetched), and until that with the final
one; and the longest time that the window's thread did not come back to its event loop.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PIL import Image
from PySide6.QtCore import QEvent, QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMainWindow

from app.actions import ActionRegistry
from app.garbage import GarbageCollector
from app.image_loader import Copy
from app.panels.review_page import ReviewPage
from app.store_ops import Session
from engine.store.project import Project
from tests.gui import review_bench
from tests.gui.review_bench import StallWatch, make_project

BUDGET_MS = {"prefetched": 16.0, "not prefetched": 80.0}
RESTS_S = 0.4


def write_images(folder: Path, count: int, size: tuple[int, int]) -> None:
    """Pictures with something in every corner of them, a few different ones under many names."""
    rng = np.random.default_rng(0)
    files = []
    for _ in range(4):
        coarse = Image.fromarray(rng.integers(0, 255, (60, 80, 3), dtype=np.uint8))
        smooth = np.asarray(coarse.resize(size, Image.Resampling.BICUBIC)).astype(np.int16)
        noisy = smooth + rng.integers(-9, 9, smooth.shape, dtype=np.int16)
        path = folder / f"source {len(files)}.jpg"
        Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(path, quality=88)
        files.append(path.read_bytes())
        path.unlink()
    for number in range(count):
        name = f"{review_bench.CLASSES[number % 2]}/{number:03}.jpg"
        (folder / "images" / name).write_bytes(files[number % len(files)])


#: Milliseconds: the first picture by the clock, CPU until then (all threads); the final one alike.
Times = tuple[float, float, float, float]


def _between(start: tuple[float, float], end: tuple[float, float] | None) -> tuple[float, float]:
    assert end is not None
    return (end[0] - start[0]) * 1e3, (end[1] - start[1]) * 1e3


class FrameClock(QMainWindow):
    """Notes when a frame that shows what is waited for has been given to the screen."""

    def __init__(self) -> None:
        super().__init__()
        self.wanted: Callable[[], bool] = lambda: False
        self.at: tuple[float, float] | None = None

    def event(self, event: QEvent) -> bool:
        handled = super().event(event)
        if event.type() == QEvent.Type.UpdateRequest and self.at is None and self.wanted():
            self.at = time.perf_counter(), time.process_time()
        return handled


class Stage:
    """The page in a window, and how long it takes to go on."""

    def __init__(self, project: Project) -> None:
        self.session = Session(project)
        self.page = ReviewPage(self.session, ActionRegistry())
        self.window = FrameClock()
        self.window.setCentralWidget(self.page)
        self.window.resize(1600, 1000)
        self.window.show()
        self.page.reload()
        self.until(lambda: self.page.flow.seen)
        self.page.setFocus()
        self.rest()

    def until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            QApplication.processEvents()
            time.sleep(0.0005)

    def rest(self) -> None:
        """Until what was to be made ready is ready."""
        end = time.monotonic() + RESTS_S
        self.until(lambda: time.monotonic() > end and not self.page.loader.waiting)

    def go(self, act: Callable[[], object]) -> Times:
        """Until the first picture of another image is on the screen, and until the final one is."""
        window, page, loader = self.window, self.page, self.page.loader
        old = page.desk.image_id
        window.wanted = lambda: page.flow.seen and page.desk.image_id != old
        window.at, since = None, (time.perf_counter(), time.process_time())
        act()
        self.until(lambda: window.at is not None)
        first = _between(since, window.at)
        image_id = page.desk.image_id or 0
        if not page.shown.drafted:
            return (*first, *first)
        window.wanted, window.at = lambda: not page.shown.drafted, None
        self.until(lambda: window.at is not None)
        assert loader.holds(image_id, Copy.PREVIEW)
        return (*first, *_between(since, window.at))

    def press(self, key: Qt.Key) -> Callable[[], object]:
        return lambda: QTest.keyClick(self.page.stage.canvas, key)

    def close(self) -> None:
        self.session.close()
        self.window.close()


def measure(stage: Stage, steps: int) -> dict[str, list[Times]]:
    found: dict[str, list[Times]] = {
        "prefetched": [],
        "not prefetched": [],
        "key after key": [],
    }
    for _ in range(steps):
        found["prefetched"].append(stage.go(stage.press(Qt.Key.Key_D)))
        stage.rest()
    model, ids = stage.page.model, []
    ids = [model.entry(row).image_id for row in range(model.rowCount())]
    half = len(ids) // 2
    for number in range(steps):
        wanted = ids[(number * 7 + (number % 2) * half) % len(ids)]
        stage.page.loader.forget([wanted])
        if wanted != stage.page.desk.image_id:
            found["not prefetched"].append(stage.go(lambda w=wanted: stage.page.focus_image(w)))
        stage.rest()
    stage.go(lambda: stage.page.focus_image(ids[0]))
    stage.rest()
    found["key after key"] = [stage.go(stage.press(Qt.Key.Key_D)) for _ in range(steps)]
    return found


def report(found: dict[str, list[Times]], watch: StallWatch) -> list[str]:
    lines = [
        "| next image | first picture: median, p95 | CPU | final: median, p95 | CPU | budget |",
        "|---|---|---|---|---|---|",
    ]
    for name, times in found.items():
        columns = [
            (statistics.median(v), statistics.quantiles(v, n=20)[-1])
            for v in zip(*times, strict=True)
        ]
        cells = [f"{middle:.0f} ms, {p95:.0f} ms" for middle, p95 in columns]
        cells[1], cells[3] = f"{columns[1][0]:.0f} ms", f"{columns[3][0]:.0f} ms"
        budget = f"{BUDGET_MS[name]:.0f} ms" if name in BUDGET_MS else "–"
        lines.append(f"| {name} | {' | '.join(cells)} | {budget} |")
    longest, busiest = watch.longest * 1e3, watch.busiest * 1e3
    lines.append(f"\nLongest stall: {longest:.0f} ms by the clock, {busiest:.0f} ms of own work.")
    return lines


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=60)
    parser.add_argument("--steps", type=int, default=25)
    options = parser.parse_args(arguments)
    app = QApplication(["image_change"])
    collector = GarbageCollector(app)
    size = (4000, 3000)
    review_bench.SIZE = size
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, name)
        with make_project(folder, count=options.images, write=False) as project:
            write_images(folder, options.images, size)
            stage = Stage(project)
            with StallWatch() as watch:
                found = measure(stage, options.steps)
            stage.close()
    collector.stop()
    sys.stdout.write("\n".join(report(found, watch)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
