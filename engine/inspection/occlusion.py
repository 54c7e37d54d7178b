"""Parts of an image made unreadable, to see what the network says without them."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.domain.geometry import Box

Pixels = NDArray[np.uint8]
#: Standard deviation of the blur as a share of the image's side: shapes and textures are gone,
#: colours stay, so that the blurred part is no sharp foreign thing in the picture.
BLUR = 0.1
#: What networks are normalised to: ImageNet's mean colour, as hide-and-seek fills with.
MEAN_COLOUR = (124, 116, 104)


def cells(box: Box, width: int, height: int, side: int) -> NDArray[np.bool_]:
    """Where ``box``, in pixels of the image, lies in its square form (side, side)."""
    inside = np.zeros((side, side), np.bool_)
    scaled = box.scaled(side / width, side / height).clipped(side, side)
    top, bottom = _span(scaled.ymin, scaled.ymax, side)
    left, right = _span(scaled.xmin, scaled.xmax, side)
    inside[top:bottom, left:right] = True
    return inside


def blurred(pixels: Pixels, where: NDArray[np.bool_]) -> Pixels:
    """``pixels`` (S, S, 3), blurred at ``where`` (S, S)."""
    soft = cv2.GaussianBlur(
        pixels, (0, 0), BLUR * max(pixels.shape[:2]), borderType=cv2.BORDER_REPLICATE
    )
    return np.where(where[..., None], soft, pixels).astype(np.uint8)


def filled(pixels: Pixels, where: NDArray[np.bool_]) -> Pixels:
    """``pixels`` (S, S, 3) with the mean colour at ``where`` (S, S)."""
    mean = np.array(MEAN_COLOUR, np.uint8)
    return np.where(where[..., None], mean, pixels).astype(np.uint8)


def _span(start: float, end: float, side: int) -> tuple[int, int]:
    """Whole cells, at least one, also for a box that is thinner than a cell."""
    first = min(int(start), side - 1)
    return first, max(first + 1, min(round(end), side))
