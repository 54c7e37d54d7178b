"""Jobs that a menu starts without a dialog: what the engine is asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.job_runner import JobRunner
from app.main_window import MainWindow
from app.settings import AppSettings
from engine.jobs.requests import MeasureRequest, QuickStartRequest, Request
from tests.gui.review_bench import BOXES, OFFSCREEN, make_project

pytestmark = OFFSCREEN


class Runner(JobRunner):
    """Takes requests down and starts no process."""

    def start(self, request: Request) -> None:
        self.asked = request


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    make_project(tmp_path).close()
    window = MainWindow(AppSettings(), Runner())
    window.show()
    window.open_project(tmp_path / "project")
    qtbot.waitUntil(lambda: window.desk.state is not None, timeout=20_000)
    yield window
    window.close()
    window.deleteLater()


def test_the_quick_start_trains_cam_and_dgdm_alike(window: MainWindow) -> None:
    window.registry.action("job.start").trigger()
    asked = window.runner.asked  # type: ignore[attr-defined]
    assert isinstance(asked, QuickStartRequest)
    cam, dgdm = asked.trainings
    assert (cam.method, dgdm.method) == ("cam", "dgdm")
    assert (cam.backbone, cam.epochs, cam.seed) == (dgdm.backbone, dgdm.epochs, dgdm.seed)
    assert asked.boxes == BOXES


def test_measuring_is_of_the_open_project(window: MainWindow, tmp_path: Path) -> None:
    window.registry.action("job.measure").trigger()
    asked = window.runner.asked  # type: ignore[attr-defined]
    assert asked == MeasureRequest(str(tmp_path / "project"))
