"""The three pictures of an image in the paper's figures: input, heatmap, overlay."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from engine.domain.geometry import Box

Rgb = NDArray[np.uint8]

SIDE = 320  # pixels of the longer side of a picture
#: Red for truth and green for predictions, as in the paper; each on a dark casing.
TRUE_COLOUR, PREDICTED_COLOUR, CASING = (255, 90, 82), (62, 207, 116), (0, 0, 0)
_DASH, _GAP, _LINE = 11, 7, 3
_OPACITY = 0.65


def heat(grid: NDArray[Any], width: int, height: int) -> Rgb:
    """A map (h, w) in [0, 1] as a picture, dark blue to yellow, perceptually uniform (inferno)."""
    levels = np.clip(np.asarray(grid, np.float32) * 255, 0, 255).astype(np.uint8)
    smooth = cv2.resize(levels, (width, height), interpolation=cv2.INTER_LINEAR)
    coloured = cv2.applyColorMap(smooth, cv2.COLORMAP_INFERNO)
    return np.ascontiguousarray(coloured[:, :, ::-1], np.uint8)


def overlay(rgb: Rgb, grid: NDArray[Any]) -> Rgb:
    """The heatmap over the picture: the hotter, the less shows through."""
    height, width = rgb.shape[:2]
    weight = cv2.resize(np.asarray(grid, np.float32), (width, height))[..., None]
    weight = 0.15 + (_OPACITY - 0.15) * np.clip(weight, 0, 1)
    grey = rgb.mean(2, keepdims=True).repeat(3, 2) * 0.85
    mixed = grey * (1 - weight) + heat(grid, width, height) * weight
    laid: Rgb = np.clip(mixed, 0, 255).astype(np.uint8)
    return laid


def with_boxes(rgb: Rgb, true: Sequence[Box], predicted: Sequence[Box]) -> Rgb:
    """A copy with boxes, in pixels of ``rgb``: true ones solid red, predicted ones dashed green."""
    picture = Image.fromarray(rgb)
    pen = ImageDraw.Draw(picture)
    for box in true:
        _solid(pen, _corners(box, rgb), TRUE_COLOUR)
    for box in predicted:
        _dashed(pen, _corners(box, rgb), PREDICTED_COLOUR)
    return np.asarray(picture, np.uint8)


def jpeg(rgb: Rgb, quality: int = 85) -> bytes:
    """The picture as JPEG bytes."""
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, "JPEG", quality=quality, optimize=True)
    return buffer.getvalue()


def _corners(box: Box, rgb: Rgb) -> tuple[int, int, int, int]:
    height, width = rgb.shape[:2]
    inside = box.clipped(width, height)
    return (
        min(round(inside.xmin), width - 2),
        min(round(inside.ymin), height - 2),
        min(round(inside.xmax), width - 1),
        min(round(inside.ymax), height - 1),
    )


def _solid(
    pen: ImageDraw.ImageDraw, corners: tuple[int, int, int, int], colour: tuple[int, int, int]
) -> None:
    left, top, right, bottom = corners
    ring = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
    pen.line(ring, fill=CASING, width=_LINE + 2)
    pen.line(ring, fill=colour, width=_LINE)


def _dashed(
    pen: ImageDraw.ImageDraw, corners: tuple[int, int, int, int], colour: tuple[int, int, int]
) -> None:
    left, top, right, bottom = corners
    sides = [
        ((left, top), (right, top)),
        ((right, top), (right, bottom)),
        ((right, bottom), (left, bottom)),
        ((left, bottom), (left, top)),
    ]
    for width, fill in ((_LINE + 2, CASING), (_LINE, colour)):
        for start, end in sides:
            for dash in _dashes(start, end):
                pen.line(dash, fill=fill, width=width)


def _dashes(
    start: tuple[int, int], end: tuple[int, int]
) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    length = float(np.hypot(end[0] - start[0], end[1] - start[1]))
    if length == 0:
        return []
    along = ((end[0] - start[0]) / length, (end[1] - start[1]) / length)

    def at(distance: float) -> tuple[float, float]:
        return (start[0] + along[0] * distance, start[1] + along[1] * distance)

    starts = np.arange(0, length, _DASH + _GAP)
    return [(at(float(s)), at(float(min(s + _DASH, length)))) for s in starts]
