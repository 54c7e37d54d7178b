"""An export's contents checked, counted and put in order before anything is written."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec

from engine.domain.errors import InputError
from engine.domain.geometry import Box
from engine.exchange.counts import SPLITS, Counts
from engine.exchange.folder import PROVENANCE
from engine.exchange.model import ExportBox, ExportImage, ExportSet
from engine.exchange.names import path_problem
from engine.exchange.notes import Notes
from engine.jobs.reporter import Reporter

CUT = "a box that reaches over the edge was cut there"
OUTSIDE = "a box outside the image was left out"

Warn = Callable[[str, str], None]


@dataclass(frozen=True)
class Contents:
    """What is written: ``images`` in order of their paths, boxes in order of class and place.

    ``images`` may be gone through several times; each time gives the same.
    """

    images: Iterable[ExportImage]
    paths: Sequence[str]
    classes: Sequence[str]
    provenance: dict[str, Any]
    counts: Counts


def checked(data: ExportSet | Contents, reporter: Reporter) -> Contents:
    """``data`` gone through once, so that whatever is wrong is found before a byte is written.

    A box that reaches over the edge is cut at it; one that lies outside is left out; each with a
    warning. Raises InputError for what no format could say: an image twice, without size or with
    a path that leaves the root, a class that is not listed, a number that is none.
    What has been checked already comes back as it is.
    """
    if isinstance(data, Contents):
        return data
    order = {name: number for number, name in enumerate(data.classes)}
    for name in data.classes:
        _check_text(name, "class name", None)
    if len(order) != len(data.classes) or "" in order:
        raise InputError("The class names of an export are each there once, and none is empty.")
    source = data.images
    if isinstance(source, Sequence):
        source = sorted(source, key=lambda image: image.path)
    notes = Notes(reporter)
    paths, counts = [], Counts.of_classes(data.classes)
    surveyed = (_checked_image(image, order, notes.add) for image in source)
    for image in reporter.track(_in_order(surveyed), "images", "Looking through the boxes"):
        paths.append(image.path)
        counts.add(image)
    notes.close()
    return Contents(_Ready(source, order), paths, list(data.classes), data.provenance, counts)


class _Ready:
    """The images as checked, made again at each pass, so that they need not be kept."""

    def __init__(self, images: Iterable[ExportImage], order: dict[str, int]) -> None:
        self._images, self._order = images, order

    def __iter__(self) -> Iterator[ExportImage]:
        for image in self._images:
            yield _checked_image(image, self._order, _say_nothing)


def provenance(contents: Contents, written_as: str, options: dict[str, Any]) -> dict[str, Any]:
    """Where the boxes come from and how many there are, for provenance.json."""
    return {
        "tool": "boxwright",
        "version": version("boxwright"),
        "format": written_as,
        "options": options,
        "coordinates": "pixels of the image turned upright as its EXIF orientation says",
        "counts": contents.counts.as_dict(),
        "source": contents.provenance,
    }


def write_provenance(
    contents: Contents, folder: Path, written_as: str, options: dict[str, Any]
) -> None:
    """Write provenance.json into ``folder``."""
    about = msgspec.json.encode(provenance(contents, written_as, options))
    (folder / PROVENANCE).write_bytes(msgspec.json.format(about, indent=2))


def _in_order(images: Iterable[ExportImage]) -> Iterator[ExportImage]:
    before = ""
    for image in images:
        if image.path == before:
            raise InputError("The image is in the export twice.", path=image.path)
        if image.path < before:
            raise ValueError(f"images out of order: {image.path!r} after {before!r}")
        before = image.path
        yield image


def _checked_image(image: ExportImage, order: dict[str, int], warn: Warn) -> ExportImage:
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
    boxes = [_checked_box(box, image, order, warn) for box in image.boxes]
    kept = [box for box in boxes if box is not None]
    if len(kept) > 1:
        kept.sort(key=lambda box: (order[box.class_name], box.box.as_tuple(), box.score or 0.0))
    return replace(image, boxes=kept)


def _checked_box(
    box: ExportBox, image: ExportImage, order: dict[str, int], warn: Warn
) -> ExportBox | None:
    if box.class_name not in order:
        raise InputError(f"The class {box.class_name!r} is not of the export.", path=image.path)
    if box.score is not None and not math.isfinite(box.score):
        raise InputError(f"The box {box.box.as_tuple()} is none.", path=image.path)
    if _is_inside(box.box, image):
        return box
    if not box.box.has_extent:
        raise InputError(f"The box {box.box.as_tuple()} is none.", path=image.path)
    inside = box.box.clipped(image.width, image.height)
    if not inside.has_extent:
        warn(image.path, OUTSIDE)
        return None
    warn(image.path, CUT)
    return replace(box, box=inside)


def _is_inside(box: Box, image: ExportImage) -> bool:
    """A box with extent that needs no cutting; no comparison holds for NaN."""
    return 0 <= box.xmin < box.xmax <= image.width and 0 <= box.ymin < box.ymax <= image.height


def _say_nothing(_path: str, _what: str) -> None:
    """The first pass has said it."""


def _check_text(text: str, what: str, path: str | None) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InputError(
            f"The {what} {text!r} is not valid Unicode.",
            path=None if path is None else ascii(path),
            remedy="Rename it.",
        ) from error
