"""Going through the queue: which image comes next, and what is decided about it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from app.i18n import mark, tr
from app.models.queue_model import QueueModel
from app.models.queue_place import QueuePlace
from app.models.review_desk import ReviewDesk
from app.panels.image_show import ImageShow
from app.panels.image_stage import ImageStage

NOTHING_TO_ACCEPT = mark("There is no box to accept: draw one, reject the image or skip it.")
LAST_IMAGE = mark("This is the last image of the list.")
FIRST_IMAGE = mark("This is the first image of the list.")
ALL_DONE = mark("Nothing in this list waits for you any more.")


class ReviewFlow(QObject):
    """Moves between images. Only what a person has seen can be decided."""

    moved = Signal(int)  # image id that was asked for
    ended = Signal()  # asked to go on behind the last image of the list

    def __init__(
        self,
        model: QueueModel,
        desk: ReviewDesk,
        stage: ImageStage,
        show: ImageShow,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._desk = desk
        self._stage = stage
        self._show = show
        self._place = QueuePlace(model, desk)
        self.prefers_unreviewed: Callable[[], bool] = lambda: False  # after accepting

    @property
    def seen(self) -> bool:
        """True if the image asked for is on the screen, boxes and all."""
        return self._show.seen

    @property
    def editable(self) -> bool:
        """True if it is, and is one whose boxes can be changed."""
        details = self._desk.details
        return self.seen and details is not None and details.image.usable

    @property
    def class_id(self) -> int | None:
        """The image label of the image that is shown."""
        details = self._desk.details
        return None if details is None else details.image.class_id

    def say(self, text: str) -> None:
        """One line beneath the image."""
        self._stage.show_hint(text)

    # Moving

    def open(self, image_id: int) -> None:
        """Show the image, listed in the queue or not."""
        self._show.begin(image_id)
        self._desk.open(image_id)
        self.moved.emit(image_id)

    def next(self) -> bool:
        """False if there is none."""
        row = self._place.after
        if row >= self._model.rowCount():
            self._stage.show_hint(tr(LAST_IMAGE))
            self.ended.emit()
            return False
        self.open(self._model.entry(row).image_id)
        return True

    def previous(self) -> bool:
        row = self._place.before
        if row < 0:
            self._stage.show_hint(tr(FIRST_IMAGE))
            return False
        self.open(self._model.entry(row).image_id)
        return True

    def next_unreviewed(self) -> None:
        row = self._model.next_unreviewed(self._place.after - 1)
        if row is None:
            self._stage.show_hint(tr(ALL_DONE))
        else:
            self.open(self._model.entry(row).image_id)

    # Deciding

    def accept(self) -> None:
        """Accept the boxes shown and go on; what is decided already, or put off box by box, is
        passed by."""
        if not self.seen:
            return
        if self._show.unreadable or self._desk.decided or self._desk.put_off:
            self.next()
        elif self._desk.shapes:
            self._desk.accept()
            self._go_on()
        else:
            self._stage.show_hint(tr(NOTHING_TO_ACCEPT))

    def _go_on(self) -> None:
        here = self._place.after - 1
        row = self._model.next_unreviewed(here) if self.prefers_unreviewed() else None
        if row is None or row == here:  # what has just been decided may still count as waiting
            self.next()
        else:
            self.open(self._model.entry(row).image_id)

    def reject(self) -> None:
        if self.seen and not self._is_problem():
            self._desk.reject()
        if self.seen:
            self.next()

    def skip(self) -> None:
        if self.seen and not self._is_problem():
            self._desk.skip()
        if self.seen:
            self.next()

    def reset(self) -> None:
        """Back to unreviewed; stays here."""
        if self.seen and not self._is_problem():
            self._desk.reset()

    def _is_problem(self) -> bool:
        return self._desk.details is None or not self._desk.details.image.usable
