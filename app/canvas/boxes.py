"""The boxes on the canvas: which there are, which are selected, what lies under the mouse."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from PySide6.QtCore import QObject, QPointF, Signal

from app.canvas.box_layer import BoxLayer
from app.canvas.grips import REACH, Grip, Hit, dragged, hit, moved_together
from app.models.shapes import Shape
from engine.domain.geometry import Box


class CanvasBoxes(QObject):
    """Shapes as they were given, by index, with the selection; the layer paints both."""

    selection_changed = Signal(object)  # frozenset[int]
    repaint_wanted = Signal(bool)  # whether boxes at rest have to be painted anew, too

    def __init__(self, layer: BoxLayer, parent: QObject) -> None:
        super().__init__(parent)
        self._layer = layer
        self._shapes: Sequence[Shape] = ()
        self._hidden: frozenset[int] = frozenset()

    def __len__(self) -> int:
        return len(self._shapes)

    @property
    def shapes(self) -> Sequence[Shape]:
        return self._shapes

    @property
    def selected(self) -> frozenset[int]:
        return self._layer.selected

    @property
    def hidden_classes(self) -> frozenset[int]:
        return self._hidden

    @property
    def visible(self) -> frozenset[int]:
        """Indices of the boxes whose class is not hidden."""
        return self._layer.table.visible()

    @property
    def meant(self) -> frozenset[int]:
        """What a key acts on: the selection, or the only box there is."""
        only = frozenset({0} if len(self._shapes) == 1 else ())
        return self.selected or only & self.visible

    def show(self, shapes: Sequence[Shape], selected: frozenset[int] | None = None) -> None:
        """Other boxes; the selection stays as far as its indices do, unless one is given."""
        self._shapes = shapes
        keep = self.selected if selected is None else selected
        self._layer.hovered = None
        self._layer.set_shapes(shapes, self._hidden)
        self.select(keep)
        self.repaint_wanted.emit(True)

    def hide_classes(self, class_ids: Iterable[int]) -> None:
        """Boxes of these classes are neither shown nor selected nor grabbed."""
        self._hidden = frozenset(class_ids)
        self.show(self._shapes)

    def select(self, indices: frozenset[int]) -> None:
        """Select these (those of hidden classes left out) and no others."""
        indices &= self.visible
        if indices != self.selected:
            self._layer.selected = indices
            self.repaint_wanted.emit(False)
            self.selection_changed.emit(indices)

    def select_next(self, step: int = 1) -> None:
        """The next box in order, the first after the last; ``step`` -1 goes back."""
        order = sorted(self.visible)
        if order:
            start = 0 if step > 0 else -1
            at = order.index(min(self.selected)) + step if self.selected else start
            self.select(frozenset({order[at % len(order)]}))

    def select_all(self) -> None:
        self.select(self.visible)

    def nudged(self, dx: float, dy: float, width: float, height: float) -> dict[int, Box]:
        """The boxes meant, moved by image pixels as far as the image goes; those that moved."""
        boxes = self.boxes_at(self.meant)
        moved = moved_together(boxes, dx, dy, width, height)
        return {i: box for i, box in moved.items() if box != boxes[i]}

    def stretched(
        self, grip: Grip, dx: float, dy: float, width: float, height: float
    ) -> dict[int, Box]:
        """The boxes meant with the edges of ``grip`` moved by image pixels; those that changed."""
        boxes = self.boxes_at(self.meant)
        changed = {i: dragged(b, grip, dx, dy, width, height) for i, b in boxes.items()}
        return {i: box for i, box in changed.items() if box != boxes[i]}

    def boxes_at(self, indices: frozenset[int]) -> dict[int, Box]:
        return {i: self._shapes[i].box for i in sorted(indices)}

    def touching(self, area: Box) -> frozenset[int]:
        """Visible boxes that share something with ``area`` (image pixels)."""
        return frozenset(self._layer.table.touching(area) if self._layer.shown else ())

    def hit(self, screen: QPointF, image: QPointF, scale: float) -> Hit | None:
        """What a press there would grab; nothing while the boxes are hidden.

        ``screen`` and ``image`` are the same place, ``scale`` screen pixels per image pixel.
        """
        reach = REACH / scale + 1.0
        x, y = image.x(), image.y()
        near = sorted(self.touching(Box(x - reach, y - reach, x + reach, y + reach)))
        boxes = [self._layer.screen_box(self._shapes[i].box) for i in near]
        chosen = {at for at, index in enumerate(near) if index in self.selected}
        found = hit(boxes, chosen, screen.x(), screen.y())
        return None if found is None else Hit(near[found.index], found.grip)

    def hover(self, index: int | None) -> None:
        if index != self._layer.hovered:
            self._layer.hovered = index
            self.repaint_wanted.emit(False)

    def preview(self, boxes: Mapping[int, Box]) -> None:
        """Show some boxes elsewhere while they are dragged; none: where they are."""
        others = boxes.keys() != self._layer.moving.keys()
        self._layer.moving = boxes
        self.repaint_wanted.emit(others)

    def preview_draft(self, box: Box | None) -> None:
        """Show the box that is being drawn."""
        self._layer.draft = box
        self.repaint_wanted.emit(False)

    def set_classes(self, names: Mapping[int, str], colours: Mapping[int, str]) -> None:
        """Names for the labels and colours (``#rrggbb``) for the boxes, by class id."""
        self._layer.set_classes(names, colours)
        self.repaint_wanted.emit(True)

    @property
    def labels_shown(self) -> bool:
        """Whether boxes at rest have names and scores on them."""
        return bool(self._layer.labels)

    def set_words_shown(self, shown: bool) -> None:
        """Whether names and scores stand on the boxes; that under the mouse has them always."""
        self._layer.set_words_shown(shown)
        self.repaint_wanted.emit(True)

    def set_visible(self, visible: bool) -> None:
        self._layer.shown = visible
        self.repaint_wanted.emit(True)
