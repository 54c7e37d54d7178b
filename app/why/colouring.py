"""From values to colours: pyqtgraph's perceptually uniform maps, one for each meaning."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QImage

from app.canvas.palette import HEAT_MAP
from app.i18n import mark
from app.why.model import BACKGROUND, BOTH, ERASED, KEPT, PART, Layer, Look

#: All bundled with pyqtgraph and perceptually uniform; that of the scores is the review's own.
COLOUR_MAPS = {
    Look.SCORE: HEAT_MAP,
    Look.ATTENTION: "viridis",
    Look.DIFFERENCE: "CET-D1A",
}
#: Of masks: apart for colour-blind eyes too (Okabe and Ito), and in lightness.
MASK_COLOURS = {
    KEPT: QColor(247, 248, 249),
    PART: QColor(213, 94, 0),
    BACKGROUND: QColor(86, 180, 233),
    BOTH: QColor(60, 30, 70),
    ERASED: QColor(40, 44, 48),
}
MASK_WORDS = {
    KEPT: mark("kept"),
    PART: mark("part"),
    BACKGROUND: mark("background"),
    BOTH: mark("both"),
    ERASED: mark("erased"),
}
_OVER_ALPHA = 168  # of 255: how much of the map shows where it lies over the image


@cache
def table(look: Look) -> NDArray[np.uint8]:
    """(256, 3) RGB from the low to the high end of the scale."""
    import pyqtgraph as pg  # takes half a second, which opening a project should not

    colours = pg.colormap.get(COLOUR_MAPS[look]).getLookupTable(nPts=256, alpha=False)
    return np.ascontiguousarray(colours.astype(np.uint8))


def load() -> None:
    """Make all tables ready; may be called in another thread."""
    for look in COLOUR_MAPS:
        table(look)


def picture(layer: Layer, over: bool = False) -> QImage:
    """One pixel for each cell; ``over`` makes it translucent, to lie over the image."""
    rgba = _mask_colours(layer, over) if layer.look is Look.MASK else _colours(layer, over)
    rows, columns = layer.values.shape
    image = QImage(rgba.data, columns, rows, 4 * columns, QImage.Format.Format_RGBA8888)
    # The conversion copies, so the array may go.
    return image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)


def levels(layer: Layer) -> NDArray[np.float32]:
    """The values (h, w) as parts of the scale, in [0, 1]."""
    span = max(layer.high - layer.low, 1e-12)
    shares: NDArray[np.float32] = np.clip((layer.values - layer.low) / span, 0.0, 1.0)
    return shares


def _colours(layer: Layer, over: bool) -> NDArray[np.uint8]:
    share = levels(layer)
    rgba = np.empty((*share.shape, 4), np.uint8)
    rgba[..., :3] = table(layer.look)[np.round(share * 255).astype(np.uint8)]
    rgba[..., 3] = 255
    if over and layer.look is Look.SCORE:  # what is low is clear, as in the review
        rgba[..., 3] = np.clip(share * 2.2, 0.0, 1.0) * _OVER_ALPHA
    elif over and layer.look is Look.DIFFERENCE:
        rgba[..., 3] = np.clip(np.abs(share - 0.5) * 4.4, 0.0, 1.0) * _OVER_ALPHA
    elif over:
        rgba[..., 3] = _OVER_ALPHA
    return rgba


def _mask_colours(layer: Layer, over: bool) -> NDArray[np.uint8]:
    assert layer.codes is not None
    colours = np.array(
        [[c.red(), c.green(), c.blue(), 255] for _, c in sorted(MASK_COLOURS.items())], np.uint8
    )
    if over:
        colours[:, 3] = 165
        colours[KEPT, 3] = 0
    return np.ascontiguousarray(colours[layer.codes])
