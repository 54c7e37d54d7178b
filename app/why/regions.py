"""Parts of the image that a person marks on a map, as rectangles in [0, 1]."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSizeF

BLOCK = 0.25  # of the image's shorter side: a block that is only clicked


def spanned(a: QPointF, b: QPointF, frame: QRectF) -> QRectF:
    """The rectangle between two points of the screen; ``frame`` is where the image lies there."""
    xs = sorted(min(max((p.x() - frame.left()) / frame.width(), 0.0), 1.0) for p in (a, b))
    ys = sorted(min(max((p.y() - frame.top()) / frame.height(), 0.0), 1.0) for p in (a, b))
    return QRectF(xs[0], ys[0], xs[1] - xs[0], ys[1] - ys[0])


def first_block(aspect: float) -> QSizeF:
    """The size of a square block, before any was dragged; ``aspect`` is width by height."""
    return QSizeF(BLOCK / max(aspect, 1.0), BLOCK * min(aspect, 1.0))


def block_at(place: QPointF, size: QSizeF) -> QRectF:
    """A block around ``place``, moved so that it lies within the image."""
    left = min(max(place.x() - size.width() / 2, 0.0), 1.0 - size.width())
    top = min(max(place.y() - size.height() / 2, 0.0), 1.0 - size.height())
    return QRectF(left, top, size.width(), size.height())
