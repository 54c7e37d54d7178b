"""CUB-200-2011 (Wah et al. 2011) as it is unpacked.

``bounding_boxes.txt`` has ``id x y width height``. Its README says only "in pixels". The smallest
x and y are 0.0, and a box over the whole of an image of w pixels has x 0 and width w, so they are
read as 0-based and half-open: (x, y, x + width, y + height).
"""

from __future__ import annotations

from pathlib import Path

from engine.datasets.lines import checked_box, image_path, keyed_lines, numbers
from engine.datasets.model import Dataset, DatasetImage, TrueBox
from engine.domain.errors import InputError
from engine.domain.geometry import Box

#: By the second column of train_test_split.txt.
SPLITS = {"1": "train", "0": "test"}
FILES = ("images.txt", "image_class_labels.txt", "classes.txt", "train_test_split.txt")
_BOXES = "bounding_boxes.txt"


def find_cub(folder: Path) -> Path | None:
    """The folder with images.txt: ``folder`` itself or CUB_200_2011 in it."""
    for place in (folder, folder / "CUB_200_2011"):
        if all((place / name).is_file() for name in (*FILES, _BOXES)):
            return place
    return None


def read_cub(folder: Path) -> Dataset:
    """Raises InputError naming file and line where the files are not as described."""
    place = find_cub(folder)
    if place is None:
        raise InputError(
            "This is not CUB-200-2011.",
            path=folder,
            remedy=f"The folder has to hold {', '.join((*FILES, _BOXES))} and images.",
        )
    paths, labels, classes, splits = (keyed_lines(place / name) for name in FILES)
    boxes = keyed_lines(place / _BOXES, 4)
    images = []
    for key, (text,) in paths.items():
        path = image_path(place / "images.txt", f"image {key}", text)
        (label,) = _of(labels, key, place / FILES[1])
        (name,) = _of(classes, label, place / FILES[2])
        (split,) = _of(splits, key, place / FILES[3])
        if split not in SPLITS:
            raise InputError(
                f"{split!r} is neither 1 nor 0.", path=place / FILES[3], place=f"image {key}"
            )
        box = _box(place / _BOXES, key, _of(boxes, key, place / _BOXES))
        images.append(DatasetImage(path, name, SPLITS[split], (TrueBox(name, box),)))
    masks = [p for p in (place / "segmentations", place.parent / "segmentations") if p.is_dir()]
    return Dataset("cub", place / "images", tuple(images), masks[0] if masks else None)


def _of(table: dict[str, tuple[str, ...]], key: str, path: Path) -> tuple[str, ...]:
    if key not in table:
        raise InputError(f"There is no line for {key}.", path=path)
    return table[key]


def _box(path: Path, key: str, values: tuple[str, ...]) -> Box:
    where = f"image {key}"
    x, y, width, height = numbers(path, where, values)
    return checked_box(path, where, Box(x, y, x + width, y + height))
