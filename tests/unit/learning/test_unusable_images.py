"""Images that only decoding shows to be damaged: told, left out, kept as by indexing."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from engine.domain.settings import TrainSettings
from engine.jobs.events import Artifact, Event, Warned
from engine.jobs.reporter import Reporter, silent_reporter
from engine.jobs.requests import IndexRequest, MeasureRequest, ProposeRequest, TrainRequest
from engine.store import images
from engine.store.project import Project
from engine.workflows.dispatch import run
from tests.pictures import spoil_codes, write_pictures

SETTINGS = TrainSettings(
    method="cam",
    backbone="compact",
    weights="none",
    epochs=1,
    image_size=32,
    resize_size=36,
    device="cpu",
)


class Heard:
    def __init__(self) -> None:
        self.events: list[Event] = []
        self.reporter = Reporter(self.events.append)

    @property
    def warnings(self) -> list[str]:
        return [event.message for event in self.events if isinstance(event, Warned)]

    @property
    def changed(self) -> list[int]:
        """Ids of images that the window is told to read again."""
        found = [e.ids for e in self.events if isinstance(e, Artifact) and e.kind == "images"]
        return found[-1] if found else []


def problems(project: Path) -> dict[str, str]:
    with Project.open(project) as opened, opened.read() as connection:
        found = images.list_images(connection, usable_only=False)
    return {image.path: image.problem for image in found if image.problem}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Six images of each class, as JPEG; nothing is damaged."""
    root = write_pictures(tmp_path / "pictures", 3, (400, 300))
    for file in sorted(root.rglob("*.png")):
        Image.open(file).save(file.with_suffix(".jpg"))
        file.unlink()
    run(IndexRequest(str(tmp_path / "project"), str(root)), silent_reporter())
    return tmp_path / "project"


def test_found_by_training_proposing_and_measuring(project: Path) -> None:
    root = project.parent / "pictures"
    spoil_codes(root / "blue" / "1.jpg")
    heard = Heard()
    run(TrainRequest(str(project), SETTINGS), heard.reporter)
    assert list(problems(project)) == ["blue/1.jpg"]
    assert "damaged or cut short" in problems(project)["blue/1.jpg"]
    (warning,) = [text for text in heard.warnings if "blue/1.jpg" in text]
    assert "Copy it again" in warning
    assert len(heard.changed) == 1

    spoil_codes(root / "red" / "0.jpg")
    later = Heard()
    proposed = run(ProposeRequest(str(project)), later.reporter)
    assert proposed["images"] == 7
    assert not [text for text in later.warnings if "blue/1.jpg" in text]  # known by now
    assert list(problems(project)) == ["blue/1.jpg", "red/0.jpg"]

    spoil_codes(root / "red" / "1.jpg")
    run(IndexRequest(str(project), str(root)), silent_reporter())  # what is known stays known
    assert list(problems(project)) == ["blue/1.jpg", "red/0.jpg"]
    run(MeasureRequest(str(project)), silent_reporter())
    assert list(problems(project)) == ["blue/1.jpg", "red/0.jpg", "red/1.jpg"]


def test_what_is_out_of_reach_is_not_damaged(project: Path) -> None:
    run(TrainRequest(str(project), SETTINGS), silent_reporter())
    (project.parent / "pictures" / "blue" / "1.jpg").unlink()
    heard = Heard()
    run(ProposeRequest(str(project)), heard.reporter)
    assert any("not there" in text for text in heard.warnings)
    assert problems(project) == {}
