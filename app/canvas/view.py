"""The canvas: one picture, its heatmap and boxes. Edits leave it as signals of its pointer."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import (
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from app.canvas.box_layer import BoxLayer
from app.canvas.boxes import CanvasBoxes
from app.canvas.canvas_painter import CanvasPainter
from app.canvas.gestures import Point
from app.canvas.look import CanvasLook
from app.canvas.navigation import Navigator
from app.canvas.picture import Picture
from app.canvas.pointer import Pointer
from app.i18n import tr

_WHEEL_STEP = 1.2  # per notch


class ImageCanvas(QWidget):
    """Shows one image; ``boxes`` holds what is on it, ``pointer`` says what a person does to it.

    ``look`` is how it is painted.
    Coordinates are pixels of the original image, whatever the size of the copies that are painted.
    """

    zoom_changed = Signal(float)  # device pixels per image pixel
    image_painted = Signal()  # an image is on the screen for the first time; connect it queued
    detail_wanted = Signal()  # the copy that is there is too coarse for this zoom

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Image"))
        self.setMinimumSize(240, 180)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.painted = False  # whether the image has been on the screen since it was given
        self._picture = Picture()
        self._layer = BoxLayer()
        self.navigator = Navigator(self)
        self.navigator.changed.connect(self._after_navigation)
        self._paint = CanvasPainter(self._picture, self._layer, self.navigator)
        self.look = CanvasLook(self._picture, self._paint, self)
        self.look.picture_changed.connect(self._repaint_picture)
        self.look.overlay_changed.connect(self.update)
        self.boxes = CanvasBoxes(self._layer, self)
        self.boxes.repaint_wanted.connect(self._on_boxes)
        self.pointer = Pointer(self.boxes, self.navigator, self)
        self.pointer.cursor_changed.connect(self._set_cursor)
        self.pointer.overlay_changed.connect(self.update)

    def show_image(self, preview: QImage | None, width: int, height: int) -> None:
        """Another image of ``width`` x ``height`` original pixels; 0 x 0 for none.

        It is shown whole, or at the zoom and place of the last one if the navigator keeps them.
        """
        self.painted = False
        self.pointer.abandon()
        self.pointer.cancel()
        self._picture.show(preview, width, height)
        self.navigator.set_image(width, height)

    def show_finer(self, preview: QImage) -> None:
        """The same image from a copy with more pixels; zoom, gesture and boxes stay."""
        self._picture.show_finer(preview)
        self._repaint_picture()
        self._ask_for_detail()

    def show_detail(self, detail: QImage) -> None:
        """The finest copy of the same image."""
        self._picture.show_detail(detail)
        self._repaint_picture()

    def show_heat(self, heat: QImage | None) -> None:
        self._picture.show_heat(heat)
        self._repaint_picture()

    @property
    def zoom(self) -> float:
        """Device pixels per image pixel."""
        return self.navigator.scale * self.devicePixelRatioF()

    @property
    def image_size(self) -> tuple[int, int]:
        return self.navigator.image_size

    def fit(self) -> None:
        self.navigator.fit()

    def actual_size(self) -> None:
        self.navigator.actual_size(self.devicePixelRatioF())

    def zoom_by(self, factor: float) -> None:
        self.navigator.zoom(factor)

    def to_viewport(self, x: float, y: float) -> QPoint:
        """Where on the widget the point (x, y) of the image is."""
        return self.navigator.to_screen().map(QPointF(x, y)).toPoint()

    # Events

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        self._paint.paint(QPainter(self), self.pointer)
        if not self.painted and not self.navigator.empty:
            self.painted = True
            self.image_painted.emit()

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

    def leaveEvent(self, event: QEvent) -> None:
        self.pointer.leave()
        super().leaveEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        notches = event.angleDelta().y() / 120.0
        if notches and not self.navigator.empty:
            self.navigator.zoom(_WHEEL_STEP**notches, self._point(event.position()).image)
        event.accept()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.navigator.set_room(self.width(), self.height())

    def _repaint_picture(self) -> None:
        self._paint.forget_picture()
        self.update()

    def _on_boxes(self, resting: bool) -> None:
        if resting:
            self._paint.forget_boxes()
        self.update()

    def _point(self, position: QPointF) -> Point:
        return Point(position, self.navigator.to_image(position))

    def _set_cursor(self, shape: Qt.CursorShape) -> None:
        if self.cursor().shape() != shape:
            self.setCursor(shape)

    def _after_navigation(self) -> None:
        self._layer.place(self.navigator.room, self.navigator.to_screen())
        self._repaint_picture()
        self.zoom_changed.emit(self.zoom)
        self._ask_for_detail()

    def _ask_for_detail(self) -> None:
        if self._picture.needs_detail(self.zoom):
            self.detail_wanted.emit()
