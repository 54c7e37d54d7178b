"""A score map as a picture to lay over the image."""

from __future__ import annotations

from functools import cache

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from app.canvas.palette import HEAT_MAP


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
    """(256, 4) RGBA: the colour map, fading out towards 0 so that the picture stays visible."""
    rgba = pg.colormap.get(HEAT_MAP).getLookupTable(nPts=256, alpha=True).astype(np.uint8)
    rgba[:, 3] = np.clip(np.linspace(0.0, 1.0, 256) * 2.2, 0.0, 1.0) * 255
    return np.ascontiguousarray(rgba)
