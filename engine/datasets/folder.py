"""Any folder of images with boxes.csv, and splits.csv if there is one.

Images are in ``images`` or beside the tables. boxes.csv is half-open 0-based, as exported here.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from engine.datasets.model import Dataset, DatasetImage, TrueBox
from engine.domain.errors import InputError
from engine.exchange.tables import BoxRow, read_boxes, read_splits

BOXES, SPLITS, IMAGES, MASKS = "boxes.csv", "splits.csv", "images", "masks"


def is_folder_dataset(folder: Path) -> bool:
    return (folder / BOXES).is_file()


def read_folder(folder: Path) -> Dataset:
    """The images that either table names; their class is their first folder, else their boxes'.

    Raises InputError as ``read_boxes`` and ``read_splits``, and for an image without any class.
    """
    if not is_folder_dataset(folder):
        raise InputError(f"There is no {BOXES}.", path=folder)
    rows: dict[str, list[BoxRow]] = defaultdict(list)
    for row in read_boxes(folder / BOXES):
        rows[row.image].append(row)
    splits = read_splits(folder / SPLITS) if (folder / SPLITS).is_file() else {}
    paths = dict.fromkeys([*rows, *splits])
    root = folder / IMAGES if (folder / IMAGES).is_dir() else folder
    images = tuple(_image(folder, path, rows.get(path, []), splits.get(path)) for path in paths)
    return Dataset("folder", root, images, folder / MASKS if (folder / MASKS).is_dir() else None)


def _image(folder: Path, path: str, rows: list[BoxRow], split: str | None) -> DatasetImage:
    first, slash, _ = path.partition("/")
    if not slash and not rows:
        raise InputError(f"Nothing says the class of {path}.", path=folder / SPLITS)
    name = first if slash else rows[0].class_name
    boxes = tuple(TrueBox(row.class_name, row.box) for row in rows)
    size = (rows[0].width, rows[0].height) if rows else None
    return DatasetImage(path, name, split, boxes, size)
