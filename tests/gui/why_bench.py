"""A small project with a trained network, and the why view on it with the real inspector."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from app.settings import AppSettings
from app.why.desk import WhyDesk
from app.why.page import WhyPage
from app.why.panels import MapPanel
from app.why.room import WhyRoom
from engine.domain.records import Annotation
from engine.jobs.catalogue import recipe
from engine.jobs.reporter import silent_reporter
from engine.jobs.requests import IndexRequest, ProposeRequest, TrainRequest
from engine.store import annotations
from engine.workflows import index, propose, train
from tests.pictures import write_pictures

PATIENCE_MS = 120_000  # the process loads torch, on a machine that may be busy


def make_trained(folder: Path) -> Path:
    """Nine pictures in three classes; run 1 DGDM, run 2 CAM, run 3 the proposals of run 1."""
    images = write_pictures(folder / "pictures", per_class=3)
    project = folder / "project"
    quiet = silent_reporter()
    index.run(IndexRequest(str(project), str(images)), quiet)
    for method in ("dgdm", "cam"):
        settings = replace(
            recipe("compact", method),
            epochs=1,
            image_size=32,
            resize_size=36,
            batch_size=3,
            device="cpu",
        )
        train.run(TrainRequest(str(project), settings), quiet)
    propose.run(ProposeRequest(str(project), run=1), quiet)
    return folder


@pytest.fixture(scope="session")
def trained_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_trained(tmp_path_factory.mktemp("trained"))


@pytest.fixture
def trained(trained_once: Path) -> Path:
    """The project's folder, as it was after proposing, whatever the last test did to it."""
    project, kept = trained_once / "project", trained_once / "kept"
    if not kept.exists():
        shutil.copytree(project, kept)
    shutil.rmtree(project)
    shutil.copytree(kept, project)
    return project


@dataclass
class WhyBench:
    """The window with the why view in front, and what a test asks of it."""

    qtbot: QtBot
    window: MainWindow

    @property
    def room(self) -> WhyRoom:
        assert self.window.rooms is not None
        return self.window.rooms.why

    @property
    def page(self) -> WhyPage:
        assert self.room.page is not None
        return self.room.page

    @property
    def desk(self) -> WhyDesk:
        return self.page.desk

    def wait(self, condition: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(condition, timeout=PATIENCE_MS)

    def wait_answered(self) -> None:
        """Until nothing that was asked is still to come."""
        self.wait(lambda: not self.room.inspector.waiting)

    def press(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> None:
        QTest.keyClick(self.page.tab.place.sheet, key, modifiers)

    def panel(self, title: str, row: int = 0) -> MapPanel:
        """The map of this title in a row of the tab in front."""
        found = self.page.tab.place.sheet.rows[row].panels
        panel = next(p for p in found if p.title == title)
        assert isinstance(panel, MapPanel)
        return panel

    def point_at(self, panel: MapPanel, u: float, v: float) -> QPoint:
        """Where on the sheet the place (u, v) of the image is in ``panel``."""
        sheet = self.page.tab.place.sheet
        frame = self.page.lens.frame(panel.body(sheet.rect_of(panel)))
        return QPoint(
            round(frame.left() + u * frame.width()), round(frame.top() + v * frame.height())
        )

    def entries(self) -> dict[str, int]:
        """Path of every image in the queue, and its id."""
        assert self.window.review_page is not None
        model = self.window.review_page.model
        found = [model.entry(row) for row in range(model.rowCount())]
        return {entry.path: entry.image_id for entry in found}

    def look_into(self, image_id: int) -> None:
        """Go to another image; returns once that is the desk's."""
        assert self.window.review_page is not None
        self.window.review_page.flow.open(image_id)
        self.wait(lambda: self.desk.image is not None and self.desk.image.id == image_id)

    def stored(self, image_id: int) -> list[Annotation]:
        session = self.window.desk.session
        assert session is not None
        with session.project.read() as connection:
            return annotations.annotations_of(connection, [image_id])[image_id]


@contextmanager
def open_why(qtbot: QtBot, project: Path, ask: bool = True) -> Iterator[WhyBench]:
    """The window on ``project`` with the why view in front, answered if ``ask``."""
    window = MainWindow(AppSettings())
    window.resize(1300, 850)
    window.show()
    bench = WhyBench(qtbot, window)
    try:
        window.open_project(project)
        bench.wait(lambda: window.review_page is not None and window.review_page.flow.seen)
        with qtbot.waitActive(window, timeout=PATIENCE_MS):
            window.activateWindow()
        assert window.review_page is not None
        canvas = window.review_page.stage.canvas
        canvas.setFocus()
        QTest.keyClick(canvas, Qt.Key.Key_I)
        bench.wait(lambda: bench.room.shown)
        if ask:
            bench.wait(lambda: bench.desk.view is not None)
        yield bench
    finally:
        window.close()
        window.deleteLater()
