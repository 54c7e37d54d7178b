"""How long the window's thread is away from its event loop, page by page and dialog by dialog.

    python -m tests.benchmarks.stalls --project FOLDER [--train] [--least 0]

Works on a copy of the project, which should be proposed (the why view asks its trained run). Every
step is what a person does: keys, clicks and menu entries of the real window; each dialog is opened
for the first time, then once more. Of each step: the longest time without a heartbeat, in
milliseconds of the thread's own work and by the clock (which other programs lengthen).
``--train`` also starts a training of that project in the engine, watches its curves and cancels it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QPoint, QSettings, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog

from app import theme
from app.garbage import GarbageCollector
from app.main import make_application
from app.main_window import MainWindow
from app.preload import load_rest
from app.settings import AppSettings
from tests.gui.review_bench import StallWatch

BUDGET_MS = 50.0
SETTLES_S = 0.25
PATIENCE_S = 60.0
Act = Callable[[], object]
Until = Callable[[], bool]


@dataclass
class Found:
    """The longest stall of one step, in milliseconds."""

    name: str
    work: float
    clock: float


class Walk:
    """The real window, and what a person does to it step by step."""

    def __init__(self, project: Path, settings: Path) -> None:
        self.app = make_application(sys.argv[:1])
        self.window = MainWindow(AppSettings(settings))
        theme.apply(self.app, theme.ThemeMode.LIGHT)
        self.collector = GarbageCollector(self.window)
        self.window.resize(1600, 1000)
        self.window.show()
        self.project = project
        self.found: list[Found] = []
        self.until(lambda: False, SETTLES_S)

    @property
    def page(self):
        return self.window.review_page

    @property
    def canvas(self):
        return self.page.stage.canvas

    def until(self, condition: Until, seconds: float = PATIENCE_S) -> bool:
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                return False
            self.app.processEvents()
            time.sleep(0.0005)
        return True

    def step(self, name: str, act: Act, until: Until | None = None) -> None:
        """Measure from ``act`` until ``until`` is so and nothing has come for a while."""
        with StallWatch() as watch:
            QTimer.singleShot(0, self.window, act)
            self.until(lambda: False, 0.02)
            if until is not None and not self.until(until):
                raise RuntimeError(f"{name}: did not come to an end")
            self.until(lambda: False, SETTLES_S)
        self.found.append(Found(name, watch.busiest * 1e3, watch.longest * 1e3))

    def trigger(self, action_id: str) -> Act:
        """Choose it in the menu."""

        def act() -> None:
            action = self.window.registry.action(action_id)
            assert action.isEnabled(), f"{action_id} cannot be done now"
            action.trigger()

        return act

    def key(self, key: Qt.Key) -> Act:
        return lambda: QTest.keyClick(self.canvas, key)

    def dialog(self, action_id: str) -> None:
        """Open, look, close; once more."""
        for time_ in ("first", "again"):
            self.step(f"{action_id}, {time_}", self.trigger(action_id), self.dialog_is_there)
            self.step(f"{action_id}, closed", self.close_dialogs)

    def dialogs(self) -> list[QDialog]:
        tops = self.app.topLevelWidgets()
        return [w for w in tops if isinstance(w, QDialog) and w.isVisible()]

    def dialog_is_there(self) -> bool:
        return bool(self.dialogs())

    def close_dialogs(self) -> None:
        for dialog in self.dialogs():
            dialog.reject()

    def seen(self) -> bool:
        return self.page is not None and self.page.flow.seen

    def whole(self) -> bool:
        return self.page is not None and self.page.whole and self.seen()

    def drag(self, start: QPoint, end: QPoint) -> None:
        left, plain = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        QTest.mousePress(self.canvas, left, plain, start)
        for share in range(1, 6):
            QTest.mouseMove(self.canvas, start + (end - start) * (share / 5))
        QTest.mouseRelease(self.canvas, left, plain, end)

    def close(self) -> None:
        self.close_dialogs()
        self.window.close()
        self.collector.stop()


def opening(walk: Walk) -> None:
    walk.step("open the project", lambda: walk.window.open_project(walk.project), walk.whole)
    walk.step("load what comes later", load_rest, lambda: not load_rest().is_alive())
    walk.collector.spare_when_loaded(load_rest())


def review(walk: Walk) -> None:
    for number in range(8):
        walk.step(f"next image {number + 1}", walk.key(Qt.Key.Key_D), walk.seen)
    walk.step("heatmap", walk.key(Qt.Key.Key_H))
    for _ in range(3):
        walk.step("threshold", walk.key(Qt.Key.Key_BracketRight))
    for name, key in (("accept", Qt.Key.Key_Space), ("reject", Qt.Key.Key_X)):
        walk.step(name, walk.key(key), walk.seen)
    walk.step("undo", walk.trigger("edit.undo"))
    walk.step("redo", walk.trigger("edit.redo"))
    walk.step("draw: key", walk.key(Qt.Key.Key_W))
    walk.step("draw: drag", lambda: walk.drag(QPoint(320, 240), QPoint(520, 420)))
    walk.step("zoom", lambda: [walk.canvas.zoom_by(1.3) for _ in range(6)])
    walk.step("fit", walk.trigger("view.fit"))
    walk.step("loupe", walk.key(Qt.Key.Key_Q))
    walk.step("loupe off", walk.key(Qt.Key.Key_Q))
    walk.step("search", lambda: walk.page.queue.search.setText("1"))
    walk.step("search nothing", lambda: walk.page.queue.search.setText(""))
    order = walk.page.queue.filters.order
    for at in range(order.count()):
        walk.step(f"order {order.itemText(at)}", lambda at=at: order.setCurrentIndex(at))
    walk.step("order back", lambda: order.setCurrentIndex(0))
    walk.step("lane", walk.trigger("review.lane"))
    walk.step("lane off", walk.trigger("review.lane"))


def grid(walk: Walk) -> None:
    for time_ in ("first", "again"):
        walk.step(f"grid, {time_}", walk.trigger("grid.open"))
        wall = walk.window.rooms.grid.page.wall
        bar = wall.verticalScrollBar()
        walk.step("grid: scroll", lambda bar=bar: bar.setValue(bar.maximum()))
        walk.step("grid: crops", walk.trigger("grid.crops"))
        walk.step("grid: larger", walk.trigger("grid.larger"))
        walk.step("grid: select all", walk.trigger("grid.select_all"))
        walk.step("grid: back", walk.trigger("grid.back"))


def why(walk: Walk) -> None:
    for time_ in ("first", "again"):
        walk.step(f"why, {time_}", walk.trigger("why.open"))
        room = walk.window.rooms.why
        answered = lambda room=room: not room.inspector.waiting  # noqa: E731
        walk.step("why: first answer", lambda: None, answered)
        for tab in ("compare", "drop", "maps"):
            walk.step(f"why: {tab}", walk.trigger(f"why.{tab}"), answered)
        walk.step("why: over the image", walk.trigger("why.over"), answered)
        walk.step("why: next image", walk.trigger("why.next"), answered)
        walk.step("why: threshold", walk.trigger("why.raise"), answered)
        walk.step("why: back", walk.trigger("why.back"), walk.seen)


def dialogs(walk: Walk) -> None:
    names = ["class.edit", "review.label", "review.note", "review.checks", "edit.history"]
    names += ["job.train", "job.propose", "job.report", "file.export", "file.import"]
    names += ["file.new_project", "learn.findings", "learn.accept_rest", "help.keys", "help.about"]
    names += [n for n in ("file.settings", "edit.settings") if n in walk.window.registry.ids()]
    for name in names:
        if walk.window.registry.action(name).isEnabled():
            walk.dialog(name)
        else:
            sys.stderr.write(f"{name} cannot be done in this project\n")


def appearance(walk: Walk) -> None:
    walk.step("dark", walk.trigger("view.theme_dark"))
    walk.step("light", walk.trigger("view.theme_light"))


def training(walk: Walk) -> None:
    runner = walk.window.runner
    walk.step("train: dialog", walk.trigger("job.train"), walk.dialog_is_there)
    dialog = walk.dialogs()[0]
    metrics: list[object] = []
    runner.metric.connect(metrics.append)
    walk.step("train: start", dialog.start_button.click, lambda: runner.running)
    walk.step("train: first curves", lambda: None, lambda: len(metrics) > 3)
    walk.step("train: cancel", walk.trigger("job.cancel"), lambda: not runner.running)
    walk.step("train: closed", walk.close_dialogs)


def closing(walk: Walk) -> None:
    closed = lambda: walk.page is None  # noqa: E731
    walk.step("close the project", walk.trigger("file.close_project"), closed)
    walk.step("open it again", lambda: walk.window.open_project(walk.project), walk.whole)


def report(found: Sequence[Found], least: float) -> Iterator[str]:
    yield "| step | own work | by the clock |"
    yield "|---|---|---|"
    for one in sorted(found, key=lambda one: -one.work):
        if one.work >= least:
            yield f"| {one.name} | {one.work:.0f} ms | {one.clock:.0f} ms |"
    over = sum(one.work > BUDGET_MS for one in found)
    yield f"\n{len(found)} steps, {over} with more than {BUDGET_MS:.0f} ms of own work at once."


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--project", type=Path, required=True)
    parser.add_argument("--train", action="store_true")
    parser.add_argument("--least", type=float, default=10.0, help="list stalls from here on, in ms")
    options = parser.parse_args(arguments)
    parts = [opening, review, grid, dialogs, why, appearance]
    parts += [training] if options.train else []
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / "project"
        shutil.copytree(options.project, copy)
        QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, scratch)
        walk = Walk(copy, Path(scratch) / "window.ini")
        for part in (*parts, closing):
            part(walk)
        walk.close()
    for line in report(walk.found, options.least):
        sys.stdout.write(line + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
