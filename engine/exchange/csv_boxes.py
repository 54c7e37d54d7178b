"""CSV: one row per box in boxes.csv, one row per image in images.csv."""

from __future__ import annotations

import csv
from contextlib import ExitStack
from pathlib import Path

from engine.domain.errors import InputError
from engine.exchange.contents import Contents, checked, write_provenance
from engine.exchange.folder import Written, new_folder
from engine.exchange.model import ExportBox, ExportImage, ExportSet
from engine.exchange.pictures import ImageFiles, place_images
from engine.exchange.tables import BOX_COLUMNS, REVIEW_COLUMNS, box_fields
from engine.exchange.target import PROVENANCE
from engine.jobs.reporter import Reporter

BOXES = "boxes.csv"
IMAGES = "images.csv"
IMAGE_COLUMNS = ("image", "class", "width", "height", "split", "state")
PICTURES = "images"


def write_csv(
    data: ExportSet | Contents,
    image_root: Path,
    out: Path,
    reporter: Reporter,
    *,
    images: str = "leave",
    overwrite: bool = False,
) -> Written:
    """Write ``data`` to the new folder ``out``; returns the files that describe it.

    boxes.csv: ``image,class,width,height,xmin,ymin,xmax,ymax,state,score,run``, one row per box,
    half-open 0-based pixels of the upright image that read back to the same number; images.csv:
    ``image,class,width,height,split,state``, one row per image (``class`` is the image label), so
    that those without boxes are there too. ``images``: leave, copy or link (into images/).
    ``overwrite`` replaces an earlier export. The same data gives the same bytes.
    Raises InputError, StorageError or JobCancelled; ``out`` is then as it was.
    """
    mode = ImageFiles(images)
    if mode is ImageFiles.JPEG:
        raise InputError("CSV keeps the images' names.", remedy="Choose copy, link or leave.")
    ready = checked(data)
    with new_folder(out, image_root, overwrite, reporter) as folder:
        _write_tables(ready, folder, reporter)
        write_provenance(ready, folder, "csv", {"images": mode.value})
        if mode is not ImageFiles.LEAVE:
            targets = {path: folder / PICTURES / path for path in ready.paths}
            for parent in {target.parent for target in targets.values()}:
                parent.mkdir(parents=True, exist_ok=True)
            place_images(targets, image_root, mode, reporter)
    return Written(out, (BOXES, IMAGES, PROVENANCE))


def _write_tables(contents: Contents, folder: Path, reporter: Reporter) -> None:
    """Both at once, so that the boxes are gone through one time."""
    with ExitStack() as stack:
        writers = []
        for name, header in ((BOXES, BOX_COLUMNS + REVIEW_COLUMNS), (IMAGES, IMAGE_COLUMNS)):
            file = stack.enter_context((folder / name).open("w", encoding="utf-8", newline=""))
            writers.append(csv.writer(file, lineterminator="\n"))
            writers[-1].writerow(header)
        for image in contents.images(reporter, "Writing boxes"):
            writers[0].writerows(_box_row(image, box) for box in image.boxes)
            writers[1].writerow(_image_row(image))


def _box_row(image: ExportImage, box: ExportBox) -> tuple[object, ...]:
    size = (image.path, box.class_name, image.width, image.height)
    return (*size, *box_fields(box), image.state.value, box.score, box.run_id)


def _image_row(image: ExportImage) -> tuple[object, ...]:
    size = (image.path, image.class_name, image.width, image.height)
    return (*size, image.split, image.state.value)
