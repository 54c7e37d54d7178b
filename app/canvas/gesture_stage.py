"""What gestures act on: the boxes, the place that is seen, and what is drawn meanwhile."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QObject, Signal

from app.canvas.boxes import CanvasBoxes
from app.canvas.gestures import Point
from app.canvas.grips import Grip
from app.canvas.navigation import Navigator
from engine.domain.geometry import Box

#: Pixels of the screen from which an edge jumps to the edge of the image.
SNAP = 6.0


class GestureStage(QObject):
    """The ``Stage`` of ``app.canvas.gestures``; what is finished leaves it as a signal."""

    boxes_dragged = Signal(object, object)  # {index: Box}, Grip
    box_drawn = Signal(object)  # Box
    clicked = Signal(object)  # Point
    band_changed = Signal()

    def __init__(self, boxes: CanvasBoxes, navigator: Navigator, parent: QObject) -> None:
        super().__init__(parent)
        self._boxes = boxes
        self._navigator = navigator
        self.band: Box | None = None  # the rubber band, in image pixels
        self.snaps = True

    def pan(self, dx: float, dy: float) -> None:
        self._navigator.pan(dx, dy)

    def preview_boxes(self, boxes: Mapping[int, Box]) -> None:
        self._boxes.preview(boxes)

    def preview_draft(self, box: Box | None) -> None:
        self._boxes.preview_draft(box)

    def preview_band(self, band: Box | None) -> None:
        self.band = band
        self.band_changed.emit()

    def finish_boxes(self, boxes: Mapping[int, Box], grip: Grip) -> None:
        self.boxes_dragged.emit(dict(boxes), grip)

    def finish_draft(self, box: Box) -> None:
        self.box_drawn.emit(box)

    def finish_click(self, at: Point) -> None:
        self.clicked.emit(at)

    def select(self, indices: frozenset[int]) -> None:
        self._boxes.select(indices)

    def select_within(self, area: Box, base: frozenset[int]) -> None:
        self._boxes.select(base | self._boxes.touching(area))

    def image_size(self) -> tuple[int, int]:
        return self._navigator.image_size

    def snap(self) -> float:
        """Image pixels from which an edge jumps to the edge of the image."""
        return SNAP / self._navigator.scale if self.snaps else 0.0
