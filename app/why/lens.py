"""Where all maps of a sheet look at, and where the mouse is: what links them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, QPointF, QRectF, Signal

MAX_ZOOM = 16.0


@dataclass(frozen=True)
class Framing:
    """What is seen of the image: ``aspect`` is its width by its height, ``zoom`` 1 shows it whole,
    ``x`` and ``y`` are the centre; ``cursor`` is the place of the mouse, None on no map."""

    aspect: float = 1.0
    zoom: float = 1.0
    x: float = 0.5
    y: float = 0.5
    cursor: QPointF | None = None

    def frame(self, area: QRectF) -> QRectF:
        """Where the whole image lies (in part outside of ``area`` when zoomed)."""
        width = min(area.width(), area.height() * self.aspect)
        size_w, size_h = width * self.zoom, width / self.aspect * self.zoom
        left = area.center().x() - self.x * size_w
        top = area.center().y() - self.y * size_h
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

    def centred(self, x: float, y: float, zoom: float) -> Framing:
        """Another centre and zoom, as far as the image goes."""
        half = 0.5 / zoom
        x, y = min(max(x, half), 1 - half), min(max(y, half), 1 - half)
        return replace(self, x=x, y=y, zoom=zoom)


class Lens(QObject):
    """One framing for all maps. Places are parts of the image, (1, 1) its bottom right."""

    changed = Signal()
    cursor_moved = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._now = Framing()

    @property
    def framing(self) -> Framing:
        return self._now

    @property
    def aspect(self) -> float:
        return self._now.aspect

    @property
    def zoom(self) -> float:
        return self._now.zoom

    @property
    def cursor(self) -> QPointF | None:
        return self._now.cursor

    def set_image(self, width: int, height: int) -> None:
        """Another image, shown whole."""
        self._now = Framing(max(width, 1) / max(height, 1))
        self.changed.emit()

    def fit(self) -> None:
        self._now = self._now.centred(0.5, 0.5, 1.0)
        self.changed.emit()

    def zoom_by(self, factor: float, around: QPointF | None = None) -> None:
        """``around`` stays where it is on the screen; the centre if None."""
        old = self._now
        centre = QPointF(old.x, old.y)
        around = centre if around is None else around
        zoom = min(max(old.zoom * factor, 1.0), MAX_ZOOM)
        moved = around + (centre - around) * (old.zoom / zoom)
        self._now = old.centred(moved.x(), moved.y(), zoom)
        self.changed.emit()

    def pan(self, du: float, dv: float) -> None:
        """Move what is seen by parts of the image."""
        now = self._now
        self._now = now.centred(now.x - du, now.y - dv, now.zoom)
        self.changed.emit()

    def set_cursor(self, place: QPointF | None) -> None:
        if place != self._now.cursor:
            self._now = replace(self._now, cursor=place)
            self.cursor_moved.emit()

    def frame(self, area: QRectF) -> QRectF:
        return self._now.frame(area)

    def visible(self, area: QRectF) -> QRectF:
        return self._now.visible(area)

    def place(self, area: QRectF, point: QPointF) -> QPointF | None:
        return self._now.place(area, point)
