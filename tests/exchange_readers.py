"""What other people's readers make of an export of the cases, format by format."""

from __future__ import annotations

import contextlib
import csv
import io
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import supervision
from pycocotools.coco import COCO
from torchvision.datasets import CocoDetection, VOCDetection

from engine.domain.geometry import Box
from engine.exchange.coco import write_coco
from engine.exchange.csv_boxes import write_csv
from engine.exchange.model import ExportSet
from engine.exchange.readers import detect_format, read
from engine.exchange.reading import ReadImage
from engine.exchange.voc import voc_corners, write_voc
from engine.exchange.yolo import write_yolo
from engine.jobs.reporter import silent_reporter
from tests.exchange_cases import CASES, CLASSES

#: Class and half-open 0-based corners in pixels.
Boxes = list[tuple[str, tuple[float, ...]]]
Read = dict[str, Boxes]

#: Which images show which case.
CASE_IMAGES = {
    "image without boxes": ("cats/no boxes.jpg",),
    "box over the full image": ("cats/full.jpg",),
    "1-pixel boxes, PNG": ("cats/pixel.png",),
    "EXIF orientation 6": ("dogs/turned.jpg",),
    "non-ASCII names": ("dogs/naïve – 犬 🐕.jpg", "dogs/same.jpg"),
    "same base name in two folders": ("cats/same.jpg", "dogs/same.jpg"),
    "spaces and quotes": ('dogs/sub dir/it\'s "so".jpg', "cats/no boxes.jpg"),
}
SIZES = {image.path: (image.width, image.height) for image in CASES}
_SPLITS = ("train", "val", "test")


def own_importer(out: Path, sizes: Mapping[str, tuple[int, int]] | None = None) -> Read:
    """``sizes`` of the images, those of the cases if not given."""
    images: dict[int, str] = {}
    found: Read = {}
    for item in read(out, detect_format(out), _no_trouble, None):
        if isinstance(item, ReadImage):
            images[item.key] = item.name
            found[item.name] = []
        else:
            name = images[item.key]
            box = item.box.scaled(*(sizes or SIZES)[name]) if item.is_relative else item.box
            found[name].append((item.class_name, box.as_tuple()))
    return found


def pycocotools(out: Path) -> Read:
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO(str(out / "annotations.json"))
    return {
        image["file_name"]: [_coco_box(coco, row) for row in coco.imgToAnns[number]]
        for number, image in coco.imgs.items()
    }


def torchvision_coco(out: Path) -> Read:
    with contextlib.redirect_stdout(io.StringIO()):
        data = CocoDetection(str(out / "images"), str(out / "annotations.json"))
    pairs = zip(data.ids, data, strict=True)
    return {
        data.coco.imgs[number]["file_name"]: [_coco_box(data.coco, row) for row in target]
        for number, (_picture, target) in pairs
    }


def supervision_coco(out: Path) -> Read:
    images = out / "images"
    data = supervision.DetectionDataset.from_coco(str(images), str(out / "annotations.json"))
    return {Path(path).relative_to(images).as_posix(): own for path, own in _detections(data)}


def torchvision_voc(out: Path) -> Read:
    """It wants VOCdevkit/VOC<year>, and JPEG files."""
    found: Read = {}
    for image_set in ("trainval", "test"):
        data = VOCDetection(str(out.parent.parent), year="2007", image_set=image_set)
        for picture, target in data:
            about = target["annotation"]
            size = about["size"]
            assert picture.size == (int(size["width"]), int(size["height"]))
            found[about["path"]] = [
                (item["name"], _from_devkit([int(v) for v in item["bndbox"].values()]))
                for item in about["object"]
            ]
    return found


def supervision_voc(out: Path) -> Read:
    stems = {image: Path(file).stem for image, file in _voc_files(out).items()}
    data = supervision.DetectionDataset.from_pascal_voc(
        str(out / "JPEGImages"), str(out / "Annotations")
    )
    by_stem = {Path(path).stem: own for path, own in _detections(data)}
    return {image: by_stem[stem] for image, stem in stems.items()}


def supervision_yolo(out: Path) -> Read:
    with (out / "index.csv").open(encoding="utf-8", newline="") as table:
        index = dict(csv.reader(table))
    found: Read = {}
    for split in _SPLITS:
        folders = [str(out / kind / split) for kind in ("images", "labels")]
        data = supervision.DetectionDataset.from_yolo(*folders, str(out / "data.yaml"))
        for path, own in _detections(data):
            found[index[Path(path).relative_to(out).as_posix()]] = own
    return found


