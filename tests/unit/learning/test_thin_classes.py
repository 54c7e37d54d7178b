"""Classes with one image or none, and image labels that came after the training."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from engine.domain.errors import ProjectError
from engine.domain.settings import TrainSettings
from engine.jobs.events import Event, Warned
from engine.jobs.reporter import Reporter, silent_reporter
from engine.jobs.requests import IndexRequest, ProposeRequest, TrainRequest
from engine.workflows.dispatch import run
from tests.pictures import write_picture, write_pictures

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
    """Keeps what is warned of."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def __call__(self, event: Event) -> None:
        if isinstance(event, Warned):
            self.warnings.append(event.message)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write_pictures(tmp_path / "pictures", 2, (40, 40))
    write_picture(tmp_path / "pictures" / "rare" / "0.png", (9, 9, 9), 1, (40, 40))
    return tmp_path / "project"


def index(project: Path) -> None:
    run(IndexRequest(str(project), str(project.parent / "pictures")), silent_reporter())


def test_thin_classes_and_later_labels_are_told(project: Path) -> None:
    index(project)
    shutil.rmtree(project.parent / "pictures" / "red")
    index(project)  # the class stays, without a usable image
    heard = Heard()
    run(TrainRequest(str(project), SETTINGS), Reporter(heard))
    assert "No image to train on, so not learned: red." in heard.warnings
    assert any(text.startswith("One image alone") and "rare" in text for text in heard.warnings)

    write_picture(project.parent / "pictures" / "new" / "0.png", (9, 9, 9), 2, (40, 40))
    table = project.parent / "labels.csv"
    table.write_text("image,class\nblue/0.png,blue\ngreen/0.png,green\nnew/0.png,new\n")
    request = IndexRequest(str(project), str(project.parent / "pictures"), str(table))
    run(request, silent_reporter())
    later = Heard()
    proposed = run(ProposeRequest(str(project)), Reporter(later))
    assert proposed["images"] == 6
    (warning,) = [text for text in later.warnings if "did not know" in text]
    assert warning.startswith("1 images get no box")
    assert ": new." in warning
    assert proposed["boxes"] == 5


def test_only_the_newest_training_resumes(project: Path) -> None:
    index(project)
    with pytest.raises(ProjectError, match="there is none yet"):
        run(TrainRequest(str(project), resume=True), silent_reporter())
    result = run(TrainRequest(str(project), SETTINGS), silent_reporter())
    with pytest.raises(ProjectError, match=f"the newest, run {result['run']}, is finished"):
        run(TrainRequest(str(project), resume=True), silent_reporter())
