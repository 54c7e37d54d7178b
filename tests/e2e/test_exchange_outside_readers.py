"""Ultralytics and datumaro read the exports, in an environment of their own.

BOXWRIGHT_READERS names a Python that has both; without it these tests are skipped.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from PIL import Image

from engine.domain.geometry import Box
from engine.domain.records import AnnotationOrigin
from engine.exchange.coco import write_coco
from engine.exchange.model import ExportBox, ExportImage, ExportSet
from engine.exchange.names import unique_stems
from engine.exchange.voc import voc_corners, write_voc
from engine.exchange.yolo import write_yolo
from engine.jobs.reporter import silent_reporter

pytestmark = [pytest.mark.slow]

ULTRALYTICS = """
import json, sys
from ultralytics.data.dataset import YOLODataset
from ultralytics.data.utils import check_det_dataset
data = check_det_dataset(sys.argv[1] + "/data.yaml", autodownload=False)
found = {}
for split in ("train", "val", "test"):
    read = YOLODataset(img_path=data[split], data=data, task="detect", augment=False, imgsz=64)
    for label in read.labels:
        rows = zip(label["cls"].ravel().tolist(), label["bboxes"].tolist())
        boxes = [[data["names"][int(number)], *box] for number, box in rows]
        found[label["im_file"]] = {"split": split, "shape": label["shape"], "boxes": boxes}
print(json.dumps(found))
"""
DATUMARO = """
import json, sys
from datumaro import Dataset
data = Dataset.import_from(sys.argv[1] + "/annotations/instances_all.json", "coco_instances")
names = [category.name for category in data.categories()[next(iter(data.categories()))]]
found = {
    item.id: [[names[box.label], *box.get_bbox()] for box in item.annotations] for item in data
}
print(json.dumps(found))
"""
DATUMARO_VOC = """
import json, sys
from datumaro import Dataset
data = Dataset.import_from(sys.argv[1], "voc_detection")
names = [category.name for category in data.categories()[next(iter(data.categories()))]]
found = {
    item.id: [[names[box.label], *box.points] for box in item.annotations] for item in data
}
print(json.dumps(found))
"""


@pytest.fixture
def outside(tmp_path: Path) -> Callable[[str, Path], dict[str, Any]]:
    """Run a script on a folder in the other environment; its last line is JSON."""
    python = os.environ.get("BOXWRIGHT_READERS")
    if python is None:
        pytest.skip("BOXWRIGHT_READERS names no Python with ultralytics and datumaro")

    def run(script: str, folder: Path) -> dict[str, Any]:
        done = subprocess.run(
            [python, "-c", script, str(folder)],
            env={**os.environ, "YOLO_CONFIG_DIR": str(tmp_path), "YOLO_OFFLINE": "1"},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return found

    return run


@pytest.fixture
def data(tmp_path: Path) -> ExportSet:
    """An image for each split: full box, one pixel, turned by EXIF, no box, odd names."""
    drawn = AnnotationOrigin.DRAWN
    boxes = {
        "a/full.jpg": [Box(0, 0, 64, 48)],
        "a/one pixel.png": [Box(63, 47, 64, 48), Box(0, 0, 1, 1)],
        "b/turned.jpg": [Box(10.25, 20.5, 30.125, 60.75)],
        "b/naïve – 犬.jpg": [Box(1 / 3, 2 / 3, 63.1, 47.9)],
        "b/none.jpg": [],
        "b/full.jpg": [Box(1, 2, 30, 40)],
    }
    images = []
    for number, (path, own) in enumerate(boxes.items()):
        turned = "turned" in path
        picture = Image.effect_noise((64, 48), 40).convert("RGB")
        exif = picture.getexif()
        if turned:
            exif[0x0112] = 6
        (tmp_path / "images" / path).parent.mkdir(parents=True, exist_ok=True)
        picture.save(tmp_path / "images" / path, exif=exif)
        size = (48, 64) if turned else (64, 48)
        rows = [ExportBox.of(("dog", "a: cat")[number % 2], box, None, drawn) for box in own]
        split = ("train", "val", "test")[number % 3]
        images.append(ExportImage(path, *size, rows, None, split))
    return ExportSet(images, ["dog", "a: cat"])


def test_ultralytics_reads_every_box(
    data: ExportSet, tmp_path: Path, outside: Callable[[str, Path], dict[str, Any]]
) -> None:
    out = tmp_path / "yolo"
    write_yolo(data, tmp_path / "images", out, silent_reporter(), images="copy")
    found = outside(ULTRALYTICS, out)
    index = dict(line.split(",") for line in (out / "index.csv").read_text("utf-8").splitlines())
    read = {index[Path(path).relative_to(out).as_posix()]: about for path, about in found.items()}
    assert read.keys() == {image.path for image in data.images}
    for image in data.images:
        about = read[image.path]
        assert about["split"] == image.split
        assert about["shape"] == [image.height, image.width]
        wanted = sorted((box.class_name, *_relative(box.box, image)) for box in image.boxes)
        assert [row[0] for row in sorted(about["boxes"])] == [row[0] for row in wanted]
        for row, other in zip(sorted(about["boxes"]), wanted, strict=True):
            assert row[1:] == pytest.approx(other[1:], abs=1e-5)


def test_datumaro_reads_every_box(
    data: ExportSet, tmp_path: Path, outside: Callable[[str, Path], dict[str, Any]]
) -> None:
    """It insists on images/ beside annotations/instances_<name>.json."""
    out = tmp_path / "coco"
    write_coco(data, tmp_path / "images", out, silent_reporter(), images="copy")
    (out / "annotations").mkdir()
    (out / "annotations.json").rename(out / "annotations" / "instances_all.json")
    found = outside(DATUMARO, tmp_path / "coco")
    assert found.keys() == {image.path.rpartition(".")[0] for image in data.images}
    for image in data.images:
        wanted = sorted(
            [box.class_name, box.box.xmin, box.box.ymin, box.box.width, box.box.height]
            for box in image.boxes
        )
        got = sorted(found[image.path.rpartition(".")[0]])
        assert [row[0] for row in got] == [row[0] for row in wanted]
        for row, other in zip(got, wanted, strict=True):
            assert row[1:] == pytest.approx(other[1:], abs=0.011)  # it keeps two decimals


def test_datumaro_reads_every_box_of_voc(
    data: ExportSet, tmp_path: Path, outside: Callable[[str, Path], dict[str, Any]]
) -> None:
    """It takes corners as they are, so that they are those of the 0-based export."""
    classes = {"dog": "dog", "a: cat": "a cat"}  # a colon would end the name there
    images = [
        replace(i, boxes=[replace(b, class_name=classes[b.class_name]) for b in i.boxes])
        for i in data.images
    ]
    out, silent = tmp_path / "voc", silent_reporter()
    named = ExportSet(images, list(classes.values()))
    write_voc(named, tmp_path / "images", out, silent, images="jpeg", one_based=False)
    found = outside(DATUMARO_VOC, out)
    stems = unique_stems([image.path for image in images])
    assert found.keys() == set(stems.values())
    for image in images:
        got = found[stems[image.path]]
        corners = [voc_corners(b.box, False) for b in image.boxes]
        wanted = [[b.class_name, *c] for b, c in zip(image.boxes, corners, strict=True)]
        assert sorted(got) == sorted(wanted)


def _relative(box: Box, image: ExportImage) -> tuple[float, ...]:
    centre = ((box.xmin + box.xmax) / 2 / image.width, (box.ymin + box.ymax) / 2 / image.height)
    return (*centre, box.width / image.width, box.height / image.height)
