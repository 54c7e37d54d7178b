"""Stanford Cars (Krause et al. 2013): the whole set's cars_annos.mat, the devkit's two files, or
the CSV form (anno_train.csv, anno_test.csv, names.csv).

Its README calls the corners the least and greatest "x-value of the bounding box, in pixels".
Matlab counts from 1 and the greatest value reaches the image's width, so they are inclusive: the
half-open 0-based box is (x1 - 1, y1 - 1, x2, y2).
"""

from __future__ import annotations

import csv
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.io import loadmat
from scipy.io.matlab import MatReadError

from engine.datasets.lines import checked_box, image_path, lines_of, numbers
from engine.datasets.model import Dataset, DatasetImage, TrueBox
from engine.domain.errors import InputError
from engine.domain.geometry import Box

_CORNERS = ("bbox_x1", "bbox_y1", "bbox_x2", "bbox_y2")
_WHOLE = "cars_annos.mat"
_DEVKIT = {
    "train": ("devkit/cars_train_annos.mat", "cars_train_annos.mat"),
    "test": ("cars_test_annos_withlabels.mat", "devkit/cars_test_annos_withlabels.mat"),
}
_META = ("devkit/cars_meta.mat", "cars_meta.mat")
_CSV = ("names.csv", "anno_train.csv", "anno_test.csv")
#: Where the images of a split may be, each below the folder; {name} is the class's.
_FOLDERS = ("cars_{split}", "{split}", "car_data/{split}", "car_data/car_data/{split}", "car_ims")


@dataclass(frozen=True, slots=True)
class _Row:
    """One line of a table; ``label`` counts from 1."""

    file: str
    corners: tuple[float, ...]
    label: int
    split: str
    source: Path
    place: str


def is_cars(folder: Path) -> bool:
    return (
        (folder / _WHOLE).is_file()
        or _first(folder, _DEVKIT["train"]) is not None
        or all((folder / name).is_file() for name in _CSV)
    )


def read_cars(folder: Path) -> Dataset:
    """Raises InputError naming file and place where the files are not as described."""
    if (folder / _WHOLE).is_file():
        content = _mat(folder / _WHOLE)
        names, rows = _class_names(content, folder / _WHOLE), _whole_rows(folder / _WHOLE, content)
    elif all((folder / name).is_file() for name in _CSV):
        names = [line.strip('"') for _, line in lines_of(folder / "names.csv")]
        rows = _csv_rows(folder)
    elif is_cars(folder):
        meta = _needed(folder, _META)
        names, rows = _class_names(_mat(meta), meta), _devkit_rows(folder)
    else:
        raise InputError(
            "This is not Stanford Cars.",
            path=folder,
            remedy=f"The folder has to hold {_WHOLE}, the devkit, or {', '.join(_CSV)}.",
        )
    return Dataset("cars", folder, tuple(_image(folder, row, names) for row in rows))


def _image(folder: Path, row: _Row, names: list[str]) -> DatasetImage:
    if not 1 <= row.label <= len(names):
        raise InputError(
            f"There is no class {row.label}; there are {len(names)}.",
            path=row.source,
            place=row.place,
        )
    name = names[row.label - 1]
    x1, y1, x2, y2 = row.corners
    box = checked_box(row.source, row.place, Box(x1 - 1, y1 - 1, x2, y2))
    path = _place(folder, image_path(row.source, row.place, row.file), row.split, name)
    return DatasetImage(path, name, row.split, (TrueBox(name, box),))


def _place(folder: Path, file: str, split: str, name: str) -> str:
    """Where the image is; a file that is nowhere is told of when the project is made."""
    candidates = [file]
    for pattern in _FOLDERS:
        place = pattern.format(split=split)
        # a folder cannot be named with the slash that some class names have
        candidates += [f"{place}/{file}", f"{place}/{name.replace('/', '-')}/{file}"]
    return next((c for c in candidates if (folder / c).is_file()), candidates[1])


def _whole_rows(path: Path, content: dict[str, Any]) -> Iterator[_Row]:
    for place, item in _annotations(path, content):
        split = "test" if int(item["test"]) else "train"
        yield _row(path, place, item, item["relative_im_path"], split)


def _devkit_rows(folder: Path) -> Iterator[_Row]:
    for split, names in _DEVKIT.items():
        path = _needed(folder, names)
        for place, item in _annotations(path, _mat(path)):
            yield _row(path, place, item, item["fname"], split)


def _csv_rows(folder: Path) -> Iterator[_Row]:
    """Lines ``00001.jpg,39,116,569,375,14`` without a header."""
    for split in ("train", "test"):
        path = folder / f"anno_{split}.csv"
        for number, line in lines_of(path):
            place = f"line {number}"
            fields = next(csv.reader([line]))
            if len(fields) != 6:
                raise InputError(f"There are {len(fields)} fields, not 6.", path=path, place=place)
            *corners, label = numbers(path, place, tuple(fields[1:]))
            yield _Row(fields[0], tuple(corners), int(label), split, path, place)


def _annotations(path: Path, content: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    if "annotations" not in content:
        raise InputError("It holds no variable 'annotations'.", path=path)
    for number, item in enumerate(np.atleast_1d(content["annotations"]), start=1):
        yield f"annotation {number}", item


def _row(path: Path, place: str, item: dict[str, Any], file: Any, split: str) -> _Row:
    missing = [name for name in (*_CORNERS, "class") if name not in item]
    if missing:
        raise InputError(
            f"It lacks {', '.join(missing)}.",
            path=path,
            place=place,
            remedy="For the test images, give cars_test_annos_withlabels.mat.",
        )
    corners = tuple(float(item[name]) for name in _CORNERS)
    return _Row(str(file), corners, int(item["class"]), split, path, place)


def _class_names(content: dict[str, Any], path: Path) -> list[str]:
    if "class_names" not in content:
        raise InputError("It holds no variable 'class_names'.", path=path)
    return [str(name) for name in np.atleast_1d(content["class_names"])]


def _mat(path: Path) -> dict[str, Any]:
    """A Matlab file as plain values: numbers, texts, lists; nothing in it is run."""
    try:
        found: dict[str, Any] = loadmat(path, simplify_cells=True)
    except (OSError, ValueError, TypeError, KeyError, EOFError) as error:
        raise _damaged(path) from error
    except (NotImplementedError, MatReadError, zlib.error) as error:
        raise _damaged(path) from error
    return found


def _damaged(path: Path) -> InputError:
    return InputError("It is damaged, or no Matlab file.", path=path, remedy="Download it again.")


def _first(folder: Path, names: tuple[str, ...]) -> Path | None:
    return next((folder / name for name in names if (folder / name).is_file()), None)


def _needed(folder: Path, names: tuple[str, ...]) -> Path:
    found = _first(folder, names)
    if found is None:
        raise InputError(f"There is no {names[0]}.", path=folder)
    return found
