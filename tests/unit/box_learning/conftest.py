"""A small trained project whose true boxes are known."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.domain.geometry import Box
from engine.domain.settings import BoxModelSettings, MapSettings, TrainSettings
from engine.exchange.tables import BoxRow, write_boxes, write_splits
from engine.jobs.reporter import silent_reporter
from engine.jobs.requests import IndexRequest, ProposeRequest, TrainRequest
from engine.store.images import list_images
from engine.store.project import Project
from engine.store.review import ShownBox, accept
from engine.workflows import index, propose, train

WIDTH, HEIGHT = 64, 48
COLOURS = {"blue": (40, 60, 220), "red": (220, 50, 40)}
PER_CLASS = 14
#: Small and short, but enough for squares of one colour.
MODEL = BoxModelSettings(members=2, steps=70, update_steps=5, dims=24, width=16, device="cpu")


@dataclass(frozen=True)
class Taught:
    """``truth``: image path to its true box; tests change ``project`` as they like."""

    project: Path
    images: Path
    truth: dict[str, Box]
    boxes: Path
    split: Path

    def ids(self, opened: Project) -> dict[str, int]:
        with opened.read() as connection:
            return {image.path: image.id for image in list_images(connection, usable_only=False)}

    def accept(self, paths: Sequence[str], box: Box | None = None) -> None:
        """A person accepts the true boxes of these images, or ``box`` for each."""
        with Project.open(self.project) as opened:
            ids = self.ids(opened)
            for path in paths:
                with opened.read() as connection:
                    (image,) = [i for i in list_images(connection) if i.id == ids[path]]
                with opened.write() as connection:
                    shown = ShownBox(image.class_id or 1, box or self.truth[path])
                    accept(connection, ids[path], [shown])


@pytest.fixture(scope="session")
def _template(tmp_path_factory: pytest.TempPathFactory) -> Taught:
    folder = tmp_path_factory.mktemp("taught")
    images, truth, rows = folder / "images", {}, []
    for place, (name, colour) in enumerate(COLOURS.items()):
        for number in range(PER_CLASS):
            path = f"{name}/{number:02d}.png"
            truth[path] = _draw(images / path, colour, 100 * place + number)
            rows.append(BoxRow(path, name, WIDTH, HEIGHT, truth[path]))
    write_boxes(rows, folder / "boxes.csv")
    split = [(r.image, r.class_name, "train" if int(r.image[-6:-4]) < 9 else "test") for r in rows]
    write_splits(split, folder / "splits.csv")
    project, reporter = str(folder / "project"), silent_reporter()
    index.run(IndexRequest(project, str(images)), reporter)
    settings = TrainSettings(
        method="cam", backbone="compact", weights="none", epochs=3, batch_size=8, image_size=48,
        resize_size=52, learning_rate=0.02, head_rate_factor=1.0, device="cpu",
    )  # fmt: skip
    train.run(TrainRequest(project, settings), reporter)
    propose.run(ProposeRequest(project, maps=MapSettings(device="cpu")), reporter)
    return Taught(folder / "project", images, truth, folder / "boxes.csv", folder / "splits.csv")


def _draw(path: Path, colour: tuple[int, int, int], seed: int) -> Box:
    """A gray noisy picture with one coloured rectangle; returns that."""
    draw = np.random.default_rng(seed)
    pixels = draw.integers(90, 140, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    width, height = (int(v) for v in draw.integers(14, 30, 2))
    x, y = int(draw.integers(0, WIDTH - width)), int(draw.integers(0, HEIGHT - height))
    pixels[y : y + height, x : x + width] = colour
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return Box(x, y, x + width, y + height)


@pytest.fixture
def taught(_template: Taught, tmp_path: Path) -> Taught:
    project = tmp_path / "project"
    shutil.copytree(_template.project, project)
    return Taught(project, _template.images, _template.truth, _template.boxes, _template.split)


def heard(events: list[object]) -> str:
    """All warnings in one text."""
    return "\n".join(getattr(event, "message", "") for event in events)
