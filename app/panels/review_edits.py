"""From the canvas and the side panel to the boxes on the desk, and back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

from PySide6.QtCore import QObject, Signal

from app.canvas.grips import Grip, moved_together
from app.canvas.pointer import Mode
from app.i18n import mark, tr
from app.models import box_edits
from app.models.class_colours import colours_by_class
from app.models.class_keys import class_of_key
from app.models.review_desk import ReviewDesk
from app.models.shapes import Shape, undecided
from app.panels.box_panel import BoxPanel
from app.panels.image_stage import ImageStage
from app.panels.review_flow import ReviewFlow
from app.words import counted
from engine.domain.geometry import Box
from engine.domain.records import ClassRecord
from engine.domain.settings import BoxSettings

NO_CLASS = mark("There is no class to give the box: label the images first.")
NOTHING_BEFORE = mark("The image before had no boxes that fit in here.")
NOTHING_COPIED = mark("No boxes were copied that fit in here.")
EMPTIED = mark(
    "You have emptied this image, so nothing is copied into it. Draw, or undecide it first."
)
HOW_TO_POINT = mark("Click the topmost, bottommost, leftmost and rightmost point.")
HOW_TO_DRAW = mark("Drag a box, or put one in the middle for the arrow keys.")
_DUPLICATE_AWAY = 14.0  # pixels of the screen between a box and its duplicate


class ReviewEdits(QObject):
    """Every edit of a person on the image that is shown."""

    wanted_for_class = Signal(object, object)  # BoxSettings, the name of the class
    heat_changed = Signal()  # the score map is normalised another way

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
        self._instead: frozenset[Shape] = frozenset()  # whose place the next drawn box takes
        self._connect()

    def set_classes(self, classes: Sequence[ClassRecord]) -> None:
        self._classes = classes
        names = {c.id: c.name for c in classes}
        self._canvas.boxes.set_classes(names, colours_by_class(classes))
        self._panel.set_classes(classes)
        self._show_facts()

    def start_drawing(self, mode: Mode = Mode.DRAW) -> None:
        """Begin to draw; stop if that is under way."""
        self._instead = frozenset()
        self._draw(mode)

    def start_redrawing(self) -> None:
        """Begin to draw a box in place of the boxes meant, or of all proposals if none is."""
        meant, shapes = self._canvas.boxes.meant, self._desk.shapes
        gone = meant or (range(len(shapes)) if self._desk.shows_proposals else ())
        self._instead = frozenset(shapes[i] for i in gone)
        self._draw(Mode.DRAW)

    def _draw(self, mode: Mode) -> None:
        if self._flow.editable:
            self._canvas.pointer.start(mode)
            pointing = self._canvas.pointer.mode is Mode.POINTS
            if self._canvas.pointer.drawing:
                self._stage.show_hint(tr(HOW_TO_POINT) if pointing else tr(HOW_TO_DRAW))

    def delete(self) -> None:
        """Delete the boxes meant, or the last point while a box is drawn by its points."""
        if not self._canvas.pointer.take_point_back() and self._flow.editable:
            self._desk.boxes.delete(self._canvas.boxes.meant)

    def nudge(self, dx: int, dy: int) -> None:
        """Move the boxes meant by pixels of the image."""
        if self._flow.editable:
            moved = self._canvas.boxes.nudged(dx, dy, *self._canvas.image_size)
            self._desk.boxes.put_boxes(moved, box_edits.MOVE, merge=True)

    def stretch(self, grip: Grip, dx: int, dy: int) -> None:
        """Move an edge of the boxes meant by pixels of the image."""
        if self._flow.editable:
            changed = self._canvas.boxes.stretched(grip, dx, dy, *self._canvas.image_size)
            self._desk.boxes.put_boxes(changed, box_edits.RESIZE, merge=True)

    def duplicate(self) -> None:
        """The boxes meant again, a little beside themselves."""
        if self._flow.editable:
            boxes, size = (
                self._canvas.boxes.boxes_at(self._canvas.boxes.meant),
                self._canvas.image_size,
            )
            away = max(1.0, _DUPLICATE_AWAY / self._canvas.navigator.scale)
            moved = moved_together(boxes, away, away, *size)
            if moved == boxes:  # in the corner
                moved = moved_together(boxes, -away, -away, *size)
            self._desk.boxes.duplicate(moved)

    def copy(self) -> None:
        meant = self._canvas.boxes.meant
        if meant:
            count = self._desk.boxes.copy(meant)
            self._stage.show_hint(tr("{boxes} copied.", boxes=counted(count, "box", "boxes")))

    def paste(self) -> None:
        """What was copied."""
        self._paste(self._desk.boxes.paste, tr(NOTHING_COPIED))

    def paste_last(self) -> None:
        """The boxes of the image before."""
        self._paste(self._desk.boxes.paste_last, tr(NOTHING_BEFORE))

    def hide_class(self) -> None:
        """Hide the boxes of the classes that the boxes meant have."""
        boxes = self._canvas.boxes
        self.hide_classes(boxes.hidden_classes | {boxes.shapes[i].class_id for i in boxes.meant})

    def hide_classes(self, class_ids: Iterable[int]) -> None:
        """Show the boxes of all classes but these."""
        self._canvas.boxes.hide_classes(class_ids)
        self._show_facts()

    def choose_class(self, number: int) -> None:
        """Give the boxes meant the class that has this number for its key."""
        class_id = class_of_key(self._classes, str(number))
        if class_id is not None:
            self._change_class(class_id)

    def _paste(self, paste: Callable[[], bool], nothing: str) -> None:
        if not self._flow.editable:
            return
        if self._desk.emptied:
            self._stage.show_hint(tr(EMPTIED))
        elif not paste():
            self._stage.show_hint(nothing)

    def _connect(self) -> None:
        pointer = self._canvas.pointer
        pointer.boxes_dragged.connect(self._on_dragged)
        pointer.box_drawn.connect(self._on_drawn)
        pointer.drawing_changed.connect(self._on_drawing)
        self._canvas.boxes.selection_changed.connect(self._show_facts)
        self._panel.class_chosen.connect(self._change_class)
        self._panel.legend.hidden_changed.connect(self.hide_classes)
        self._panel.proposals.use_for_class.connect(self._on_use_for_class)
        self._panel.heat_opacity_changed.connect(self._canvas.look.set_heat_opacity)
        self._panel.proposals.changed.connect(self._on_settings)
        self._desk.opened.connect(lambda _details: self._show_all(self._to_begin_with()))
        self._desk.refreshed.connect(lambda _details: self._show_all(self._same_boxes()))
        self._desk.shapes_changed.connect(self._show_all)

    def _on_dragged(self, boxes: dict[int, Box], grip: Grip) -> None:
        if self._flow.editable:
            operation = box_edits.MOVE if grip == Grip.MOVE else box_edits.RESIZE
            self._desk.boxes.put_boxes(boxes, operation)

    def _on_drawing(self, on: bool) -> None:
        if not on:  # what was said of it does not count any more
            self._stage.show_hint("")

    def _on_drawn(self, box: Box) -> None:
        gone = frozenset(i for i, s in enumerate(self._desk.shapes) if s in self._instead)
        self._instead = frozenset()
        class_id = self._class_for_new(gone)
        if class_id is None:
            self._stage.show_hint(tr(NO_CLASS))
        elif self._flow.editable and gone:
            self._desk.boxes.redraw(gone, class_id, box)
        elif self._flow.editable:
            self._desk.boxes.draw(class_id, box)

    def _class_for_new(self, instead_of: Collection[int] = ()) -> int | None:
        classes = {self._desk.shapes[i].class_id for i in instead_of}
        if len(classes) == 1:
            return classes.pop()
        details = self._desk.details
        if details is not None and details.image.class_id is not None:
            return details.image.class_id
        known = {c.id for c in self._classes}
        if self._last_class in known:
            return self._last_class
        return self._classes[0].id if self._classes else None

    def _change_class(self, class_id: int) -> None:
        self._last_class = class_id
        if self._flow.editable:
            self._desk.boxes.change_class(self._canvas.boxes.meant, class_id)

    def _on_settings(self, settings: BoxSettings) -> None:
        old = self._desk.details
        before = old.live.heat if old is not None and old.live is not None else None
        self._desk.apply_settings(settings)
        if old is not None and old.live is not None and old.live.heat is not before:
            self.heat_changed.emit()

    def _on_use_for_class(self, settings: BoxSettings) -> None:
        details = self._desk.details
        label = None if details is None else details.image.class_id
        for record in self._classes:
            if record.id == label:
                self.wanted_for_class.emit(settings, record.name)

    def _show_all(self, selection: frozenset[int] | None) -> None:
        self._canvas.boxes.show(self._desk.shapes, selection)
        self._show_facts()
        self._show_controls()

    def _to_begin_with(self) -> frozenset[int]:
        """Of an image that a person comes back to: the first box that is still undecided."""
        waiting = undecided(self._desk.shapes) if self._desk.begun else ()
        return frozenset(sorted(waiting)[:1])

    def _same_boxes(self) -> frozenset[int]:
        """Where the selected boxes are in the list that the store gave."""
        boxes = self._canvas.boxes
        chosen = {_key(boxes.shapes[i]) for i in boxes.selected}
        return frozenset(i for i, s in enumerate(self._desk.shapes) if _key(s) in chosen)

    def _show_facts(self) -> None:
        boxes = self._canvas.boxes
        self._panel.show_boxes(boxes.shapes, boxes.meant, boxes.hidden_classes)

    def _show_controls(self) -> None:
        details = self._desk.details
        live = details.live if details is not None else None
        can = live is not None and self._desk.shows_proposals
        settings = live.settings if live is not None else None
        touched = self._desk.decided or self._desk.begun
        self._panel.proposals.show_settings(settings, can, touched)


def _key(shape: Shape) -> tuple[int, Box]:
    return shape.class_id, shape.box
