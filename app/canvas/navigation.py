"""Zoom and pan of one image in a pyqtgraph ViewBox."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QObject, QPointF, QRectF, QSizeF, Signal
from PySide6.QtGui import QTransform

_MAX_SCALE = 40.0  # screen pixels per image pixel
_MIN_FIT_SHARE = 0.5  # of the scale at which the image just fits
_FIT_MARGIN = 14.0  # pixels of the screen left free on each side, where handles show


class Navigator(QObject):
    """Keeps ``scale`` (screen pixels per image pixel) and centre; fits again while in fit mode."""

    changed = Signal()

    def __init__(self, box: pg.ViewBox, parent: QObject) -> None:
        super().__init__(parent)
        self._box = box
        self._size = (0, 0)
        self._image = QSizeF(1, 1)
        self._fitting = True

    @property
    def image_size(self) -> tuple[int, int]:
        return self._size

    @property
    def empty(self) -> bool:
        """True if there is no image."""
        return 0 in self._size

    @property
    def fitting(self) -> bool:
        """True while the image follows the size of the window."""
        return self._fitting

    @property
    def scale(self) -> float:
        width: float = self._box.viewRect().width()
        return self._pixels().width() / width if width > 0 else 1.0

    def set_image(self, width: int, height: int) -> None:
        """Another image, shown whole."""
        self._size = (width, height)
        self._image = QSizeF(max(width, 1), max(height, 1))
        self.fit()

    def fit(self) -> None:
        self._fitting = True
        centre = QPointF(self._image.width() / 2, self._image.height() / 2)
        self._show(centre, self._fit_scale())

    def actual_size(self, device_ratio: float) -> None:
        """One image pixel per pixel of the device, around the centre of what is visible."""
        self._fitting = False
        self._show(self._box.viewRect().center(), 1.0 / device_ratio)

    def zoom(self, factor: float, around: QPointF | None = None) -> None:
        """``around`` (image pixels) stays where it is on the screen; the centre if None."""
        rect: QRectF = self._box.viewRect()
        centre = rect.center()
        around = centre if around is None else around
        old = self.scale
        new = min(max(old * factor, self._fit_scale() * _MIN_FIT_SHARE, 1e-6), self._max_scale())
        self._fitting = False
        self._show(around + (centre - around) * (old / new), new)

    def pan(self, dx: float, dy: float) -> None:
        """Move the picture by pixels of the screen."""
        scale = self.scale
        self._fitting = False
        centre = self._box.viewRect().center() - QPointF(dx / scale, dy / scale)
        x = min(max(centre.x(), 0.0), self._image.width())
        y = min(max(centre.y(), 0.0), self._image.height())
        self._show(QPointF(x, y), scale)

    def resized(self) -> None:
        """The window has another size: fit again, or keep the scale and the centre."""
        if self._fitting:
            self.fit()
        else:
            self.changed.emit()

    def to_image(self, scene: QPointF) -> QPointF:
        point: QPointF = self._box.mapSceneToView(scene)
        return point

    def to_screen(self) -> QTransform:
        """From image pixels to pixels of the scene."""
        rect: QRectF = self._box.viewRect()
        area: QRectF = self._box.sceneBoundingRect()
        scale = self.scale
        transform = QTransform()
        transform.translate(area.left() - rect.left() * scale, area.top() - rect.top() * scale)
        return transform.scale(scale, scale)

    def _show(self, centre: QPointF, scale: float) -> None:
        pixels = self._pixels()
        if pixels.width() < 1 or pixels.height() < 1:
            return
        size = QSizeF(pixels.width() / scale, pixels.height() / scale)
        rect = QRectF(QPointF(), size)
        rect.moveCenter(centre)
        self._box.setRange(rect, padding=0, disableAutoRange=True)
        self.changed.emit()

    def _fit_scale(self) -> float:
        pixels = self._pixels()
        room = QSizeF(
            max(pixels.width() - 2 * _FIT_MARGIN, 8), max(pixels.height() - 2 * _FIT_MARGIN, 8)
        )
        fit = min(room.width() / self._image.width(), room.height() / self._image.height())
        return min(fit, _MAX_SCALE)

    def _max_scale(self) -> float:
        return max(_MAX_SCALE, self._fit_scale())

    def _pixels(self) -> QRectF:
        rect: QRectF = self._box.rect()
        return rect
