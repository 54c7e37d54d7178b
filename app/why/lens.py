"""Where all maps of a sheet look at, and where the mouse is: what links them."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPointF, QRectF, Signal

MAX_ZOOM = 16.0


class Lens(QObject):
    """Zoom and centre in parts of the image, (0, 0) its top left and (1, 1) its bottom right."""

    changed = Signal()
    cursor_moved = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._aspect = 1.0
        self._zoom = 1.0
        self._centre = QPointF(0.5, 0.5)
        self._cursor: QPointF | None = None

    @property
    def aspect(self) -> float:
        """Width of the image by its height."""
        return self._aspect

    @property
    def zoom(self) -> float:
        """1 shows the image whole."""
        return self._zoom

    @property
    def cursor(self) -> QPointF | None:
        """The place the mouse is at, in [0, 1]; None while it is on no map."""
        return self._cursor

    def set_image(self, width: int, height: int) -> None:
        """Another image, shown whole."""
        self._aspect = max(width, 1) / max(height, 1)
        self._cursor = None
        self.fit()

    def fit(self) -> None:
        self._zoom, self._centre = 1.0, QPointF(0.5, 0.5)
        self.changed.emit()

    def zoom_by(self, factor: float, around: QPointF | None = None) -> None:
        """``around`` stays where it is on the screen; the centre if None."""
        around = self._centre if around is None else around
        new = min(max(self._zoom * factor, 1.0), MAX_ZOOM)
        self._centre = around + (self._centre - around) * (self._zoom / new)
        self._zoom = new
        self._keep_inside()
        self.changed.emit()

    def pan(self, du: float, dv: float) -> None:
        """Move what is seen by parts of the image."""
        self._centre -= QPointF(du, dv)
        self._keep_inside()
        self.changed.emit()

    def set_cursor(self, place: QPointF | None) -> None:
        if place != self._cursor:
            self._cursor = place
            self.cursor_moved.emit()

    def frame(self, area: QRectF) -> QRectF:
        """Where the whole image lies (in part outside of ``area`` when zoomed)."""
        width = min(area.width(), area.height() * self._aspect)
        size_w, size_h = width * self._zoom, width / self._aspect * self._zoom
        left = area.center().x() - self._centre.x() * size_w
        top = area.center().y() - self._centre.y() * size_h
        return QRectF(left, top, size_w, size_h)

    def visible(self, area: QRectF) -> QRectF:
        """The part of ``area`` that the image covers."""
        return self.frame(area).intersected(area)

    def place(self, area: QRectF, point: QPointF) -> QPointF | None:
        """The place of the image at ``point`` of the screen; None beside the image."""
        if not self.visible(area).contains(point):
            return None
        frame = self.frame(area)
        return QPointF(
            min(max((point.x() - frame.left()) / frame.width(), 0.0), 1.0),
            min(max((point.y() - frame.top()) / frame.height(), 0.0), 1.0),
        )

    def _keep_inside(self) -> None:
        half = 0.5 / self._zoom
        x = min(max(self._centre.x(), half), 1 - half)
        y = min(max(self._centre.y(), half), 1 - half)
        self._centre = QPointF(x, y)
