"""How long the window stands still while the why view is used: the real window, with real events.

    python -m tests.benchmarks.why_stalls PROJECT [--images 12]

PROJECT has trainings of at least two methods; a copy of its folder is opened. Goes through the view
as a person does: opens it, looks at images, lays the maps over them, zooms, moves the mouse, draws
the threshold along, compares runs, drops masks, the box and blocks, cycles the other boxes. A timer
of the window's thread beats every 2 ms; prints for each step the longest pause between two beats,
by the clock and in processor time of that thread (what others do on the machine counts in the
first alone), and how many pauses were over 50 ms by the clock.
"""

from __future__ import annotations

import argparse
import gc
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import QPoint, QPointF, QSettings, Qt, QTimer
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.garbage import GarbageCollector
from app.main import make_application
from app.main_window import MainWindow
from app.settings import AppSettings
from app.why.drop_tab import What
from app.why.page import WhyPage
from app.why.panels import MapPanel

LIMIT = 0.05  # seconds
PLAIN = Qt.KeyboardModifier.NoModifier


class Meter:
    """The longest pauses of the window's thread since ``reset``, in seconds."""

    def __init__(self) -> None:
        self._timer = QTimer(timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._timer.start(2)
        self.reset()

    def reset(self) -> None:
        self.longest = self.busiest = 0.0
        self.over = 0
        self._last, self._worked = time.perf_counter(), time.thread_time()

    def _beat(self) -> None:
        now, worked = time.perf_counter(), time.thread_time()
        pause = now - self._last
        self.longest = max(self.longest, pause)
        self.busiest = max(self.busiest, worked - self._worked)
        self.over += pause > LIMIT
        self._last, self._worked = now, worked


class Driver:
    """The window with a project, and its why view."""

    def __init__(self, project: Path) -> None:
        self.window = MainWindow(AppSettings())
        self.window.resize(1600, 1000)
        self.window.show()
        self.meter = Meter()
        self.window.open_project(project)
        self.until(self._review_seen)
        self.window.activateWindow()
        self.until(self.window.isActiveWindow)
        self.rest(1.0)

    @property
    def page(self) -> WhyPage:
        assert self.window.rooms is not None
        assert self.window.rooms.why.page is not None
        return self.window.rooms.why.page

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        self.meter.reset()
        yield
        self.rest(0.05)
        meter = self.meter
        figures = f"{1000 * meter.longest:.0f} | {1000 * meter.busiest:.0f} | {meter.over}"
        sys.stdout.write(f"| {name} | {figures} |\n")
        sys.stdout.flush()

    def until(self, condition: Callable[[], object]) -> None:
        end = time.monotonic() + 60
        while not condition():
            if time.monotonic() > end:
                raise SystemExit("The window did not come to that in a minute.")
            QApplication.processEvents()
            time.sleep(0.001)

    def rest(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        self.until(lambda: time.monotonic() > end)

    def answered(self) -> None:
        assert self.window.rooms is not None
        inspector = self.window.rooms.why.inspector
        self.until(lambda: self.page.desk.view is not None and not inspector.waiting)
        self.rest(0.05)

    def key(self, key: Qt.Key) -> None:
        QTest.keyClick(self.page.tab.place.sheet, key, PLAIN)

    def next_image(self) -> None:
        desk = self.page.desk
        before = desk.image
        self.key(Qt.Key.Key_D)
        self.until(lambda: desk.image is not before)
        self.answered()

    def open_view(self) -> None:
        assert self.window.review_page is not None
        QTest.keyClick(self.window.review_page.stage.canvas, Qt.Key.Key_I)
        self.until(lambda: self.window.rooms is not None and self.window.rooms.why.shown)
        self.answered()

    def panel(self, title: str) -> MapPanel:
        rows = self.page.tab.place.sheet.rows
        found = next(p for row in rows for p in row.panels if p.title == title)
        assert isinstance(found, MapPanel)
        return found

    def point(self, panel: MapPanel, u: float, v: float) -> QPoint:
        sheet = self.page.tab.place.sheet
        frame = self.page.lens.frame(panel.body(sheet.rect_of(panel)))
        at = QPointF(frame.left() + u * frame.width(), frame.top() + v * frame.height())
        return at.toPoint()

    def wheel(self, at: QPoint, notches: int) -> None:
        sheet = self.page.tab.place.sheet
        none, phase = Qt.MouseButton.NoButton, Qt.ScrollPhase.NoScrollPhase
        where, turn = QPointF(sheet.mapToGlobal(at)), QPoint(0, 120 * notches)
        wheel = QWheelEvent(QPointF(at), where, QPoint(), turn, none, PLAIN, phase, False)
        QApplication.sendEvent(sheet, wheel)

    def _review_seen(self) -> bool:
        return self.window.review_page is not None and self.window.review_page.flow.seen


def maps(driver: Driver, images: int) -> None:
    with driver.step("open the view, first time"):
        driver.open_view()
    with driver.step(f"next image, {images} times"):
        for _ in range(images):
            driver.next_image()
    with driver.step("maps over the image and back"):
        driver.key(Qt.Key.Key_O)
        driver.rest(0.1)
        driver.key(Qt.Key.Key_O)
    place = driver.point(driver.panel("Self-attention  A"), 0.5, 0.5)
    with driver.step("zoom by the wheel"):
        for notches in [1] * 8 + [-1] * 8:
            driver.wheel(place, notches)
            driver.rest(0.02)
    with driver.step("the mouse over the maps, 150 places"):
        for at in range(150):
            QTest.mouseMove(driver.page.tab.place.sheet, place + QPoint(at % 40, at % 30))
            driver.rest(0.004)
    with driver.step("threshold drawn along, 180 places"):
        for value in [*range(5, 95), *range(95, 5, -1)]:
            driver.page.side.threshold.setValue(value)
            driver.rest(0.004)
        driver.page.side.threshold.setValue(10)


def comparison(driver: Driver, images: int) -> None:
    def shown() -> bool:
        place = driver.page.tab.place
        return len(place.sheet.rows) >= 2 and not place.waits

    with driver.step("compare runs"):
        driver.key(Qt.Key.Key_2)
        driver.until(shown)
        driver.answered()
    with driver.step(f"next image compared, {images} times"):
        for _ in range(images):
            driver.next_image()
            driver.until(shown)


def drops(driver: Driver) -> None:
    with driver.step("drop it: masks"):
        driver.key(Qt.Key.Key_3)
        driver.until(lambda: driver.page.drop_tab.answer is not None)
        driver.answered()
    for what in (What.INSIDE, What.OUTSIDE):
        with driver.step(f"drop it: {what.name.lower()}"):
            driver.page.drop_tab.choose(what)
            driver.answered()
    with driver.step("drop it: 10 blocks under the mouse"):
        driver.page.drop_tab.choose(What.BLOCK)
        panel = driver.panel("Image")
        for at in range(10):
            place = driver.point(panel, 0.2 + 0.06 * at, 0.5)
            sheet = driver.page.tab.place.sheet
            QTest.mouseClick(sheet, Qt.MouseButton.LeftButton, PLAIN, place)
            driver.answered()
            panel = driver.panel("Image")
    with driver.step("other boxes, 8 times"):
        for _ in range(8):
            driver.key(Qt.Key.Key_B)
            driver.rest(0.02)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("project", type=Path)
    parser.add_argument("--images", type=int, default=12)
    chosen = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    gc.disable()  # as the program does; see ``app.garbage``
    with tempfile.TemporaryDirectory() as folder:
        for form in (QSettings.Format.IniFormat, QSettings.Format.NativeFormat):
            QSettings.setPath(form, QSettings.Scope.UserScope, folder)
        application = make_application(sys.argv[:1])
        driver = Driver(shutil.copytree(chosen.project, Path(folder) / "project"))
        collector = GarbageCollector(driver.window)
        sys.stdout.write("| step | longest pause, ms | of it working, ms | over 50 ms |\n")
        maps(driver, chosen.images)
        comparison(driver, chosen.images)
        drops(driver)
        driver.window.close()
        collector.stop()
        application.processEvents()


if __name__ == "__main__":
    main()
