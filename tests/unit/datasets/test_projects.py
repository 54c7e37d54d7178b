"""A data set becomes a project with image labels, splits and true boxes."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.datasets import open_dataset
from engine.domain.errors import InputError
from engine.domain.geometry import Box
from engine.jobs.events import Warned
from engine.jobs.reporter import Reporter, silent_reporter
from engine.jobs.requests import IndexRequest
from engine.store import images as image_rows
from engine.store import truth
from engine.store.project import Project
from engine.workflows import index
from engine.workflows.splits import IMPORTED, images_in_split
from tests.unit.datasets.conftest import make_cub, make_folder, make_ilsvrc


def test_labels_splits_and_true_boxes_come_along(layout: tuple[str, Path], tmp_path: Path) -> None:
    name, folder = layout
    request = IndexRequest(str(tmp_path / "project"), str(folder), dataset="auto")
    told = index.run(request, silent_reporter())
    dataset = open_dataset(folder)
    assert (told["dataset"], told["images"], told["missing"]) == (name, len(dataset.images), 0)
    with Project.open(tmp_path / "project") as project, project.read() as conn:
        classes = {record.id: record.name for record in image_rows.list_classes(conn)}
        found = {image.path: image for image in image_rows.list_images(conn)}
        splits, boxes = truth.splits_by_image(conn), truth.true_boxes_by_image(conn)
    assert found.keys() == dataset.labels().keys()
    for image in dataset.images:
        record = found[image.path]
        assert classes[record.class_id or 0] == image.class_name
        assert splits[record.id] == image.split
        stored = [(classes[class_id], box) for class_id, box in boxes.get(record.id, [])]
        assert stored == [tuple(item) for item in image.boxes]


def test_a_second_time_changes_nothing(tmp_path: Path) -> None:
    make_cub(tmp_path)
    request = IndexRequest(str(tmp_path / "project"), str(tmp_path), dataset="cub")
    assert index.run(request, silent_reporter()) == index.run(request, silent_reporter())
    with Project.open(tmp_path / "project") as project, project.read() as conn:
        assert sum(map(len, truth.true_boxes_by_image(conn).values())) == 3


def test_boxes_are_cut_at_the_edge_or_left_out_with_a_word(tmp_path: Path) -> None:
    make_cub(tmp_path)
    table = tmp_path / "bounding_boxes.txt"
    table.write_text("1 0.0 0.0 60.0 40.0\n2 50.0 5.0 20.0 30.0\n3 70.0 2.0 3.5 4.0\n")
    events: list[object] = []
    request = IndexRequest(str(tmp_path / "project"), str(tmp_path), dataset="cub")
    assert index.run(request, Reporter(events.append))["true_boxes"] == 2
    with Project.open(tmp_path / "project") as project, project.read() as conn:
        boxes = [box for found in truth.true_boxes_by_image(conn).values() for _, box in found]
    assert boxes == [Box(0, 0, 60, 40), Box(50, 5, 60, 35)]
    warned = [event.message for event in events if isinstance(event, Warned)]
    assert warned == ["002.Wren/Wren_3.jpg: a true box outside the image is left out."]


def test_missing_images_are_counted(tmp_path: Path) -> None:
    make_ilsvrc(tmp_path)
    make_cub(tmp_path)
    (tmp_path / "images/001.Ani/Ani_2.jpg").unlink()
    events: list[object] = []
    request = IndexRequest(str(tmp_path / "project"), str(tmp_path), dataset="cub")
    told = index.run(request, Reporter(events.append))
    assert (told["images"], told["missing"]) == (2, 1)
    assert any(isinstance(event, Warned) and "names them: 1" in event.message for event in events)


def test_a_size_that_is_not_the_images_is_refused(tmp_path: Path) -> None:
    make_folder(tmp_path)
    table = tmp_path / "boxes.csv"
    table.write_text(table.read_text().replace(",60,40,", ",61,40,"))
    request = IndexRequest(str(tmp_path / "project"), str(tmp_path), dataset="folder")
    with pytest.raises(InputError, match="60 x 40 pixels, not 61 x 40"):
        index.run(request, silent_reporter())
    with Project.open(tmp_path / "project") as project, project.read() as conn:
        assert truth.true_boxes_by_image(conn) == {}


def test_training_takes_the_splits_that_came_along(tmp_path: Path) -> None:
    make_cub(tmp_path)
    folder = tmp_path / "project"
    index.run(IndexRequest(str(folder), str(tmp_path), dataset="cub"), silent_reporter())
    with Project.open(folder) as project:
        train = images_in_split(project, IMPORTED, {"train"})
        assert train == {"001.Ani/Ani_1.jpg", "002.Wren/Wren_3.jpg"}
        with pytest.raises(InputError, match="no image of split val"):
            images_in_split(project, IMPORTED, {"val"})
