"""What is decided about single boxes of the image that is shown."""

from __future__ import annotations

from app.i18n import mark, tr
from app.models.review_desk import ReviewDesk
from app.models.shapes import undecided
from app.panels.image_stage import ImageStage
from app.panels.review_flow import ReviewFlow

NOTHING_CHOSEN = mark("Choose a box first: Tab goes through them, Shift+click adds more.")
DECIDED = mark("This box is decided already; undo takes that back.")


class BoxDecisions:
    """Accepts and skips boxes one by one. An image is decided once all of its boxes are."""

    def __init__(self, flow: ReviewFlow, desk: ReviewDesk, stage: ImageStage) -> None:
        self._flow = flow
        self._desk = desk
        self._stage = stage
        self._boxes = stage.canvas.boxes

    def accept(self) -> None:
        """Take the boxes meant, and select the next one that waits."""
        meant = self._meant()
        if meant is None:
            return
        if meant == frozenset(range(len(self._desk.shapes))):
            self._flow.accept()
        else:
            self._desk.accept_boxes(meant)
            self._select_waiting(max(meant))

    def skip(self) -> None:
        """Put the boxes meant off, and select the next one that waits; the only box: the image."""
        meant = self._meant()
        if meant is None:
            return
        if len(self._desk.shapes) == 1:
            self._flow.skip()
        else:
            self._desk.boxes.skip(meant)
            self._select_waiting(max(meant))

    def keep(self) -> None:
        """Take the boxes meant, reject the others, and go on; all of them: accept the image."""
        if not self._flow.editable:
            return
        meant = self._boxes.meant
        if not meant:
            self._stage.show_hint(tr(NOTHING_CHOSEN))
        elif len(meant) == len(self._desk.shapes):
            self._flow.accept()
        else:
            self._desk.boxes.keep(meant)
            self._flow.next()

    def _meant(self) -> frozenset[int] | None:
        """Those of the boxes meant that are undecided; None, and why, if there is none."""
        if not self._flow.editable:
            return None
        meant = self._boxes.meant & undecided(self._desk.shapes)
        if meant:
            return meant
        self._stage.show_hint(tr(DECIDED if self._boxes.meant else NOTHING_CHOSEN))
        return None

    def _select_waiting(self, behind: int) -> None:
        """The first box that waits behind this one, else the first of all, else none."""
        waiting = undecided(self._desk.shapes, skipped=False) & self._boxes.visible
        order = sorted(waiting, key=lambda index: (index <= behind, index))
        self._boxes.select(frozenset(order[:1]))
