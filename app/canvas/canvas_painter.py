"""One repaint of the canvas, from what is kept of the last one."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPixmap

from app.canvas import marks
from app.canvas.box_layer import BoxLayer
from app.canvas.loupe import paint_loupe
from app.canvas.navigation import Navigator
from app.canvas.picture import Picture, sheet, sheet_size
from app.canvas.pointer import Pointer


class CanvasPainter:
    """Paints picture and boxes at rest once for each zoom and place, and keeps them.

    A repaint copies them and paints over them what is selected, dragged or being drawn, so that a
    step of a drag costs the same on any picture with any number of boxes. The picture alone is
    only kept once its boxes change: most images are looked at and left.
    """

    def __init__(self, picture: Picture, layer: BoxLayer, navigator: Navigator) -> None:
        self._picture = picture
        self._layer = layer
        self._navigator = navigator
        self._backdrop = QPixmap()  # the picture with its heatmap
        self._resting = QPixmap()  # and the boxes at rest
        self._stale_picture = self._stale_boxes = self._stale_backdrop = True
        self.stage_colour = QColor(0, 0, 0)  # around the picture
        self.loupe = False
        self.crosshair = True  # while a box is drawn

    def forget_picture(self) -> None:
        """The picture, its place or its look is another now."""
        self._stale_picture = True

    def forget_boxes(self) -> None:
        """Other boxes are at rest now."""
        self._stale_boxes = True

    def paint(self, painter: QPainter, pointer: Pointer) -> None:
        painter.drawPixmap(0, 0, self._painted(painter.device().devicePixelRatioF()))
        if self._layer.shown:
            self._layer.paint_live(painter)
        self._paint_overlay(painter, pointer)
        painter.end()

    def _painted(self, ratio: float) -> QPixmap:
        size = self._navigator.room.size().toSize()
        if not _fits(self._resting, size, ratio):
            # New memory costs more than painting, so it is only taken for another size.
            self._backdrop, self._resting = sheet(size, ratio), sheet(size, ratio)
            self._stale_picture = True
        if self._stale_picture:
            self._paint_picture(self._resting)
            self._stale_backdrop = True
        elif self._stale_boxes:
            self._copy_picture()
        if self._stale_picture or self._stale_boxes:
            self._paint_resting()
        self._stale_picture = self._stale_boxes = False
        return self._resting

    def _paint_picture(self, where: QPixmap) -> None:
        where.fill(self.stage_colour)
        painter = QPainter(where)
        self._picture.paint(painter, self._navigator.room, self._navigator.to_screen())
        painter.end()

    def _copy_picture(self) -> None:
        """The picture without the boxes that were at rest on it."""
        if self._stale_backdrop:
            self._paint_picture(self._backdrop)
            self._stale_backdrop = False
        painter = QPainter(self._resting)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
        painter.drawPixmap(0, 0, self._backdrop)
        painter.end()

    def _paint_resting(self) -> None:
        if self._layer.shown:
            painter = QPainter(self._resting)
            self._layer.paint_resting(painter)
            painter.end()

    def _paint_overlay(self, painter: QPainter, pointer: Pointer) -> None:
        to_screen, room = self._navigator.to_screen(), self._navigator.room
        marks.paint_points(painter, [to_screen.map(p) for p in pointer.points])
        band = pointer.stage.band
        if band is not None:
            area = QRectF(band.xmin, band.ymin, band.width, band.height)
            marks.paint_band(painter, to_screen.mapRect(area))
        at = pointer.at
        if at is None or self._navigator.empty:
            return
        if pointer.drawing and self.crosshair:
            marks.paint_crosshair(painter, at.screen, room)
        if self.loupe:
            scale = self._navigator.scale
            colour = self.stage_colour
            paint_loupe(painter, at, scale, room, self._picture, self._layer, colour)


def _fits(pixmap: QPixmap, size: QSize, ratio: float) -> bool:
    return pixmap.devicePixelRatio() == ratio and pixmap.size() == sheet_size(size, ratio)
