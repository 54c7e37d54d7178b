"""A score map as a picture to lay over the image."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage


def heat_image(values: NDArray[np.floating]) -> QImage:
    """``values`` (h, w) in [0, 1] as a translucent QImage of w x h; what is low is clear."""
    levels = np.clip(np.asarray(values, np.float32) * 255.0 + 0.5, 0, 255).astype(np.uint8)
    rgba = np.ascontiguousarray(_colours()[levels])
    height, width = levels.shape
    image = QImage(rgba.data, width, height, 4 * width, QImage.Format.Format_RGBA8888)
    # The conversion copies, so the array may go.
    return image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)


@cache
def _colours() -> NDArray[np.uint8]:
    """(256, 4) RGBA: perceptually uniform, fading out towards 0 so that the picture shows."""
    levels = np.arange(256, dtype=np.uint8)[:, None]
    rgba = cv2.cvtColor(cv2.applyColorMap(levels, cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2RGBA)[:, 0]
    rgba[:, 3] = np.clip(np.linspace(0.0, 1.0, 256) * 2.2, 0.0, 1.0) * 255
    return np.ascontiguousarray(rgba)
