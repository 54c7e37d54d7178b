"""The mouse on the canvas: from presses to gestures, and from gestures to edits."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QObject, Qt, Signal

from app.canvas.boxes import CanvasBoxes
from app.canvas.gestures import DragGesture, DrawGesture, Gesture, PanGesture, Point
from app.canvas.grips import Grip, Hit
from app.canvas.navigation import Navigator
from engine.domain.geometry import Box

_CURSORS = {
    Grip.MOVE: Qt.CursorShape.SizeAllCursor,
    Grip.LEFT: Qt.CursorShape.SizeHorCursor,
    Grip.RIGHT: Qt.CursorShape.SizeHorCursor,
    Grip.TOP: Qt.CursorShape.SizeVerCursor,
    Grip.BOTTOM: Qt.CursorShape.SizeVerCursor,
    Grip.LEFT | Grip.TOP: Qt.CursorShape.SizeFDiagCursor,
    Grip.RIGHT | Grip.BOTTOM: Qt.CursorShape.SizeFDiagCursor,
    Grip.RIGHT | Grip.TOP: Qt.CursorShape.SizeBDiagCursor,
    Grip.LEFT | Grip.BOTTOM: Qt.CursorShape.SizeBDiagCursor,
}


class Pointer(QObject):
    """One gesture at a time. Reports what a person did; the caller applies it to the shapes."""

    boxes_dragged = Signal(object, object)  # {index: Box}, Grip
    box_drawn = Signal(object)  # Box
    drawing_changed = Signal(bool)
    cursor_changed = Signal(object)  # Qt.CursorShape

    def __init__(self, boxes: CanvasBoxes, navigator: Navigator, parent: QObject) -> None:
        super().__init__(parent)
        self._boxes = boxes
        self._navigator = navigator
        self._gesture: Gesture | None = None
        self._drawing = False

    @property
    def drawing(self) -> bool:
        """True while the next drag draws a box."""
        return self._drawing

    @property
    def busy(self) -> bool:
        """True between the press and the release of a gesture."""
        return self._gesture is not None

    def start_drawing(self) -> None:
        if not self._navigator.empty:
            self._boxes.select(frozenset())
            self._set_drawing(True)

    def abandon(self) -> None:
        """Forget the gesture, without an edit."""
        if self._gesture is not None:
            self._gesture.cancel()
            self._gesture = None

    def cancel(self) -> None:
        """Stop the drag, else the drawing, else select nothing."""
        if self._gesture is not None:
            self.abandon()
        elif not self._drawing:
            self._boxes.select(frozenset())
        self._set_drawing(False)

    def press(self, point: Point, button: Qt.MouseButton, modifiers: Qt.KeyboardModifier) -> None:
        if self._gesture is not None or self._navigator.empty:
            return
        alt = bool(modifiers & Qt.KeyboardModifier.AltModifier)
        if button == Qt.MouseButton.MiddleButton or alt:
            self._gesture = PanGesture(self, point)
        elif button == Qt.MouseButton.LeftButton:
            toggle = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
            self._gesture = self._left_gesture(point, toggle)

    def move(self, point: Point) -> None:
        if self._gesture is not None:
            self._gesture.move(point)
        elif not self._drawing:
            found = self._boxes.hit(point.screen)
            self._boxes.hover(found.index if found else None)
            cursor = _CURSORS[found.grip] if found else Qt.CursorShape.ArrowCursor
            self.cursor_changed.emit(cursor)

    def release(self, point: Point) -> None:
        if self._gesture is not None:
            gesture, self._gesture = self._gesture, None
            gesture.move(point)
            gesture.release()

    # What gestures ask for

    def pan(self, dx: float, dy: float) -> None:
        self._navigator.pan(dx, dy)

    def preview_boxes(self, boxes: Mapping[int, Box]) -> None:
        self._boxes.preview(boxes)

    def preview_draft(self, box: Box | None) -> None:
        self._boxes.preview_draft(box)

    def finish_boxes(self, boxes: Mapping[int, Box], grip: Grip) -> None:
        self.boxes_dragged.emit(dict(boxes), grip)

    def finish_draft(self, box: Box) -> None:
        self._set_drawing(False)
        self.box_drawn.emit(box)

    def image_size(self) -> tuple[int, int]:
        return self._navigator.image_size

    def _left_gesture(self, point: Point, toggle: bool) -> Gesture | None:
        if self._drawing:
            return DrawGesture(self, point, point)
        found = self._boxes.hit(point.screen)
        if found is None:
            self._boxes.select(frozenset())
            return PanGesture(self, point)
        if toggle:
            self._boxes.select(self._boxes.selected ^ {found.index})
            return None
        return self._grab(found, point)

    def _grab(self, found: Hit, point: Point) -> Gesture:
        if found.index not in self._boxes.selected:
            self._boxes.select(frozenset({found.index}))
        moving = found.grip == Grip.MOVE
        taken = self._boxes.selected if moving else frozenset({found.index})
        return DragGesture(self, point, found.grip, self._boxes.boxes_at(taken))

    def _set_drawing(self, drawing: bool) -> None:
        shape = Qt.CursorShape.CrossCursor if drawing else Qt.CursorShape.ArrowCursor
        self.cursor_changed.emit(shape)
        if drawing != self._drawing:
            self._drawing = drawing
            self.drawing_changed.emit(drawing)
