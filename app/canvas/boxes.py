"""The boxes on the canvas: which there are, which are selected, what lies under the mouse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QObject, QPointF, Signal

from app.canvas.box_layer import BoxLayer
from app.canvas.grips import Grip, Hit, dragged, hit
from app.models.shapes import Shape
from engine.domain.geometry import Box


class CanvasBoxes(QObject):
    """Shapes as they were given, by index, with the selection; the layer paints both."""

    selection_changed = Signal(object)  # frozenset[int]

    def __init__(self, layer: BoxLayer, parent: QObject) -> None:
        super().__init__(parent)
        self._layer = layer
        self._shapes: Sequence[Shape] = ()
        self._selected: frozenset[int] = frozenset()

    def __len__(self) -> int:
        return len(self._shapes)

    @property
    def shapes(self) -> Sequence[Shape]:
        return self._shapes

    @property
    def selected(self) -> frozenset[int]:
        return self._selected

    @property
    def meant(self) -> frozenset[int]:
        """What a key acts on: the selection, or the only box there is."""
        return self._selected or frozenset({0} if len(self._shapes) == 1 else ())

    def show(self, shapes: Sequence[Shape], selected: frozenset[int] | None = None) -> None:
        """Other boxes; the selection stays as far as its indices do, unless one is given."""
        self._shapes = shapes
        self._layer.set_shapes(shapes)
        keep = self._selected if selected is None else selected
        self.select(keep & frozenset(range(len(shapes))))

    def select(self, indices: frozenset[int]) -> None:
        changed = indices != self._selected
        self._selected = indices
        self._layer.set_marks(indices, None)
        if changed:
            self.selection_changed.emit(indices)

    def select_next(self, step: int = 1) -> None:
        """The next box in order, the first after the last; ``step`` -1 goes back."""
        if self._shapes:
            start = 0 if step > 0 else -1
            at = min(self._selected) + step if self._selected else start
            self.select(frozenset({at % len(self._shapes)}))

    def select_all(self) -> None:
        self.select(frozenset(range(len(self._shapes))))

    def nudged(self, dx: float, dy: float, width: float, height: float) -> dict[int, Box]:
        """The boxes meant, moved by image pixels as far as the image goes; those that moved."""
        boxes = {i: self._shapes[i].box for i in self.meant}
        moved = {i: dragged(b, Grip.MOVE, dx, dy, width, height) for i, b in boxes.items()}
        return {i: box for i, box in moved.items() if box != boxes[i]}

    def boxes_at(self, indices: frozenset[int]) -> dict[int, Box]:
        return {i: self._shapes[i].box for i in sorted(indices)}

    def hit(self, screen: QPointF) -> Hit | None:
        """What a press there would grab; nothing while the boxes are hidden."""
        if not self._layer.isVisible():
            return None
        boxes = [self._layer.screen_box(shape.box) for shape in self._shapes]
        return hit(boxes, self._selected, screen.x(), screen.y())

    def hover(self, index: int | None) -> None:
        self._layer.set_marks(self._selected, index)

    def preview(self, boxes: Mapping[int, Box]) -> None:
        """Show some boxes elsewhere while they are dragged; none: where they are."""
        self._layer.set_moving(boxes)

    def preview_draft(self, box: Box | None) -> None:
        """Show the box that is being drawn."""
        self._layer.set_draft(box)

    def set_names(self, names: Mapping[int, str]) -> None:
        """Class names by id, for the labels."""
        self._layer.set_names(names)

    def set_visible(self, visible: bool) -> None:
        self._layer.setVisible(visible)
