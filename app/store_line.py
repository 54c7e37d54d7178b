"""The window's way to one open project: writes one after the other, reads beside them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from PySide6.QtCore import QObject, QTimer, Signal

from app.pending_writes import Operation, PendingWrites, Write, WriteFailure
from app.worker_pool import Refusal, Ticket, WorkerPool
from engine.domain.errors import BoxwrightError
from engine.store import review
from engine.store.project import Connection, Project
from engine.store.review import Changes

T = TypeVar("T")

_READERS = 2
_HISTORY = "history"


@dataclass(frozen=True, slots=True)
class History:
    """Names of the operations that undo and redo would act on; None if there is none."""

    undo: str | None
    redo: str | None


class StoreLine(QObject):
    """A writer, readers, and what they have to say.

    Writes are done in the order asked for and announced by ``changed`` once they are on disk.
    """

    changed = Signal(object)  # Changes
    history_moved = Signal(object)  # Changes of an undo or redo, after ``changed``
    history_changed = Signal(object)  # History
    failed = Signal(object)  # WriteFailure
    pending_changed = Signal(int)  # operations asked for and not yet on disk
    refused = Signal(str)  # the name of an operation, where nothing may be written
    closing = Signal()  # the last moment to ask for anything

    def __init__(
        self, project: Project, parent: QObject | None = None, read_only: bool = False
    ) -> None:
        """``read_only``: another window has the project; acts are refused, not lost silently."""
        super().__init__(parent)
        self.project = project
        self.read_only = read_only
        self._writer = WorkerPool("writer", 1, self)
        self._readers = WorkerPool("reader", _READERS, self)
        self._pending = PendingWrites()
        self._closed = False
        self._topics: dict[str, Ticket] = {}  # of the questions that have no answer yet
        self._history = History(None, None)
        self.reread_history()

    def write(self, name: str, work: Operation, image_id: int | None = None) -> None:
        """An operation of another room, e.g. on classes; ``name`` tells of it if it fails.

        ``image_id``: the one image that it is about, if it is one.
        """
        self._write(name, image_id, work)

    def retry(self, failure: WriteFailure) -> bool:
        """Try again what failed; False if a later act on the image has taken its place."""
        if not self._pending.is_latest(failure.write):
            return False
        self._submit(failure.write)
        return True

    def read(
        self,
        query: Callable[[Connection], T],
        done: Callable[[T], object],
        failed: Refusal | None = None,
        fresh: bool = False,
        image_id: int | None = None,
        topic: str | None = None,
    ) -> Ticket:
        """Run ``query`` in a reader's thread and call ``done`` here with what it found.

        Two readers may answer out of turn: of those on one ``topic`` only the last does.

        With ``fresh`` it sees every operation asked for so far. A query about one image
        (``image_id``) then waits for those on this image alone, and mostly for none.
        """

        def work() -> T:
            with self.project.read() as connection:
                return query(connection)

        def answer(found: T) -> None:
            if topic is not None:
                del self._topics[topic]
            if not self._closed:  # whoever asked may have gone with it
                done(found)

        if fresh:
            self.flush()
        pool = self._writer if fresh and self.is_pending(image_id) else self._readers
        ticket = pool.submit(work, answer, failed)
        if topic is not None:
            self._take_place(topic, ticket)
        return ticket

    def reread_history(self) -> None:
        """A job may have put an operation of a person into the project: name it in the menu."""
        self.read(_history, self._note_history, topic=_HISTORY)

    @property
    def history(self) -> History:
        return self._history

    @property
    def pending(self) -> int:
        """Operations asked for that are not on disk yet; 0 means all is saved."""
        return self._pending.total + self.held

    def is_pending(self, image_id: int | None) -> bool:
        """True if an operation under way may touch the image (any image if None)."""
        return self._pending.touch(image_id)

    @property
    def held(self) -> int:
        """Operations that ``flush`` would hand to the writer."""
        return 0

    def flush(self) -> None:
        """Hand over what is held back for the moment."""

    def close(self) -> None:
        """Wait until everything asked for is on disk. The project stays open."""
        if not self._closed:
            self.closing.emit()
            self.flush()
            self._closed = True
            self._readers.close()
            self._writer.close(finish=True)

    def _write(
        self, name: str, image_id: int | None, work: Operation, moves_history: bool = False
    ) -> None:
        self.flush()
        write = Write(name, image_id, work, moves_history)
        if self.read_only:
            # after the caller is done, so that views show what is so
            QTimer.singleShot(0, self, lambda: self.refused.emit(name))
            return
        self._pending.ask(write)
        self._submit(write)

    def _submit(self, write: Write) -> None:
        if self._closed:
            raise RuntimeError("the session is closed")

        def work() -> tuple[Changes | None, History]:
            with self.project.write() as connection:
                changes = write.work(connection)
                history = _history(connection)
            return changes, history

        self._pending.begin(write)
        self.pending_changed.emit(self.pending)
        self._writer.submit(
            work,
            lambda result: self._acknowledge(write, *result),
            lambda error: self._report(write, error),
        )

    def _acknowledge(self, write: Write, changes: Changes | None, history: History) -> None:
        self._end(write)
        self._note_history(history)
        if _HISTORY in self._topics:  # it may have been read before the write
            self.reread_history()
        if changes:
            self.changed.emit(changes)
            if write.moves_history:
                self.history_moved.emit(changes)

    def _report(self, write: Write, error: BoxwrightError) -> None:
        self._end(write)
        self.failed.emit(WriteFailure(write, error))

    def _end(self, write: Write) -> None:
        self._pending.end(write)
        self.pending_changed.emit(self.pending)

    def _take_place(self, topic: str, ticket: Ticket) -> None:
        older = self._topics.get(topic)
        if older is not None:
            older.cancel()
        self._topics[topic] = ticket

    def _note_history(self, history: History) -> None:
        self._history = history
        self.history_changed.emit(history)


def _history(connection: Connection) -> History:
    return History(review.undo_name(connection), review.redo_name(connection))
