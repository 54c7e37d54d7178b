"""From the store to the queue's model: the beginning, then all of it, then what changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, QTimer, Signal

from app.garbage import spare_what_lives
from app.models.queue_model import QueueModel
from app.models.queue_rows import QueueRows
from app.models.review_desk import ReviewDesk
from app.models.turns import Turns
from app.store_ops import Session
from engine.domain.records import ClassRecord, QueueEntry
from engine.store import checks, images
from engine.store.project import Connection
from engine.store.review import Changes

#: More decisions than this are never on their way to the disk at once.
_SETTLED = 500
#: So many entries are read anew in a thread; to exchange them one by one holds up the window.
_RELOAD_FROM = 2000
#: Entries that are shown before all the others are there.
_START = 500
#: The others are read at latest then, even if the first image is not on the screen.
_REST_AFTER_MS = 3000

_Queue = tuple[QueueRows, list[ClassRecord]]


class QueueFeed(QObject):
    """Reads in threads; the model is set between ``classes_read`` and ``listed``."""

    classes_read = Signal(object)  # list[ClassRecord]
    listed = Signal()  # other rows are in the model
    completed = Signal()  # and they are all there are
    updated = Signal(object)  # list[QueueEntry] that the model has anew
    faults_found = Signal()  # other images look wrong than the model knew

    def __init__(
        self, session: Session, model: QueueModel, desk: ReviewDesk, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._session, self._model, self._desk = session, model, desk
        self.whole = False  # whether the queue is there, and not its beginning alone
        self._turns: Turns[int] = Turns()  # by image id
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.timeout.connect(self._read_whole)

    def reload(self, from_the_start: bool = False) -> None:
        """Read the whole queue again; ``from_the_start``: show its beginning first."""
        self._desk.ahead.drop()
        if from_the_start:
            self._session.read(_read_start, lambda found: self._show_start(*found))
        else:
            self._read_whole()

    def first_is_shown(self) -> None:
        """There is time now for the rest."""
        if self._rest.isActive():
            self._rest.start(0)

    def follow(self, changes: Changes) -> None:
        """Show what an operation has changed."""
        if changes.class_ids:
            self.reload()
        else:
            self.images_changed(sorted(changes.image_ids))

    def images_changed(self, image_ids: list[int]) -> None:
        """Show what a job or an operation has made of some images."""
        if len(image_ids) > _RELOAD_FROM:
            self.reload()
            return
        self._desk.ahead.drop(image_ids)
        self._read_entries(image_ids)

    def settle(self, done: Callable[[], object]) -> None:
        """Call ``done`` once the queue knows of everything asked for so far."""
        ids = [self._model.entry(row).image_id for row in self._model.waiting_rows(_SETTLED)]
        self._read_entries(ids, done, fresh=True)

    def look_for_faults(self) -> None:
        """Find what looks wrong, if that is what is to be listed."""
        if self._model.filter.faults:
            self._session.read(
                checks.images_with_faults, self._list_faults, fresh=True, topic="faults"
            )

    def stop(self) -> None:
        self._rest.stop()

    def _read_whole(self) -> None:
        self._rest.stop()
        turn = self._turns.ask()

        def show(found: _Queue) -> None:
            self._show_whole(*found)
            newer = self._turns.answer_all(turn)
            if newer:  # what has changed since the reading began
                self.images_changed(sorted(newer))

        self._session.read(_read_queue, show, fresh=True, topic="queue")

    def _read_entries(
        self,
        image_ids: Sequence[int],
        done: Callable[[], object] = lambda: None,
        fresh: bool = False,
    ) -> None:
        wanted, turn = list(image_ids), self._turns.ask()

        def show(entries: list[QueueEntry]) -> None:
            newer = self._turns.answer(turn, wanted)
            self._show_entries([entry for entry in entries if entry.image_id in newer])
            done()

        self._session.read(lambda c: images.queue_entries(c, wanted), show, fresh=fresh)

    def _show_start(self, rows: QueueRows, classes: list[ClassRecord]) -> None:
        """What is seen first; the whole queue is read once it is on the screen."""
        if self.whole or not len(rows):
            self._read_whole()
            return
        self._rest.start(_REST_AFTER_MS)
        self._list(rows, classes)

    def _show_whole(self, rows: QueueRows, classes: list[ClassRecord]) -> None:
        self.whole = True
        self._list(rows, classes)
        spare_what_lives()
        self.look_for_faults()
        self.completed.emit()

    def _list(self, rows: QueueRows, classes: list[ClassRecord]) -> None:
        self.classes_read.emit(classes)
        self._model.set_rows(rows)
        self.listed.emit()

    def _show_entries(self, entries: list[QueueEntry]) -> None:
        if self._model.update_entries(entries):
            self.updated.emit(entries)
        elif self.whole:
            self.reload()

    def _list_faults(self, image_ids: frozenset[int]) -> None:
        if image_ids != self._model.faults:
            self._model.set_faults(image_ids)
            self.faults_found.emit()


def _read_start(connection: Connection) -> _Queue:
    """Nothing of a queue that is short, since that is there at once as a whole."""
    entries = images.queue_around(connection, _START // 10, _START)
    rows = QueueRows(entries if len(entries) > _START else ())
    return rows, images.list_classes(connection)


def _read_queue(connection: Connection) -> _Queue:
    return QueueRows(images.queue(connection)), images.list_classes(connection)
