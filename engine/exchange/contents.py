"""An export's contents checked and put in order before anything is written."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from importlib.metadata import version
from itertools import pairwise
from typing import Any

from engine.domain.errors import InputError
from engine.exchange.model import ExportBox, ExportImage, ExportSet
from engine.exchange.names import path_problem
from engine.jobs.reporter import Reporter

SPLITS = ("train", "val", "test")


def checked(data: ExportSet, reporter: Reporter) -> ExportSet:
    """``data`` with images in order of their paths and boxes in order of class and place.

    A box that reaches over the edge is cut at it; one that lies outside is left out; each with a
    warning. Raises InputError for what no format could say: an image twice, without size or with
    a path that leaves the root, a class that is not listed, a number that is none.
    """
    order = {name: number for number, name in enumerate(data.classes)}
    for name in data.classes:
        _check_text(name, "class name", None)
    if len(order) != len(data.classes) or "" in order:
        raise InputError("The class names of an export are each there once, and none is empty.")
    images = sorted(data.images, key=lambda image: image.path)
    for first, second in pairwise(images):
        if first.path == second.path:
            raise InputError("The image is in the export twice.", path=first.path)
    ready = [_checked_image(image, order, reporter) for image in images]
    return replace(data, images=ready, classes=list(data.classes))


def provenance(data: ExportSet, written_as: str, options: dict[str, Any]) -> dict[str, Any]:
    """Where the boxes come from and how many there are, for provenance.json."""
    boxes = [box for image in data.images for box in image.boxes]
    return {
        "tool": "boxwright",
        "version": version("boxwright"),
        "format": written_as,
        "options": options,
        "coordinates": "pixels of the image turned upright as its EXIF orientation says",
        "counts": {
            "images": len(data.images),
            "boxes": len(boxes),
            "boxes_per_class": _counted((box.class_name for box in boxes), data.classes),
            "boxes_per_origin": _counted(box.origin or "proposal" for box in boxes),
            "images_per_split": _counted(image.split or "none" for image in data.images),
            "images_per_state": _counted(image.state for image in data.images),
        },
        "source": data.provenance,
    }


def _counted(values: Iterable[str], every: Iterable[str] = ()) -> dict[str, int]:
    counts = Counter(map(str, values))
    names = list(every) or sorted(counts)
    return {name: counts[name] for name in names}


def _checked_image(image: ExportImage, order: dict[str, int], reporter: Reporter) -> ExportImage:
    problem = path_problem(image.path)
    if problem:
        raise InputError(f"An export cannot hold it: {problem}.", path=image.path)
    _check_text(image.path, "file name", image.path)
    if image.width < 1 or image.height < 1:
        raise InputError("The size of the image is not known.", path=image.path)
    if image.split is not None and image.split not in SPLITS:
        raise InputError(
            f"The split {image.split!r} is unknown.",
            path=image.path,
            remedy=f"The splits are {', '.join(SPLITS)}.",
        )
    boxes = [_checked_box(box, image, order, reporter) for box in image.boxes]
    kept = [box for box in boxes if box is not None]
    kept.sort(key=lambda box: (order[box.class_name], box.box, box.score or 0.0))
    return replace(image, boxes=kept)


def _checked_box(
    box: ExportBox, image: ExportImage, order: dict[str, int], reporter: Reporter
) -> ExportBox | None:
    if box.class_name not in order:
        raise InputError(f"The class {box.class_name!r} is not of the export.", path=image.path)
    if not box.box.has_extent or (box.score is not None and not math.isfinite(box.score)):
        raise InputError(f"The box {box.box.as_tuple()} is none.", path=image.path)
    inside = box.box.clipped(image.width, image.height)
    if inside == box.box:
        return box
    if not inside.has_extent:
        reporter.warn(f"{image.path}: a box outside the image was left out")
        return None
    reporter.warn(f"{image.path}: a box that reaches over the edge was cut there")
    return replace(box, box=inside)


def _check_text(text: str, what: str, path: str | None) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InputError(
            f"The {what} {text!r} is not valid Unicode.",
            path=None if path is None else ascii(path),
            remedy="Rename it.",
        ) from error
