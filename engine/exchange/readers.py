"""Which importer reads what."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from engine.domain.errors import InputError
from engine.exchange.coco import ANNOTATIONS as COCO_FILE
from engine.exchange.csv_boxes import BOXES
from engine.exchange.read_coco import read_coco
from engine.exchange.read_csv import read_csv
from engine.exchange.read_voc import read_voc
from engine.exchange.read_yolo import read_yolo
from engine.exchange.reading import Reading, Trouble
from engine.exchange.voc import ANNOTATIONS as VOC_FOLDER
from engine.exchange.yolo import DATA, LABELS

FORMATS = ("coco", "voc", "yolo", "csv")
_SUFFIXES = {".json": "coco", ".xml": "voc", ".yaml": "yolo", ".yml": "yolo", ".csv": "csv"}


def detect_format(source: Path) -> str:
    """The format of a file or folder by the names in it. Raises InputError if none fits."""
    try:
        if not source.exists():
            message = "There is no such file or folder."
            raise InputError(message, path=source, remedy="Check the path.")
        if source.is_file():
            found = _SUFFIXES.get(source.suffix.lower())
        else:
            found = next((name for name, looks in _LOOKS.items() if looks(source)), None)
    except OSError as error:
        raise InputError(
            f"It cannot be read ({error.strerror}).",
            path=source,
            remedy="Check the permissions of the file and its folder.",
        ) from error
    if found is None:
        raise InputError(
            "It looks like none of the formats that can be imported.",
            path=source,
            remedy="Choose a file or folder of COCO, Pascal VOC, YOLO or CSV, or name the format.",
        )
    return found


_LOOKS: dict[str, Callable[[Path], bool]] = {
    "coco": lambda folder: (folder / COCO_FILE).is_file(),
    "csv": lambda folder: (folder / BOXES).is_file(),
    "yolo": lambda folder: (
        any((folder / name).is_file() for name in (DATA, "obj.names", "classes.txt"))
        or (folder / LABELS).is_dir()
    ),
    "voc": lambda folder: (folder / VOC_FOLDER).is_dir() or any(folder.glob("*.xml")),
}


def read(source: Path, format_name: str, trouble: Trouble, one_based: bool | None) -> Reading:
    """The images and boxes of ``source``. Raises InputError; see the reader of the format."""
    if format_name == "voc":
        return read_voc(source, trouble, one_based)
    readers = {"coco": read_coco, "yolo": read_yolo, "csv": read_csv}
    if format_name not in readers:
        known = ", ".join(FORMATS)
        raise InputError(f"Unknown format {format_name!r}.", remedy=f"Known formats: {known}.")
    return readers[format_name](source, trouble)
