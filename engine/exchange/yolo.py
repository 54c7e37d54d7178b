"""YOLO in the ultralytics layout: one text file per image, and data.yaml."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from engine.domain.geometry import Box
from engine.exchange.contents import Contents, checked, write_provenance
from engine.exchange.counts import SPLITS, Counts
from engine.exchange.folder import Written, new_folder
from engine.exchange.many_files import many_files
from engine.exchange.model import ExportBox, ExportImage, ExportSet
from engine.exchange.names import split_name, unique_stems
from engine.exchange.pictures import ImageFiles, place_images
from engine.exchange.tables import write_rows
from engine.exchange.target import PROVENANCE
from engine.exchange.yaml_text import quoted
from engine.jobs.reporter import Reporter

IMAGES = "images"
LABELS = "labels"
DATA = "data.yaml"
INDEX = "index.csv"
INDEX_COLUMNS = ("file", "image")
#: Where an image without a split goes.
DEFAULT_SPLIT = "train"

LEFT = "Only labels are written; Ultralytics looks for the images beside them (copy or link them)."
NO_VAL = "There is no val split; data.yaml names the train images for validation."


def write_yolo(
    data: ExportSet | Contents,
    image_root: Path,
    out: Path,
    reporter: Reporter,
    *,
    images: str = "leave",
    overwrite: bool = False,
) -> Written:
    """Write ``data`` to the new folder ``out``; returns its label files and tables.

    labels/<split>/<stem>.txt per image (an image without a split is in train) with one row
    ``class cx cy w h`` per box: class from 0 in the order of ``data.classes``, centre and size as
    parts of the upright image, in [0, 1]; images/<split>/<stem>.<suffix> unless ``images`` is
    leave (copy, link, or jpeg); data.yaml with paths and names; index.csv, which tells the image
    of each file, since stems are made unique across subfolders. An image without boxes has an
    empty label file: a negative example. ``overwrite`` replaces an earlier export. The same data
    gives the same bytes. Scores and review states are not kept: readers want exactly 5 columns.
    Raises InputError, StorageError or JobCancelled; ``out`` is then as it was.
    """
    mode = ImageFiles(images)
    ready = checked(data)
    stems = unique_stems(ready.paths)
    with new_folder(out, image_root, overwrite, reporter) as folder:
        files = _write_labels(ready, stems, mode, folder, reporter)
        for warning in yolo_warnings(ready.counts, mode):
            reporter.warn(warning)
        write_rows(folder / INDEX, INDEX_COLUMNS, ((file, path) for path, file in files.items()))
        (folder / DATA).write_bytes(data_yaml(ready).encode())
        write_provenance(ready, folder, "yolo", {"images": mode.value})
        if mode is not ImageFiles.LEAVE:
            for split in _splits(ready.counts):
                (folder / IMAGES / split).mkdir(parents=True)
            targets = {path: folder / file for path, file in files.items()}
            place_images(targets, image_root, mode, reporter)
    names = [
        f"{LABELS}/{file[len(IMAGES) + 1 :].rpartition('.')[0]}.txt" for file in files.values()
    ]
    return Written(out, [*names, DATA, INDEX, PROVENANCE])


def yolo_warnings(counts: Counts, mode: ImageFiles) -> list[str]:
    """What a person should know before training on it."""
    found = [LEFT] if mode is ImageFiles.LEAVE else []
    if counts.images and not counts.images_per_split["val"]:
        found.append(NO_VAL)
    return found


def data_yaml(contents: Contents) -> str:
    """Paths relative to the file itself, and the class names by number."""
    splits = _splits(contents.counts)
    lines = [f"train: {IMAGES}/{DEFAULT_SPLIT}"]
    lines.append(f"val: {IMAGES}/{'val' if 'val' in splits else DEFAULT_SPLIT}")
    if "test" in splits:
        lines.append(f"test: {IMAGES}/test")
    lines.append("names:" if contents.classes else "names: {}")
    lines += [f"  {number}: {quoted(name)}" for number, name in enumerate(contents.classes)]
    return "\n".join(lines) + "\n"


def label_row(class_number: int, box: Box | ExportBox, width: int, height: int) -> str:
    """One line for a box inside its image; 12 significant digits keep far less than a thousandth
    of a pixel."""
    x1, y1, x2, y2 = box.xmin, box.ymin, box.xmax, box.ymax
    cx, cy = (x1 + x2) / 2 / width, (y1 + y2) / 2 / height
    return (
        f"{class_number} {cx:.12g} {cy:.12g} {(x2 - x1) / width:.12g} {(y2 - y1) / height:.12g}\n"
    )


def _write_labels(
    contents: Contents, stems: Mapping[str, str], mode: ImageFiles, folder: Path, reporter: Reporter
) -> dict[str, str]:
    """Write the label files; returns the image file, relative to ``folder``, of each path."""
    numbers = {name: number for number, name in enumerate(contents.classes)}
    made: set[str] = set()
    files: dict[str, str] = {}
    labels = folder / LABELS
    labels.mkdir()
    with many_files(labels, len(stems)) as write:
        for image in contents.images(reporter, "Writing labels"):
            split, stem = image.split or DEFAULT_SPLIT, stems[image.path]
            if split not in made:
                made.add(split)
                (labels / split).mkdir()
            write(f"{split}/{stem}.txt", _rows(image, numbers))
            suffix = ".jpg" if mode is ImageFiles.JPEG else split_name(image.path)[1]
            files[image.path] = f"{IMAGES}/{split}/{stem}{suffix}"
    return files


def _rows(image: ExportImage, numbers: Mapping[str, int]) -> bytes:
    width, height = image.width, image.height
    rows = [label_row(numbers[box.class_name], box, width, height) for box in image.boxes]
    return "".join(rows).encode()


def _splits(counts: Counts) -> Sequence[str]:
    per_split = counts.images_per_split
    unassigned = counts.images > sum(per_split[name] for name in SPLITS)
    return [
        name
        for name in SPLITS
        if per_split[name] or (name == DEFAULT_SPLIT and (unassigned or not per_split))
    ]
