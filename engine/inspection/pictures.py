"""The image asked about, at the network's size, and proof that it is still that image."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.domain.errors import InputError
from engine.domain.records import ImageRecord
from engine.imaging.decoding import read_rgb
from engine.indexing.scan import file_digest
from engine.store.project import Project

Pixels = NDArray[np.uint8]
#: Shorter sides hold nothing that could be localised.
LEAST_SIDE = 2
_KEPT = 16


class Pictures:
    """Decodes images of a project, each once; the last ones stay in memory."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._kept: OrderedDict[tuple[Path, int, int, int], Pixels] = OrderedDict()

    def read(self, image: ImageRecord, side: int) -> Pixels:
        """The image as (side, side, 3). Raises InputError if it cannot be read, is a line of
        pixels, or is not the file that was indexed."""
        path = self._project.absolute(image.path)
        _check_extent(image, path)
        key = (path, side, *_stamp(path))
        if key not in self._kept:
            _check_unchanged(image, path)
            self._kept[key] = read_rgb(path, size=(side, side))
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]


def _check_extent(image: ImageRecord, path: Path) -> None:
    if image.problem is not None:
        raise InputError(image.problem, path=path, remedy="Repair the file, then index again.")
    if min(image.width, image.height) < LEAST_SIDE:
        raise InputError(
            f"The image is {image.width} x {image.height} pixels: a line has no place to look at.",
            path=path,
            remedy="Leave it out of the image folder, or skip it.",
        )


def _stamp(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError as error:
        raise InputError(
            "The image is not there any more.",
            path=path,
            remedy="Put it back, or index again to mark it as gone.",
        ) from error
    return status.st_size, status.st_mtime_ns


def _check_unchanged(image: ImageRecord, path: Path) -> None:
    try:
        changed = image.digest is not None and file_digest(path) != image.digest
    except OSError as error:
        raise InputError(
            f"The image cannot be read ({error.strerror or error}).",
            path=path,
            remedy="Check the permissions of the file.",
        ) from error
    if changed:
        raise InputError(
            "The image has changed since it was indexed; what the run saw was another picture.",
            path=path,
            remedy="Index the folder again, then propose again.",
        )
