"""The mouse on the canvas: from presses to gestures, and from gestures to edits."""

from __future__ import annotations

from enum import Enum, auto

from PySide6.QtCore import QObject, QPointF, Qt, Signal

from app.canvas.boxes import CanvasBoxes
from app.canvas.extreme import ExtremePoints
from app.canvas.gesture_stage import GestureStage
from app.canvas.gestures import (
    BandGesture,
    ClickGesture,
    DragGesture,
    DrawGesture,
    Gesture,
    PanGesture,
    Point,
)
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


class Mode(Enum):
    """What the left button does."""

    SELECT = auto()
    DRAW = auto()  # the next drag draws a box
    POINTS = auto()  # the next four clicks are the extreme points of a box


class Pointer(QObject):
    """One gesture at a time. Reports what a person did; the caller applies it to the shapes."""

    boxes_dragged = Signal(object, object)  # {index: Box}, Grip
    box_drawn = Signal(object)  # Box
    drawing_changed = Signal(bool)
    points_changed = Signal(int)  # how many extreme points there are
    cursor_changed = Signal(object)  # Qt.CursorShape
    overlay_changed = Signal()  # crosshair, points, band: what is painted over the boxes

    def __init__(self, boxes: CanvasBoxes, navigator: Navigator, parent: QObject) -> None:
        super().__init__(parent)
        self._boxes = boxes
        self._navigator = navigator
        self._gesture: Gesture | None = None
        self._mode = Mode.SELECT
        self._extreme = ExtremePoints()
        self.at: Point | None = None  # where the mouse is, while it is on the canvas
        self.keeps_drawing = False  # whether the mode stays after a box was drawn
        self.stage = GestureStage(boxes, navigator, self)
        self.stage.boxes_dragged.connect(self.boxes_dragged)
        self.stage.box_drawn.connect(self._on_drawn)
        self.stage.clicked.connect(self._on_clicked)
        self.stage.band_changed.connect(self.overlay_changed)

    @property
    def mode(self) -> Mode:
        return self._mode

    @property
    def drawing(self) -> bool:
        """True while the next drag or the next clicks draw a box."""
        return self._mode is not Mode.SELECT

    @property
    def points(self) -> list[QPointF]:
        """The extreme points clicked so far, in image pixels."""
        return self._extreme.points

    @property
    def busy(self) -> bool:
        """True between the press and the release of a gesture."""
        return self._gesture is not None

    def start(self, mode: Mode) -> None:
        """Begin to draw; in the same mode already: stop."""
        if self._navigator.empty:
            return
        wanted = Mode.SELECT if mode is self._mode else mode
        self.abandon()
        if wanted is not Mode.SELECT:
            self._boxes.select(frozenset())
        self._set_mode(wanted)

    def abandon(self) -> None:
        """Forget the gesture and the points, without an edit."""
        if self._gesture is not None:
            self._gesture.cancel()
            self._gesture = None
        self._set_points([])

    def cancel(self) -> None:
        """Stop the drag, else take the points back, else stop drawing, else select nothing."""
        if self._gesture is not None or self.points:
            self.abandon()
        elif not self.drawing:
            self._boxes.select(frozenset())
        self._set_mode(Mode.SELECT)

    def take_point_back(self) -> bool:
        """The last extreme point; False if none is being set."""
        if self._mode is not Mode.POINTS:
            return False
        self._set_points(self.points[:-1])
        return True

    def place(self) -> None:
        """While drawing by dragging: a box of half the image in its middle, without a mouse."""
        if self._mode is Mode.DRAW and self._gesture is None and not self._navigator.empty:
            width, height = self.stage.image_size()
            left, top = width // 4, height // 4
            self._on_drawn(Box(left, top, max(width - left, 1), max(height - top, 1)))

    def press(self, point: Point, button: Qt.MouseButton, modifiers: Qt.KeyboardModifier) -> None:
        if self._gesture is not None or self._navigator.empty:
            return
        alt = bool(modifiers & Qt.KeyboardModifier.AltModifier)
        if button == Qt.MouseButton.MiddleButton or (alt and button == Qt.MouseButton.LeftButton):
            self._gesture = PanGesture(self.stage, point)
        elif button == Qt.MouseButton.LeftButton:
            self._gesture = self._left_gesture(point, modifiers)

    def move(self, point: Point) -> None:
        self.at = point
        if self._gesture is not None:
            self._gesture.move(point)
        elif not self.drawing:
            found = self._hit(point)
            self._boxes.hover(found.index if found else None)
            cursor = _CURSORS[found.grip] if found else Qt.CursorShape.ArrowCursor
            self.cursor_changed.emit(cursor)
        if self._mode is Mode.POINTS:
            self._preview_points()
        self.overlay_changed.emit()

    def release(self, point: Point) -> None:
        if self._gesture is not None:
            gesture, self._gesture = self._gesture, None
            gesture.move(point)
            gesture.release()

    def leave(self) -> None:
        """The mouse has left the canvas."""
        self.at = None
        self._boxes.hover(None)
        self.overlay_changed.emit()

    def _hit(self, point: Point) -> Hit | None:
        return self._boxes.hit(point.screen, point.image, self._navigator.scale)

    def _left_gesture(self, point: Point, modifiers: Qt.KeyboardModifier) -> Gesture:
        if self._mode is Mode.DRAW:
            return DrawGesture(self.stage, point, point)
        if self._mode is Mode.POINTS:
            return ClickGesture(self.stage, point)
        several = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
        selected, found = self._boxes.selected, self._hit(point)
        if modifiers & several:
            clicked = frozenset() if found is None else frozenset({found.index})
            return BandGesture(self.stage, point, selected, selected, clicked)
        if found is None:
            return BandGesture(self.stage, point, frozenset(), selected)
        return self._grab(found, point)

    def _grab(self, found: Hit, point: Point) -> Gesture:
        if found.index not in self._boxes.selected:
            self._boxes.select(frozenset({found.index}))
        moving = found.grip == Grip.MOVE
        taken = self._boxes.selected if moving else frozenset({found.index})
        return DragGesture(self.stage, point, found.grip, self._boxes.boxes_at(taken))

    def _on_drawn(self, box: Box) -> None:
        if not self.keeps_drawing:
            self._set_mode(Mode.SELECT)
        self.box_drawn.emit(box)

    def _on_clicked(self, at: Point) -> None:
        """One more extreme point; the fourth makes the box."""
        self._extreme.add(at.image, *self.stage.image_size())
        if not self._extreme.complete:
            self._set_points(self.points)
            return
        box = self._extreme.box(*self.stage.image_size(), self.stage.snap())
        self._set_points([])
        if box is not None:
            self._on_drawn(box)

    def _set_points(self, points: list[QPointF]) -> None:
        had = bool(self.points)
        self._extreme.points = points
        if points or had:
            self._preview_points()
            self.points_changed.emit(len(points))

    def _preview_points(self) -> None:
        also = self.at.image if self.at is not None and self.points else None
        self._boxes.preview_draft(
            self._extreme.box(*self.stage.image_size(), self.stage.snap(), also)
        )

    def _set_mode(self, mode: Mode) -> None:
        shape = Qt.CursorShape.ArrowCursor if mode is Mode.SELECT else Qt.CursorShape.CrossCursor
        self.cursor_changed.emit(shape)
        if mode is not self._mode:
            self._mode = mode
            self.drawing_changed.emit(self.drawing)
            self.overlay_changed.emit()
