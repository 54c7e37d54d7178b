"""A real project with real image files, and the review page on it, driven by real events."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMainWindow
from pytestqt.qtbot import QtBot

from app.actions import ActionRegistry
from app.canvas.view import ImageCanvas
from app.models.details import load_details
from app.panels.review_page import ReviewPage
from app.settings import AppSettings
from app.store_ops import Session
from engine.domain.records import Annotation, QueueEntry, ReviewState, RunKind, RunState
from engine.domain.settings import BoxSettings
from engine.imaging.writing import write_jpeg
from engine.localization.boxes import derive_boxes
from engine.store import annotations, images, proposals, runs, score_maps
from engine.store.images import NewImage
from engine.store.project import Connection, Project
from engine.store.proposals import NewProposal
from engine.store.score_maps import StoredMap

#: Of all proposals here: a box well inside the picture, with room to be dragged.
BOXES = BoxSettings(threshold=0.2)
CLASSES = ("heron", "otter")
SIZE = (320, 240)
PLAIN = Qt.KeyboardModifier.NoModifier
CONTROL = Qt.KeyboardModifier.ControlModifier
PATIENCE_MS = 30_000  # on a machine that is busy with other things
#: The offscreen platform says so of every window with a minimum size.
OFFSCREEN = pytest.mark.qt_log_ignore("does not support propagateSizeHints")


def blob(seed: int) -> NDArray[np.float16]:
    """A 14 x 14 score map with one soft hill on a slope, a little elsewhere for each seed."""
    y, x = np.mgrid[0:14, 0:14]
    hill = np.exp(-((x - 6 - seed % 3) ** 2 + (y - 7 + seed % 2) ** 2) / 9.0)
    return (hill + 0.02 * x).astype(np.float16)


def picture(seed: int, size: tuple[int, int] = SIZE) -> NDArray[np.uint8]:
    width, height = size
    rng = np.random.default_rng(seed)
    return rng.integers(60, 200, (height, width, 3), dtype=np.uint8)


def make_project(
    folder: Path,
    count: int = 4,
    proposed: bool = True,
    files: Sequence[NewImage] = (),
    write: bool = True,
) -> Project:
    """``count`` pictures, by turns of two classes, with maps and proposals; then ``files``."""
    root = folder / "images"
    root.mkdir(parents=True)
    names = [f"{CLASSES[i % 2]}/{i:03}.jpg" for i in range(count)]
    for class_name in CLASSES:
        (root / class_name).mkdir()
    for seed, name in enumerate(names if write else ()):
        write_jpeg(root / name, picture(seed), durable=False)
    project = Project.create(folder / "project", root)
    project.save_settings(replace(project.settings(), boxes=BOXES))
    with project.write() as conn:
        classes = images.add_classes(conn, CLASSES)
        new = [NewImage(n, classes[n.split("/")[0]], *SIZE, None, None, 1, 1) for n in names]
        ids = images.add_images(conn, [*new, *files])
        if proposed:
            _propose(conn, ids[:count], [classes[n.split("/")[0]] for n in names])
    return project


def _propose(conn: Connection, ids: list[int], class_ids: list[int]) -> None:
    run = runs.start_run(conn, RunKind.PROPOSE, {}, {})
    maps = [StoredMap(i, c, 0.9, blob(i)) for i, c in zip(ids, class_ids, strict=True)]
    found = [
        NewProposal(m.image_id, m.class_id, b.box, b.score, BOXES.threshold)
        for m in maps
        for b in derive_boxes(m.values, *SIZE, BOXES, m.probability)
    ]
    score_maps.put_maps(conn, run, maps)
    proposals.replace_proposals(conn, run, ids, found)
    runs.end_run(conn, run, RunState.FINISHED)


class StallWatch:
    """Measures the longest time that the event loop did not come back to its heartbeat.

    ``longest`` is by the clock, ``worked`` what this thread itself worked in each such time: on a
    machine that is busy with other things only the latter says something about the program.
    """

    def __init__(self) -> None:
        self.longest = 0.0
        self.worked: list[float] = []
        self._last, self._work = time.perf_counter(), time.thread_time()
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(2)
        self._timer.timeout.connect(self._beat)

    def __enter__(self) -> StallWatch:
        self._last, self._work = time.perf_counter(), time.thread_time()
        self._timer.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._timer.stop()

    def _beat(self) -> None:
        now, work = time.perf_counter(), time.thread_time()
        self.longest = max(self.longest, now - self._last)
        self.worked.append(work - self._work)
        self._last, self._work = now, work

    def check(self, unusual: int = 0) -> None:
        """Nothing over 50 ms in the window's thread; the clock may show another's work too.

        Of what is done again and again ``unusual`` times may take longer: what holds up the window
        would do so each time, while a processor that many share is now and then half as fast.
        """
        busiest = sorted(self.worked)[-1 - unusual]
        said = f"{busiest * 1000:.0f} ms of work, {self.longest * 1000:.0f} ms by the clock"
        assert busiest < 0.05, said
        assert self.longest < 5.0, said  # waiting for something, not working


@dataclass
class Bench:
    """The page in a window of its own, and what a test asks of it."""

    qtbot: QtBot
    project: Project
    session: Session
    registry: ActionRegistry
    page: ReviewPage
    window: QMainWindow
    failures: list[object] = field(default_factory=list)

    @property
    def canvas(self) -> ImageCanvas:
        return self.page.stage.canvas

    def wait(self, condition: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(condition, timeout=PATIENCE_MS)

    def wait_shown(self, path: str) -> None:
        """Until the image with this path is on the screen."""
        self.wait(lambda: self.page.flow.seen and self.path == path)

    def wait_saved(self) -> None:
        """Until everything asked for is on disk and shown as such."""
        self.session.flush()
        self.wait(lambda: self.session.pending == 0)
        self.wait(self._shows_what_is_stored)

    def _shows_what_is_stored(self) -> bool:
        """The answer to an act comes in two steps; an image that is seen may be that of before."""
        desk = self.page.desk
        if not self.page.flow.seen or desk.details is None or desk._edited:
            return False
        with self.project.read() as conn:
            stored = load_details(conn, self.image_id, self.project.settings().boxes)
            states = {entry.image_id: entry.state for entry in images.queue(conn)}
        listed = {image_id: self.page.model.entry_of(image_id) for image_id in states}
        rows_told = all(e is None or e.state is states[each] for each, e in listed.items())
        return rows_told and desk.details.same_as(stored)

    @property
    def path(self) -> str:
        details = self.page.desk.details
        return "" if details is None else details.image.path

    @property
    def image_id(self) -> int:
        assert self.page.desk.image_id is not None
        return self.page.desk.image_id

    def press(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = PLAIN) -> None:
        self.activate()
        QTest.keyClick(self.page.stage.canvas, key, modifiers)

    def activate(self) -> None:
        """A window that is not active takes no shortcuts, and without a manager nobody helps."""
        if not self.window.isActiveWindow():
            self.window.activateWindow()
            self.wait(self.window.isActiveWindow)

    def drag(
        self,
        start: tuple[float, float],
        end: tuple[float, float],
        button: Qt.MouseButton = Qt.MouseButton.LeftButton,
    ) -> None:
        """Drag from one point of the image to another, in image pixels."""
        canvas = self.page.stage.canvas
        a, b = canvas.to_viewport(*start), canvas.to_viewport(*end)
        self.drag_screen(a, b, button)

    def drag_screen(
        self, a: QPoint, b: QPoint, button: Qt.MouseButton = Qt.MouseButton.LeftButton
    ) -> None:
        canvas = self.page.stage.canvas
        QTest.mousePress(canvas, button, PLAIN, a)
        for step in range(1, 6):
            QTest.mouseMove(canvas, a + (b - a) * (step / 5))
        QTest.mouseRelease(canvas, button, PLAIN, b)

    def click(self, x: float, y: float) -> None:
        canvas = self.page.stage.canvas
        QTest.mouseClick(
            canvas,
            Qt.MouseButton.LeftButton,
            PLAIN,
            canvas.to_viewport(x, y),
        )

    def stored(self, image_id: int) -> list[Annotation]:
        """The annotations on disk."""
        with self.project.read() as conn:
            return annotations.annotations_of(conn, [image_id])[image_id]

    def entry(self, image_id: int) -> QueueEntry:
        with self.project.read() as conn:
            return images.queue_entries(conn, [image_id])[0]

    def state(self, image_id: int) -> ReviewState:
        """The review state on disk."""
        return self.entry(image_id).state


@contextmanager
def open_bench(
    qtbot: QtBot, project: Project, settings: AppSettings | None = None
) -> Iterator[Bench]:
    """The page on ``project``, which is closed in the end."""
    session = Session(project)
    registry = ActionRegistry()
    page = ReviewPage(session, registry, settings=settings)
    window = QMainWindow()
    window.setCentralWidget(page)
    window.resize(1200, 720)
    bench = Bench(qtbot, project, session, registry, page, window)
    session.failed.connect(bench.failures.append)
    qtbot.addWidget(window)
    window.show()
    with qtbot.waitActive(window, timeout=PATIENCE_MS):
        window.activateWindow()
    page.reload()
    page.setFocus()
    try:
        yield bench
    finally:
        session.close()
        window.close()
        project.close()


@pytest.fixture
def bench(qtbot: QtBot, tmp_path: Path) -> Iterator[Bench]:
    """Four images, proposed; the first is on the screen."""
    with open_bench(qtbot, make_project(tmp_path)) as opened:
        opened.wait_shown("heron/000.jpg")
        yield opened
