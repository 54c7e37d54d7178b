"""One class at a time: only its unreviewed images, and when they are done the next class."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Signal

from app.i18n import tr
from app.models.queue_memory import QueueView
from app.models.queue_model import QueueModel
from app.models.queue_rows import QueueFilter
from app.panels.queue_panel import QueuePanel
from app.panels.review_flow import ALL_DONE, ReviewFlow
from app.words import counted
from engine.domain.records import ClassRecord, ReviewState


class ClassLane(QObject):
    """Sets the queue's filter while it is on, and gives back the old one after."""

    changed = Signal(bool)  # on or off
    opened = Signal(str)  # the class that it is in now, and how many images wait there

    def __init__(
        self,
        model: QueueModel,
        queue: QueuePanel,
        flow: ReviewFlow,
        settle: Callable[[Callable[[], object]], object],
        parent: QObject | None = None,
    ) -> None:
        """``settle`` calls back once the model knows of everything that was decided."""
        super().__init__(parent)
        self._model, self._queue, self._flow, self._settle = model, queue, flow, settle
        self._classes: Sequence[ClassRecord] = ()
        self._before: QueueView | None = None
        flow.ended.connect(self._on_end)

    @property
    def on(self) -> bool:
        return self._before is not None

    def set_classes(self, classes: Sequence[ClassRecord]) -> None:
        self._classes = classes

    def set_on(self, on: bool) -> None:
        """Begin with the class of the image that is shown, or end."""
        if on == self.on:
            return
        if not on:
            before, self._before = self._before, None
            if before is not None:
                self._queue.show_view(before)
                self._queue.filtered.emit()
        elif self._begin():
            return  # told by _open
        self.changed.emit(self.on)

    def next_class(self) -> None:
        """Go to the next class with images that wait; begins the lane if it is off."""
        if not self.on:
            self.set_on(True)
            return
        now = self._queue.filters.view().filter.class_id
        if not self._open_from(self._after(now)):
            self._finish()

    def _begin(self) -> bool:
        shown = self._flow.class_id
        start = [] if shown is None else [shown]
        before = self._queue.filters.view()
        if not self._open_from([*start, *self._after(shown)]):
            self._flow.say(tr(ALL_DONE))
            return False
        self._before = before
        self.changed.emit(True)
        return True

    def _after(self, class_id: int | None) -> list[int]:
        """All classes, beginning behind this one."""
        ids = [record.id for record in self._classes]
        at = ids.index(class_id) + 1 if class_id in ids else 0
        return ids[at:] + ids[:at]

    def _open_from(self, class_ids: list[int]) -> bool:
        for class_id in class_ids:
            waiting = self._model.rows.waiting_in(class_id)
            if waiting:
                order = self._queue.filters.view().order
                wanted = QueueFilter(ReviewState.UNREVIEWED, class_id)
                self._queue.show_view(QueueView(wanted, order))
                self._flow.open(self._model.entry(0).image_id)
                name = next(c.name for c in self._classes if c.id == class_id)
                self.opened.emit(
                    tr(
                        "{name}: {waiting} to review",
                        name=name,
                        waiting=counted(waiting, "image", "images"),
                    )
                )
                return True
        return False

    def _on_end(self) -> None:
        if self.on:
            self._settle(self._go_on)

    def _go_on(self) -> None:
        if self.on:
            now = self._queue.filters.view().filter.class_id
            again = [] if now is None else [now]
            if not self._open_from([*again, *self._after(now)]):
                self._finish()

    def _finish(self) -> None:
        self.set_on(False)
        self._flow.say(tr(ALL_DONE))
