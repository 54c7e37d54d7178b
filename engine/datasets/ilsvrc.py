"""ImageNet-1k (ILSVRC 2012 classification and localisation).

Training images lie in a folder per synset; the 50,000 images of the validation set lie flat or in
a folder per synset, and their boxes in VOC XML files, or in LOC_val_solution.csv. As in the
papers, the validation set is what is reported, so it is the split test here.

The XML files count pixels from 0 in some annotators' boxes and reach the full width in others', so
corners are taken as they are, half-open.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from engine.datasets.lines import checked_box, lines_of, numbers
from engine.datasets.model import Dataset, DatasetImage, TrueBox
from engine.domain.errors import InputError
from engine.domain.geometry import Box
from engine.exchange.xml_tree import read_tree

_DATA = ("ILSVRC/Data/CLS-LOC", "Data/CLS-LOC", ".")
_XML = (
    "ILSVRC/Annotations/CLS-LOC/val",
    "Annotations/CLS-LOC/val",
    "Annotation/val",
    "ILSVRC2012_bbox_val_v3/val",
    "bbox/val",
)
_NAMES = ("LOC_synset_mapping.txt", "synset_words.txt")
_SOLUTION = "LOC_val_solution.csv"
_SYNSET = re.compile(r"n\d{8}")
_SUFFIXES = {".jpeg", ".jpg"}

Truth = dict[str, list[tuple[str, Box]]]  # stem of the image -> synset and box of each object


def find_ilsvrc(folder: Path) -> Path | None:
    """The folder with train and val, where train has folders named by synsets."""
    for place in (folder / name for name in _DATA):
        if (place / "val").is_dir() and any(_synset_folders(place / "train")):
            return place
    return None


def read_ilsvrc(folder: Path) -> Dataset:
    """Class names are ``n01440764 tench`` where a list of names is there, else the synsets.

    Raises InputError naming file and place where the files are not as described.
    """
    root = find_ilsvrc(folder)
    if root is None:
        raise InputError(
            "This is not ILSVRC.",
            path=folder,
            remedy="The folder has to hold train with a folder per synset (n01440764) and val.",
        )
    truth = _truth(folder)
    names = _names(folder)
    train = [
        DatasetImage(
            f"train/{synset.name}/{file.name}", names.get(synset.name, synset.name), "train"
        )
        for synset in _synset_folders(root / "train")
        for file in _pictures(synset)
    ]
    return Dataset("ilsvrc", root, (*train, *_validation(root, truth, names)))


def _validation(root: Path, truth: Truth, names: dict[str, str]) -> Iterator[DatasetImage]:
    folders = [root / "val", *_synset_folders(root / "val")]
    for file in (file for folder in folders for file in _pictures(folder)):
        objects = truth.get(file.stem)
        if not objects:
            raise InputError(
                "There is neither an XML file nor a line of LOC_val_solution.csv for this image.",
                path=file,
                remedy=f"Unpack the boxes of the validation set to {_XML[1]} beside it.",
            )
        boxes = tuple(TrueBox(names.get(synset, synset), box) for synset, box in objects)
        path = file.relative_to(root).as_posix()
        yield DatasetImage(path, boxes[0].class_name, "test", boxes)


def _truth(folder: Path) -> Truth:
    for place in (folder / name for name in _XML):
        if place.is_dir():
            return {file.stem: _objects(file) for file in sorted(place.rglob("*.xml"))}
    return _solution(folder / _SOLUTION) if (folder / _SOLUTION).is_file() else {}


def _objects(file: Path) -> list[tuple[str, Box]]:
    found = []
    for number, item in enumerate(read_tree(file).iter("object"), start=1):
        where = f"object {number}"
        corners = tuple(
            item.findtext(f"bndbox/{name}", "") for name in ("xmin", "ymin", "xmax", "ymax")
        )
        box = Box(*numbers(file, where, corners))
        found.append((item.findtext("name", "").strip(), checked_box(file, where, box)))
    return found


def _solution(file: Path) -> Truth:
    """Lines ``image,n01978287 240 170 260 240 n01978287 ...``; the header comes first."""
    truth: Truth = {}
    for number, line in list(lines_of(file))[1:]:
        stem, *rest = next(csv.reader([line]))
        words = " ".join(rest).split()
        if not words or len(words) % 5:
            raise InputError(
                "The boxes are not groups of synset and four numbers.",
                path=file,
                place=f"line {number}",
            )
        truth[stem] = [
            _group(file, f"line {number}", words[i : i + 5]) for i in range(0, len(words), 5)
        ]
    return truth


def _group(file: Path, place: str, words: list[str]) -> tuple[str, Box]:
    box = Box(*numbers(file, place, tuple(words[1:])))
    return words[0], checked_box(file, place, box)


def _names(folder: Path) -> dict[str, str]:
    """The synset with the first of its names: some names belong to two synsets."""
    for path in (folder / name for name in _NAMES):
        if path.is_file():
            pairs = (line.partition(" ") for _, line in lines_of(path))
            return {key: f"{key} {text.split(',')[0].strip()}" for key, _, text in pairs}
    return {}


def _synset_folders(folder: Path) -> Iterable[Path]:
    if not folder.is_dir():
        return []
    return sorted(p for p in folder.iterdir() if _SYNSET.fullmatch(p.name) and p.is_dir())


def _pictures(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in _SUFFIXES)
