"""Zoom and pan of one image: which part of it is on the widget, and how large."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPointF, QRectF, QSizeF, Signal
from PySide6.QtGui import QTransform

_MAX_SCALE = 40.0  # screen pixels per image pixel
_MIN_FIT_SHARE = 0.5  # of the scale at which the image just fits
_FIT_MARGIN = 14.0  # pixels of the screen left free on each side, where handles show
_LEAST_ROOM = 8.0


class Navigator(QObject):
    """Keeps ``scale`` (screen pixels per image pixel) and centre; fits again while in fit mode.

    Screen coordinates are logical pixels of the widget, from its top left.
    """

    changed = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._room = QSizeF(1, 1)
        self._size = (0, 0)
        self._scale = 1.0
        self._centre = QPointF(0.5, 0.5)  # as a share of the image, so that another one can take it
        self._fitting = True
        self.keeps_zoom = False  # whether another image is shown at the same zoom and place

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
        return self._scale

    def set_room(self, width: float, height: float) -> None:
        """The widget has another size: fit again, or keep the scale and the centre."""
        self._room = QSizeF(max(width, 1.0), max(height, 1.0))
        if self._fitting:
            self.fit()
        else:
            self.changed.emit()

    def set_image(self, width: int, height: int) -> None:
        """Another image (0 x 0: none), shown whole or where the last one was looked at."""
        self._size = (width, height)
        if not self.empty and (self._fitting or not self.keeps_zoom):
            self.fit()
        elif not self.empty:
            self._show(self.centre, self._allowed(self._scale))
        else:
            self.changed.emit()

    def fit(self) -> None:
        self._fitting = True
        width, height = self._size
        self._show(QPointF(width / 2, height / 2), self._fit_scale())

    def actual_size(self, device_ratio: float) -> None:
        """One image pixel per pixel of the device, around the centre of what is visible."""
        self._fitting = False
        self._show(self.centre, 1.0 / device_ratio)

    def zoom(self, factor: float, around: QPointF | None = None) -> None:
        """``around`` (image pixels) stays where it is on the screen; the centre if None."""
        centre = self.centre
        around = centre if around is None else around
        old, new = self._scale, self._allowed(self._scale * factor)
        self._fitting = False
        self._show(around + (centre - around) * (old / new), new)

    def pan(self, dx: float, dy: float) -> None:
        """Move the picture by pixels of the screen."""
        self._fitting = False
        self._show(self.centre - QPointF(dx, dy) / self._scale, self._scale)

    @property
    def centre(self) -> QPointF:
        """What is in the middle of the widget, in image pixels."""
        width, height = self._size
        return QPointF(self._centre.x() * width, self._centre.y() * height)

    @property
    def room(self) -> QRectF:
        """The widget, in pixels of the screen."""
        return QRectF(QPointF(0, 0), self._room)

    def to_image(self, screen: QPointF) -> QPointF:
        return self.centre + (screen - self.room.center()) / self._scale

    def to_screen(self) -> QTransform:
        """From image pixels to pixels of the screen."""
        middle, centre = self.room.center(), self.centre
        transform = QTransform()
        transform.translate(
            middle.x() - centre.x() * self._scale, middle.y() - centre.y() * self._scale
        )
        return transform.scale(self._scale, self._scale)

    def _show(self, centre: QPointF, scale: float) -> None:
        if not self.empty:
            width, height = self._size
            x, y = centre.x() / width, centre.y() / height
            self._centre = QPointF(min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0))
            self._scale = scale
        self.changed.emit()

    def _allowed(self, scale: float) -> float:
        fit = self._fit_scale()
        return min(max(scale, fit * _MIN_FIT_SHARE, 1e-6), max(_MAX_SCALE, fit))

    def _fit_scale(self) -> float:
        width, height = (max(side, 1) for side in self._size)
        across = max(self._room.width() - 2 * _FIT_MARGIN, _LEAST_ROOM) / width
        down = max(self._room.height() - 2 * _FIT_MARGIN, _LEAST_ROOM) / height
        return min(across, down, _MAX_SCALE)