def csv_module(out: Path) -> Read:
    with (out / "images.csv").open(encoding="utf-8", newline="") as table:
        found: Read = {row["image"]: [] for row in csv.DictReader(table)}
    with (out / "boxes.csv").open(encoding="utf-8", newline="") as table:
        for row in csv.DictReader(table):
            corners = tuple(float(row[side]) for side in ("xmin", "ymin", "xmax", "ymax"))
            found[row["image"]].append((row["class"], corners))
    return found


#: Writer, how images go along, and who reads the result, by format.
FORMATS: Mapping[str, tuple[Callable[..., object], str, dict[str, Callable[[Path], Read]]]] = {
    "COCO": (
        write_coco,
        "copy",
        {
            "Boxwright": own_importer,
            "pycocotools": pycocotools,
            "torchvision": torchvision_coco,
            "supervision": supervision_coco,
        },
    ),
    "VOC": (
        write_voc,
        "jpeg",
        {
            "Boxwright": own_importer,
            "torchvision": torchvision_voc,
            "supervision": supervision_voc,
        },
    ),
    "YOLO": (
        write_yolo,
        "jpeg",
        {"Boxwright": own_importer, "supervision": supervision_yolo},
    ),
    "CSV": (write_csv, "leave", {"Boxwright": own_importer, "csv": csv_module}),
}


def table(image_root: Path, top: Path) -> dict[tuple[str, str], dict[str, str]]:
    """(format, reader) -> case -> ``ok``, or what differs."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for format_name, (write, images, readers) in FORMATS.items():
        out = top / format_name / "VOCdevkit" / "VOC2007"
        data = ExportSet(CASES, CLASSES)
        write(data, image_root, out, silent_reporter(), images=images)
        wanted = expected(format_name)
        for reader, reading in readers.items():
            got = reading(out)
            found[format_name, reader] = {
                case: _verdict(got, wanted, paths) for case, paths in CASE_IMAGES.items()
            }
    return found


def expected(format_name: str) -> Read:
    """The boxes of the cases, to the format's own rounding."""
    found: Read = defaultdict(list)
    for image in CASES:
        found[image.path] = []
        for box in image.boxes:
            corners = box.box.as_tuple()
            if format_name == "VOC":
                corners = _from_devkit(voc_corners(box.box, True))
            found[image.path].append((box.class_name, corners))
    return found


def as_markdown(found: Mapping[tuple[str, str], Mapping[str, str]]) -> str:
    """A row for each format and reader, a column for each case."""
    cases = list(CASE_IMAGES)
    lines = [f"| format | reader | {' | '.join(cases)} |", "|---" * (len(cases) + 2) + "|"]
    for (format_name, reader), verdicts in found.items():
        cells = " | ".join(verdicts[case] for case in cases)
        lines.append(f"| {format_name} | {reader} | {cells} |")
    return "\n".join(lines)


def _verdict(got: Read, wanted: Read, paths: tuple[str, ...]) -> str:
    for path in paths:
        if path not in got:
            return f"{path} is missing"
        ours, theirs = sorted(wanted[path]), sorted(got[path])
        if [name for name, _ in ours] != [name for name, _ in theirs]:
            return f"{path}: classes {theirs}"
        pairs = zip(ours, theirs, strict=True)
        if not all(np.allclose(a, b, rtol=0, atol=1e-4) for (_, a), (_, b) in pairs):
            return f"{path}: {theirs} instead of {ours}"
    return "ok"


def _detections(data: Any) -> list[tuple[str, Boxes]]:
    return [
        (
            path,
            [
                (data.classes[number], tuple(corners))
                for number, corners in zip(own.class_id, own.xyxy.tolist(), strict=True)
            ],
        )
        for path, _picture, own in data
    ]


def _coco_box(coco: COCO, row: dict[str, Any]) -> tuple[str, tuple[float, ...]]:
    x, y, width, height = row["bbox"]
    return coco.cats[row["category_id"]]["name"], Box(x, y, x + width, y + height).as_tuple()


def _from_devkit(corners: Any) -> tuple[float, ...]:
    xmin, ymin, xmax, ymax = corners
    return (xmin - 1.0, ymin - 1.0, float(xmax), float(ymax))


def _voc_files(out: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for item in read(out, "voc", _no_trouble, True):
        if isinstance(item, ReadImage):
            found[item.name] = str(item.source)
    return found


def _no_trouble(path: Path, place: str, message: str) -> None:
    raise AssertionError(f"{path} {place}: {message}")
