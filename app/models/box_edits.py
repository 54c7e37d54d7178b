"""What a person does to the boxes of the image on the desk; each act is one step of undo."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from app.i18n import mark
from app.models import shapes as edits
from app.models.shapes import Shape
from engine.domain.geometry import Box

if TYPE_CHECKING:
    from app.models.review_desk import ReviewDesk

MOVE = mark("Move box")
RESIZE = mark("Resize box")
DRAW = mark("Draw box")
REDRAW = mark("Redraw box")
DELETE = mark("Delete box")
CHANGE_CLASS = mark("Change class")
COPY_LAST = mark("Copy boxes")
DUPLICATE = mark("Duplicate box")
PASTE = mark("Paste box")
KEEP = mark("Keep box")
ACCEPT = mark("Accept box")
SKIP = mark("Skip box")


def named(operation: str, count: int) -> str:
    """The name of an operation on ``count`` boxes (``app.operation_text`` shows it)."""
    if count == 1 or not operation.endswith(" box"):
        return operation
    return f"{operation.removesuffix(' box')} {count} boxes"


class BoxEdits:
    """Turns acts into other boxes for the desk, and keeps what was copied."""

    def __init__(self, desk: ReviewDesk) -> None:
        self._desk = desk
        self._copied: list[Shape] = []

    def put_boxes(self, boxes: Mapping[int, Box], operation: str, merge: bool = False) -> None:
        """Give some boxes other places; ``merge`` joins a burst of small steps."""
        if boxes:
            name = named(operation, len(boxes))
            self._desk.edit(edits.with_boxes(self._desk.shapes, boxes), name, merge=merge)

    def draw(self, class_id: int, box: Box) -> None:
        self._add([(class_id, box)], DRAW)

    def redraw(self, instead_of: Collection[int], class_id: int, box: Box) -> None:
        """A drawn box in place of those at these indices."""
        now = edits.with_instead(self._desk.shapes, instead_of, class_id, box)
        self._desk.edit(now, REDRAW, frozenset({len(now) - 1}))

    def delete(self, indices: Collection[int]) -> None:
        if indices:
            name = named(DELETE, len(indices))
            self._desk.edit(edits.without(self._desk.shapes, indices), name, frozenset())

    def keep(self, indices: Collection[int]) -> None:
        """Take these boxes for a person's and reject the others."""
        others = set(range(len(self._desk.shapes))) - set(indices)
        if indices and others:
            kept = edits.without(edits.as_accepted(self._desk.shapes, indices), others)
            self._desk.edit(kept, named(KEEP, len(indices)), frozenset())

    def skip(self, indices: Collection[int]) -> None:
        """Put the decision about these proposals off; if it was for all of them, do not."""
        chosen = edits.undecided(self._desk.shapes) & frozenset(indices)
        if chosen:
            now = edits.as_skipped(self._desk.shapes, chosen)
            self._desk.edit(now, named(SKIP, len(chosen)))

    def change_class(self, indices: Collection[int], class_id: int) -> None:
        if any(self._desk.shapes[i].class_id != class_id for i in indices):
            self._desk.edit(edits.with_class(self._desk.shapes, indices, class_id), CHANGE_CLASS)

    def duplicate(self, boxes: Mapping[int, Box]) -> None:
        """The boxes at some indices again, at these places."""
        self._add([(self._desk.shapes[i].class_id, box) for i, box in boxes.items()], DUPLICATE)

    def copy(self, indices: Collection[int]) -> int:
        """Keep the boxes at these indices for ``paste``; returns how many there are."""
        if indices:
            self._copied = [self._desk.shapes[i] for i in sorted(indices)]
        return len(self._copied)

    def paste(self) -> bool:
        """Add what was copied; False if nothing was, or nothing of it fits in here."""
        return self._paste(self._copied, PASTE)

    def paste_last(self) -> bool:
        """Add the boxes of the image that was here before; False if it had none that fit."""
        return self._paste(self._desk.last_shapes, COPY_LAST)

    def _paste(self, boxes: Sequence[Shape], operation: str) -> bool:
        """Never into an image that a person has emptied."""
        if self._desk.details is None or self._desk.emptied:
            return False
        image = self._desk.details.image
        now = edits.with_copies(self._desk.shapes, boxes, image.width, image.height)
        added = frozenset(range(len(self._desk.shapes), len(now)))
        if added:
            self._desk.edit(now, named(operation, len(added)), added)
        return bool(added)

    def _add(self, boxes: Sequence[tuple[int, Box]], operation: str) -> None:
        if boxes:
            first = len(self._desk.shapes)
            added = frozenset(range(first, first + len(boxes)))
            name = named(operation, len(boxes))
            self._desk.edit(edits.with_added(self._desk.shapes, boxes), name, added)
