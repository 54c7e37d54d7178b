"""From the canvas and the side panel to the boxes on the desk, and back."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject

from app.canvas.grips import Grip
from app.models import review_desk as desk_of
from app.models.review_desk import ReviewDesk
from app.models.shapes import Shape
from app.panels.box_panel import BoxPanel
from app.panels.image_stage import ImageStage
from app.panels.review_flow import ReviewFlow
from engine.domain.geometry import Box
from engine.domain.records import ClassRecord
from engine.domain.settings import BoxSettings

NO_CLASS = "There is no class to give the box: label the images first."
NOTHING_TO_PASTE = "The image before had no boxes that fit in here."


class ReviewEdits(QObject):
    """Every edit of a person on the image that is shown."""

    def __init__(
        self,
        flow: ReviewFlow,
        desk: ReviewDesk,
        stage: ImageStage,
        panel: BoxPanel,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._flow = flow
        self._desk = desk
        self._stage = stage
        self._canvas = stage.canvas
        self._panel = panel
        self._classes: Sequence[ClassRecord] = ()
        self._last_class: int | None = None
        self._connect()

    def set_classes(self, classes: Sequence[ClassRecord]) -> None:
        self._classes = classes
        self._canvas.boxes.set_names({c.id: c.name for c in classes})
        self._panel.set_classes(classes)
        self._show_facts()

    def start_drawing(self) -> None:
        if self._editable():
            self._canvas.pointer.start_drawing()

    def delete(self) -> None:
        if self._editable():
            self._desk.delete(self._canvas.boxes.meant)

    def nudge(self, dx: int, dy: int) -> None:
        """Move the boxes meant by pixels of the image."""
        if self._editable():
            moved = self._canvas.boxes.nudged(dx, dy, *self._canvas.image_size)
            self._desk.put_boxes(moved, desk_of.MOVE, merge=True)

    def paste(self) -> None:
        if self._editable() and not self._desk.paste():
            self._stage.show_hint(NOTHING_TO_PASTE)

    def choose_class(self, number: int) -> None:
        """Give the boxes meant the class with this number, from 1."""
        if 1 <= number <= len(self._classes):
            self._change_class(self._classes[number - 1].id)

    def _connect(self) -> None:
        pointer = self._canvas.pointer
        pointer.boxes_dragged.connect(self._on_dragged)
        pointer.box_drawn.connect(self._on_drawn)
        self._canvas.boxes.selection_changed.connect(self._show_facts)
        self._panel.class_chosen.connect(self._change_class)
        self._panel.heat_opacity_changed.connect(self._canvas.set_heat_opacity)
        self._panel.proposals.changed.connect(self._on_settings)
        self._desk.opened.connect(lambda _details: self._show_all(frozenset()))
        self._desk.refreshed.connect(lambda _details: self._show_all(self._same_boxes()))
        self._desk.shapes_changed.connect(self._on_shapes_changed)

    def _editable(self) -> bool:
        details = self._desk.details
        return self._flow.seen and details is not None and details.image.usable

    def _on_dragged(self, boxes: dict[int, Box], grip: Grip) -> None:
        if self._editable():
            operation = desk_of.MOVE if grip == Grip.MOVE else desk_of.RESIZE
            self._desk.put_boxes(boxes, operation)

    def _on_drawn(self, box: Box) -> None:
        class_id = self._class_for_new()
        if class_id is None:
            self._stage.show_hint(NO_CLASS)
        elif self._editable():
            self._desk.draw(class_id, box)

    def _class_for_new(self) -> int | None:
        details = self._desk.details
        if details is not None and details.image.class_id is not None:
            return details.image.class_id
        known = {c.id for c in self._classes}
        if self._last_class in known:
            return self._last_class
        return self._classes[0].id if self._classes else None

    def _change_class(self, class_id: int) -> None:
        self._last_class = class_id
        if self._editable():
            self._desk.change_class(self._canvas.boxes.meant, class_id)

    def _on_settings(self, settings: BoxSettings) -> None:
        old = self._desk.details
        before = old.live.heat if old is not None and old.live is not None else None
        self._desk.apply_settings(settings)
        if old is not None and old.live is not None and old.live.heat is not before:
            self._flow.refresh_heat()

    def _on_shapes_changed(self, selection: frozenset[int] | None) -> None:
        self._canvas.boxes.show(self._desk.shapes, selection)
        self._show_facts()
        self._show_controls()

    def _show_all(self, selection: frozenset[int]) -> None:
        self._canvas.boxes.show(self._desk.shapes, selection)
        self._show_facts()
        self._show_controls()

    def _same_boxes(self) -> frozenset[int]:
        """Where the selected boxes are in the list that the store gave."""
        boxes = self._canvas.boxes
        chosen = {_key(boxes.shapes[i]) for i in boxes.selected}
        return frozenset(i for i, s in enumerate(self._desk.shapes) if _key(s) in chosen)

    def _show_facts(self) -> None:
        self._panel.show_boxes(self._canvas.boxes.shapes, self._canvas.boxes.meant)

    def _show_controls(self) -> None:
        details = self._desk.details
        live = details.live if details is not None else None
        can = live is not None and self._desk.shows_proposals
        settings = live.settings if live is not None else None
        self._panel.proposals.show_settings(settings, can, self._desk.decided)


def _key(shape: Shape) -> tuple[int, Box]:
    return shape.class_id, shape.box
