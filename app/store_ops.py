"""Every write of a person: one small function per operation, one writer, answers as signals."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from PySide6.QtCore import QObject, QTimer, Signal

from app.i18n import mark
from app.worker_pool import Refusal, Ticket, WorkerPool
from engine.domain.errors import BoxwrightError
from engine.store import images, review
from engine.store.project import Connection, Project
from engine.store.review import Changes, EditedBox, ShownBox

T = TypeVar("T")
Operation = Callable[[Connection], Changes | None]

#: A burst of small edits is written once it pauses for this long, and at latest after the second.
MERGE_PAUSE_MS = 300
MERGE_LIMIT_S = 1.5
_READERS = 2


@dataclass(frozen=True, slots=True)
class History:
    """Names of the operations that undo and redo would act on; None if there is none."""

    undo: str | None
    redo: str | None


@dataclass(frozen=True, slots=True)
class Write:
    """One operation on its way to the disk. ``image_id`` None: whichever undo and redo meet."""

    name: str
    image_id: int | None
    work: Operation
    moves_history: bool = False


@dataclass(frozen=True, slots=True)
class WriteFailure:
    """An operation that is not on disk; everything before it is. See ``Session.retry``."""

    write: Write
    error: BoxwrightError


@dataclass(frozen=True, slots=True)
class _Held:
    """Edits of a burst, not yet handed to the writer."""

    image_id: int
    boxes: tuple[EditedBox, ...]
    operation: str
    seconds: float | None
    since: float


class Session(QObject):
    """The window's way to one open project: a writer, readers, and what they have to say.

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
        self._pending: Counter[int | None] = Counter()
        self._closed = False
        self._held: _Held | None = None
        self._latest: dict[int | None, Write] = {}
        self._history = History(None, None)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.timeout.connect(self.flush)
        self.read(_history, self._note_history)

    # A person's operations

    def accept(
        self, image_id: int, boxes: Sequence[ShownBox], seconds: float | None = None
    ) -> None:
        """Take the boxes as shown for the image's annotations."""
        shown = tuple(boxes)
        self._write(mark("Accept"), image_id, lambda c: review.accept(c, image_id, shown, seconds))

    def reject(self, image_id: int, seconds: float | None = None) -> None:
        self._write(mark("Reject"), image_id, lambda c: review.reject(c, image_id, seconds))

    def skip(self, image_id: int, seconds: float | None = None) -> None:
        self._write(mark("Skip"), image_id, lambda c: review.skip(c, image_id, seconds))

    def reset(self, image_id: int) -> None:
        """Back to unreviewed."""
        self._write(mark("Reset"), image_id, lambda c: review.reset(c, image_id))

    def accept_many(self, image_ids: Sequence[int], seconds: float | None = None) -> None:
        """Take the proposals in the store for the annotations of these images; one step of undo."""
        ids = tuple(image_ids)
        self._write(mark("Accept"), None, lambda c: review.accept_many(c, ids, seconds))

    def reject_many(self, image_ids: Sequence[int], seconds: float | None = None) -> None:
        ids = tuple(image_ids)
        self._write(mark("Reject"), None, lambda c: review.reject_many(c, ids, seconds))

    def skip_many(self, image_ids: Sequence[int], seconds: float | None = None) -> None:
        ids = tuple(image_ids)
        self._write(mark("Skip"), None, lambda c: review.skip_many(c, ids, seconds))

    def reset_many(self, image_ids: Sequence[int]) -> None:
        ids = tuple(image_ids)
        self._write(mark("Reset"), None, lambda c: review.reset_many(c, ids))

    def note_unusable(self, image_id: int, problem: str) -> None:
        """Keep why no picture comes of an image. No act of a person: nothing to undo or refuse."""

        def work(connection: Connection) -> Changes:
            images.mark_unusable(connection, {image_id: problem})
            return Changes(frozenset({image_id}), name)

        name = mark("Note a damaged image")
        if not self.read_only and not self._closed:
            self._submit(Write(name, image_id, work))

    def write(self, name: str, work: Operation, image_id: int | None = None) -> None:
        """An operation of another room, e.g. on classes; ``name`` tells of it if it fails.

        ``image_id``: the one image that it is about, if it is one.
        """
        self._write(name, image_id, work)

    def replace_boxes(
        self,
        image_id: int,
        boxes: Sequence[EditedBox],
        operation: str,
        seconds: float | None = None,
        merge: bool = False,
    ) -> None:
        """Make ``boxes`` the image's annotations; ``operation`` is the name that undo shows.

        With ``merge`` a burst of the same operation becomes one; anything else ends the burst.
        """
        new = _Held(image_id, tuple(boxes), operation, seconds, time.monotonic())
        if not merge:
            self.flush()
            self._replace(new)
            return
        self._held = self._merged(new)
        if time.monotonic() - self._held.since > MERGE_LIMIT_S:
            self.flush()
        else:
            self._pause.start(MERGE_PAUSE_MS)
            self.pending_changed.emit(self.pending)

    def undo(self) -> None:
        self._write(mark("Undo"), None, review.undo, moves_history=True)

    def redo(self) -> None:
        self._write(mark("Redo"), None, review.redo, moves_history=True)

    def travel(self, last: int | None) -> None:
        """Undo or redo until operation ``last`` is the newest that is done; None: undo all."""
        self._write(mark("History"), None, lambda c: review.travel(c, last), moves_history=True)

    def retry(self, failure: WriteFailure) -> bool:
        """Try again what failed; False if a later act on the image has taken its place."""
        write = failure.write
        if self._latest.get(write.image_id) is not write:
            return False
        self._submit(write)
        return True

    # Reading

    def read(
        self,
        query: Callable[[Connection], T],
        done: Callable[[T], object],
        failed: Refusal | None = None,
        fresh: bool = False,
        image_id: int | None = None,
    ) -> Ticket:
        """Run ``query`` in a reader's thread and call ``done`` here with what it found.

        With ``fresh`` it sees every operation asked for so far. A query about one image
        (``image_id``) then waits for those on this image alone, and mostly for none.
        """

        def work() -> T:
            with self.project.read() as connection:
                return query(connection)

        def answer(found: T) -> None:
            if not self._closed:  # whoever asked may have gone with it
                done(found)

        if fresh:
            self.flush()
        pool = self._writer if fresh and self.is_pending(image_id) else self._readers
        return pool.submit(work, answer, failed)

    # State

    def reread_history(self) -> None:
        """A job has put an operation of a person into the project: name it in the menu."""
        self.read(_history, self._note_history)

    @property
    def history(self) -> History:
        return self._history

    @property
    def pending(self) -> int:
        """Operations asked for that are not on disk yet; 0 means all is saved."""
        return self._pending.total() + (self._held is not None)

    def is_pending(self, image_id: int | None) -> bool:
        """True if an operation under way may touch the image (any image if None)."""
        if image_id is None:
            return self._pending.total() > 0
        return self._pending[image_id] > 0 or self._pending[None] > 0

    def flush(self) -> None:
        """Hand a burst of edits to the writer now."""
        self._pause.stop()
        if self._held is not None:
            held, self._held = self._held, None
            self._replace(held)

    def close(self) -> None:
        """Wait until everything asked for is on disk. The project stays open."""
        if not self._closed:
            self.closing.emit()
            self.flush()
            self._closed = True
            self._readers.close()
            self._writer.close(finish=True)

    def _merged(self, new: _Held) -> _Held:
        old = self._held
        if old is None or (old.image_id, old.operation) != (new.image_id, new.operation):
            self.flush()
            return new
        seconds = (old.seconds or 0.0) + (new.seconds or 0.0)
        return replace(new, since=old.since, seconds=seconds)

    def _replace(self, held: _Held) -> None:
        def work(connection: Connection) -> Changes:
            return review.replace_boxes(
                connection, held.image_id, held.boxes, held.operation, held.seconds
            )

        self._write(held.operation, held.image_id, work)

    def _write(
        self, name: str, image_id: int | None, work: Operation, moves_history: bool = False
    ) -> None:
        self.flush()
        write = Write(name, image_id, work, moves_history)
        if self.read_only:
            # after the caller is done, so that views show what is so
            QTimer.singleShot(0, self, lambda: self.refused.emit(name))
            return
        self._latest[image_id] = write
        self._submit(write)

    def _submit(self, write: Write) -> None:
        if self._closed:
            raise RuntimeError("the session is closed")

        def work() -> tuple[Changes | None, History]:
            with self.project.write() as connection:
                changes = write.work(connection)
                history = _history(connection)
            return changes, history

        self._count(write, 1)
        self._writer.submit(
            work,
            lambda result: self._acknowledge(write, *result),
            lambda error: self._report(write, error),
        )

    def _acknowledge(self, write: Write, changes: Changes | None, history: History) -> None:
        self._count(write, -1)
        self._note_history(history)
        if changes:
            self.changed.emit(changes)
            if write.moves_history:
                self.history_moved.emit(changes)

    def _report(self, write: Write, error: BoxwrightError) -> None:
        self._count(write, -1)
        self.failed.emit(WriteFailure(write, error))

    def _count(self, write: Write, by: int) -> None:
        self._pending[write.image_id] += by
        self.pending_changed.emit(self.pending)

    def _note_history(self, history: History) -> None:
        self._history = history
        self.history_changed.emit(history)


def _history(connection: Connection) -> History:
    return History(review.undo_name(connection), review.redo_name(connection))
