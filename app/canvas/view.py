"""The canvas: one picture, its heatmap and boxes. Edits leave it as signals of its pointer."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QPoint, QPointF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QGraphicsView, QWidget

from app.canvas.box_layer import BoxLayer
from app.canvas.boxes import CanvasBoxes
from app.canvas.gestures import Point
from app.canvas.navigation import Navigator
from app.canvas.picture_item import PictureItem
from app.canvas.pointer import Pointer

_WHEEL_STEP = 1.2  # per notch


class ImageCanvas(pg.GraphicsView):
    """Shows one image; ``boxes`` holds what is on it, ``pointer`` says what a person does to it.

    Coordinates are pixels of the original image, whatever the size of the copies that are painted.
    """

    zoom_changed = Signal(float)  # device pixels per image pixel
    detail_wanted = Signal()  # the copy that is there is too coarse for this zoom

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.FullViewportUpdate)
        self.setAccessibleName("Image")
        self.setMinimumSize(240, 180)
        box = pg.ViewBox(invertY=True, lockAspect=1.0, enableMenu=False, enableMouse=False)
        box.setDefaultPadding(0.0)
        self.setCentralItem(box)
        self._picture = PictureItem()
        box.addItem(self._picture, ignoreBounds=True)
        self._layer = BoxLayer(box)
        self._navigator = Navigator(box, self)
        self._navigator.changed.connect(self._after_navigation)
        self.boxes = CanvasBoxes(self._layer, self)
        self.pointer = Pointer(self.boxes, self._navigator, self)
        self.pointer.cursor_changed.connect(self._set_cursor)

    def show_image(self, preview: QImage | None, width: int, height: int) -> None:
        """Another image of ``width`` x ``height`` original pixels, whole; 0 x 0 for none."""
        self.pointer.abandon()
        self.pointer.cancel()
        self._picture.show_picture(preview, width, height)
        self._navigator.set_image(width, height)

    def show_detail(self, detail: QImage) -> None:
        """A finer copy of the same image."""
        self._picture.show_detail(detail)

    def show_heat(self, heat: QImage | None) -> None:
        self._picture.show_heat(heat)

    def set_heat_opacity(self, opacity: float) -> None:
        self._picture.set_heat_opacity(opacity)

    def set_stage_colour(self, colour: QColor) -> None:
        """What is around the picture."""
        self.setBackground(colour)

    @property
    def zoom(self) -> float:
        """Device pixels per image pixel."""
        return float(self._navigator.scale * self.devicePixelRatioF())

    @property
    def image_size(self) -> tuple[int, int]:
        return self._navigator.image_size

    def fit(self) -> None:
        self._navigator.fit()

    def actual_size(self) -> None:
        self._navigator.actual_size(self.devicePixelRatioF())

    def zoom_by(self, factor: float) -> None:
        self._navigator.zoom(factor)

    def to_viewport(self, x: float, y: float) -> QPoint:
        """Where on the widget the point (x, y) of the image is."""
        scene = self._navigator.to_screen().map(QPointF(x, y))
        viewport: QPoint = self.mapFromScene(scene)
        return viewport

    # Events of the mouse; pyqtgraph's own handling is left out on purpose

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self.pointer.press(self._point(event.position()), event.button(), event.modifiers())
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.pointer.move(self._point(event.position()))
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.pointer.release(self._point(event.position()))
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.mousePressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        notches = event.angleDelta().y() / 120.0
        if notches and not self._navigator.empty:
            self._navigator.zoom(_WHEEL_STEP**notches, self._point(event.position()).image)
        event.accept()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        if hasattr(self, "_navigator"):  # pyqtgraph resizes while it is still being made
            self._navigator.resized()

    def _point(self, position: QPointF) -> Point:
        scene = self.viewportTransform().inverted()[0].map(position)
        return Point(scene, self._navigator.to_image(scene))

    def _set_cursor(self, shape: Qt.CursorShape) -> None:
        if self.viewport().cursor().shape() != shape:
            self.viewport().setCursor(shape)

    def _after_navigation(self) -> None:
        self._layer.place(self.sceneRect(), self._navigator.to_screen())
        self.zoom_changed.emit(self.zoom)
        if self._picture.needs_detail(self.zoom):
            self.detail_wanted.emit()
