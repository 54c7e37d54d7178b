"""From image files to pictures that Qt paints fast, in the sizes that the window needs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from engine.imaging.decoding import read_draft, read_rgb
from engine.store.project import Project

#: Longest side of the copies: for a screen, to zoom into, for the queue, for the grid.
PREVIEW_SIDE = 1600
DETAIL_SIDE = 4096
THUMBNAIL_SIDE = 96
#: Least longer side of the coarse copy that is shown until the preview is there.
DRAFT_SIDE = 700
TILE_SIDE = 320


class Copy(StrEnum):
    """Which copy of a picture."""

    DRAFT = "draft"
    PREVIEW = "preview"
    DETAIL = "detail"
    THUMBNAIL = "thumbnail"
    TILE = "tile"


SIDES = {
    Copy.PREVIEW: PREVIEW_SIDE,
    Copy.DETAIL: DETAIL_SIDE,
    Copy.THUMBNAIL: THUMBNAIL_SIDE,
    Copy.TILE: TILE_SIDE,
}


_SMALL = frozenset({Copy.THUMBNAIL, Copy.TILE})


@dataclass(frozen=True, slots=True)
class ImageFile:
    """What is to be loaded: an image of the project and its path in the image root."""

    image_id: int
    path: str


def decode(project: Project, path: str, side: int) -> QImage:
    return to_qimage(project.absolute(path), side)


def decode_quickly(project: Project, path: str) -> tuple[Copy, QImage]:
    absolute = project.absolute(path)
    rgb = read_draft(absolute, DRAFT_SIDE, PREVIEW_SIDE)
    if rgb is not None:
        return Copy.DRAFT, _painted_fast(rgb)
    return Copy.PREVIEW, to_qimage(absolute, PREVIEW_SIDE)


def to_qimage(path: Path, side: int) -> QImage:
    """The picture at ``path``, ``side`` pixels at most, in the format Qt paints fastest."""
    return _painted_fast(read_rgb(path, max_side=side))


def _painted_fast(rgb: NDArray[np.uint8]) -> QImage:
    height, width = rgb.shape[:2]
    picture = QImage(rgb.data, width, height, 3 * width, QImage.Format.Format_RGB888)
    # The conversion copies, so the array may go.
    return picture.convertToFormat(QImage.Format.Format_RGB32)
