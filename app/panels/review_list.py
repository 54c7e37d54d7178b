"""Which images are listed, and where in the list the person is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from app.i18n import mark, tr
from app.models.queue_memory import QueueMemory, QueueView
from app.models.queue_model import QueueModel
from app.models.queue_rows import QueueFilter
from app.models.review_desk import ReviewDesk
from app.panels.image_show import ImageShow
from app.panels.queue_feed import QueueFeed
from app.panels.queue_panel import QueuePanel
from app.panels.review_flow import ReviewFlow
from engine.domain.records import ClassRecord, QueueEntry
from engine.store.review import Changes

NO_IMAGES = mark(
    "There are no images yet.\n\nPut some into the image folder and look for new images."
)
NO_MATCH = mark(
    "No image matches the filter.\n\nChoose other states or classes, or clear the search."
)


class ReviewList(QObject):
    """Keeps the image that is shown and the rows of the queue together, whichever changes.

    What was listed, and in which order, is remembered for the project.
    """

    remembered = Signal()  # the list is as the person left it the last time

    def __init__(
        self,
        model: QueueModel,
        desk: ReviewDesk,
        feed: QueueFeed,
        queue: QueuePanel,
        shown: ImageShow,
        flow: ReviewFlow,
        memory: QueueMemory,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._model, self._desk, self._feed = model, desk, feed
        self._queue, self._shown, self._flow = queue, shown, flow
        self._memory = memory
        self._is_remembered = False
        feed.listed.connect(self._show_place)
        feed.updated.connect(self._on_updated)
        feed.faults_found.connect(self._on_filtered)
        queue.chosen.connect(self._on_chosen)
        queue.filtered.connect(self._on_filtered)
        flow.moved.connect(lambda image_id: queue.show_current(model.row_of(image_id)))

    def reload(self) -> None:
        """Read the whole queue again; the image that is shown stays."""
        self._feed.reload(not self._is_remembered and self._memory.load() == QueueView())

    def set_classes(self, classes: Sequence[ClassRecord]) -> None:
        self._queue.set_classes(classes)
        if not self._is_remembered:
            self._is_remembered = True
            self._queue.show_view(self._memory.load())
            self.remembered.emit()

    def show_class(self, class_id: int) -> None:
        """List the images of one class, whatever their state."""
        view = self._queue.filters.view()
        self._queue.show_view(replace(view, filter=QueueFilter(class_id=class_id)))
        self._on_filtered()

    def go_with(self, changes: Changes) -> None:
        """Show an image that an undo or redo has changed."""
        if changes.image_ids and self._desk.wanted not in changes.image_ids:
            self._flow.open(min(changes.image_ids))

    def keep(self) -> None:
        """Remember order and filter, but not a search, for the next time."""
        if self._is_remembered:
            view = self._queue.filters.view()
            self._memory.save(replace(view, filter=replace(view.filter, text="")))

    def _show_place(self) -> None:
        """Where the person is in the list, or the image to begin with."""
        wanted = self._desk.wanted
        if wanted is None or self._model.rows.position(wanted) is None:
            self._open_first()
        else:
            self._queue.show_current(self._model.row_of(wanted))
            self._desk.refresh()

    def _open_first(self) -> None:
        """The first image that waits for a person, else the first."""
        if self._model.rowCount() == 0:
            self._shown.show_nothing(tr(NO_MATCH) if len(self._model.rows) else tr(NO_IMAGES))
            self._queue.show_current(None)
            return
        row = self._model.next_unreviewed(-1)
        self._flow.open(self._model.entry(row or 0).image_id)

    def _on_updated(self, entries: list[QueueEntry]) -> None:
        self._queue.refresh_count()
        if any(entry.image_id == self._desk.wanted for entry in entries):
            self._shown.show_head()
            self._desk.refresh()

    def _on_chosen(self, image_id: int) -> None:
        if image_id != self._desk.wanted:
            self._flow.open(image_id)

    def _on_filtered(self) -> None:
        wanted = self._desk.wanted
        row = None if wanted is None else self._model.row_of(wanted)
        if row is None:
            self._open_first()
        else:
            self._queue.show_current(row)
        self._feed.look_for_faults()
