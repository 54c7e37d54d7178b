"""An export's contents checked, counted and put in order while they are written."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib.metadata import version
from operator import attrgetter
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from engine.domain.errors import InputError
from engine.exchange.counts import SPLITS, Counts
from engine.exchange.model import ExportBox, ExportImage, ExportSet
from engine.exchange.names import path_problem
from engine.exchange.notes import Notes
from engine.exchange.target import PROVENANCE
from engine.jobs.reporter import Reporter

CUT = "a box that reaches over the edge was cut there"
OUTSIDE = "a box outside the image was left out"

_ANY = math.inf
Warn = Callable[[str, str], None]


class Contents:
    """What is written, checked on the way: images in order of their paths, boxes in order of
    class and place.

    ``paths``, ``classes`` and ``provenance`` are known from the start. ``counts`` are those of the
    last time that all images were gone through, which may be done several times and gives the
    same each time.
    """

    def __init__(self, data: ExportSet) -> None:
        self._order = {name: number for number, name in enumerate(data.classes)}
        for name in data.classes:
            _check_text(name, "class name", None)
        if len(self._order) != len(data.classes) or "" in self._order:
            raise InputError("The class names of an export are each there once, and none is empty.")
        self.classes = list(data.classes)
        self.provenance = data.provenance
        self.counts = Counts.of_classes(self.classes)
        self._images, self.paths = _sorted(data.images)
        _check_paths(self.paths)

    def images(self, reporter: Reporter, message: str) -> Iterator[ExportImage]:
        """Each image as it can be written; warns of what was cut or left out.

        Raises InputError for what no format could say: an image without size, a class that is
        not listed, a number that is none.
        """
        notes, counts = Notes(reporter), Counts.of_classes(self.classes)
        total = len(self.paths)
        for image in reporter.track(self._images, "images", message, total):
            usable = _checked_image(image, self._order, notes.add)
            counts.add(usable)
            yield usable
        notes.close()
        self.counts = counts

    def survey(self, reporter: Reporter) -> Counts:
        """Go through all of it to count and to warn, and write nothing."""
        for _image in self.images(reporter, "Looking through the boxes"):
            pass
        return self.counts


def checked(data: ExportSet | Contents) -> Contents:
    """``data`` ready to be gone through.

    Raises InputError for an image that is there twice or whose path leaves the root, and for
    class names that cannot be used.
    """
    return data if isinstance(data, Contents) else Contents(data)


def _sorted(images: Iterable[ExportImage]) -> tuple[Iterable[ExportImage], Sequence[str]]:
    """The images in order of their paths, and the paths. What is no sequence is in order."""
    if isinstance(images, Sequence):
        images = sorted(images, key=attrgetter("path"))
    known = getattr(images, "paths", None)
    return images, [image.path for image in images] if known is None else known


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


def _check_paths(paths: Iterable[str]) -> None:
    before = None
    for path in paths:
        if path == before:
            raise InputError("The image is in the export twice.", path=path)
        if before is not None and path < before:
            raise ValueError(f"images out of order: {path!r} after {before!r}")
        before = path
        if problem := path_problem(path):
            raise InputError(f"An export cannot hold it: {problem}.", path=path)
        _check_text(path, "file name", path)


def _checked_image(image: ExportImage, order: dict[str, int], warn: Warn) -> ExportImage:
    if image.width < 1 or image.height < 1:
        raise InputError("The size of the image is not known.", path=image.path)
    if image.split is not None and image.split not in SPLITS:
        raise InputError(
            f"The split {image.split!r} is unknown.",
            path=image.path,
            remedy=f"The splits are {', '.join(SPLITS)}.",
        )
    boxes, width, height = image.boxes, image.width, image.height
    for box in boxes:
        score = box.score
        # with extent, inside, and of a known class, as nearly all; no comparison holds for NaN
        if not (
            0 <= box.xmin < box.xmax <= width
            and 0 <= box.ymin < box.ymax <= height
            and box.class_name in order
            and (score is None or -_ANY < score < _ANY)
        ):
            found = (_checked_box(box, image, order, warn) for box in boxes)
            boxes = [usable for usable in found if usable is not None]
            break
    if len(boxes) > 1:
        boxes = sorted(
            boxes,
            key=lambda b: (order[b.class_name], b.xmin, b.ymin, b.xmax, b.ymax, b.score or 0.0),
        )
    return image if boxes is image.boxes else replace(image, boxes=boxes)


def _checked_box(
    box: ExportBox, image: ExportImage, order: dict[str, int], warn: Warn
) -> ExportBox | None:
    if box.class_name not in order:
        raise InputError(f"The class {box.class_name!r} is not of the export.", path=image.path)
    if box.score is not None and not math.isfinite(box.score):
        raise InputError(f"The box {box.box.as_tuple()} is none.", path=image.path)
    if not box.box.has_extent:
        raise InputError(f"The box {box.box.as_tuple()} is none.", path=image.path)
    inside = box.box.clipped(image.width, image.height)
    if inside == box.box:
        return box
    if not inside.has_extent:
        warn(image.path, OUTSIDE)
        return None
    warn(image.path, CUT)
    return ExportBox.of(box.class_name, inside, box.score, box.origin, box.run_id)


def _check_text(text: str, what: str, path: str | None) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InputError(
            f"The {what} {text!r} is not valid Unicode.",
            path=None if path is None else ascii(path),
            remedy="Rename it.",
        ) from error
