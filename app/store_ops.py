"""Every write of a person: one small function per operation, answers as signals."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject

from app.edit_burst import Edit, EditBurst
from app.i18n import mark
from app.pending_writes import Write, WriteFailure
from app.store_line import History, StoreLine
from engine.domain.records import LeftBox
from engine.store import images, review
from engine.store.project import Connection, Project
from engine.store.review import Changes, EditedBox, ShownBox

__all__ = ["History", "Session", "WriteFailure"]


class Session(StoreLine):
    """What a person does to the project; edits that come in a burst are one operation."""

    def __init__(
        self, project: Project, parent: QObject | None = None, read_only: bool = False
    ) -> None:
        """As of StoreLine."""
        super().__init__(project, parent, read_only)
        self._burst = EditBurst(self._replace, self)

    def accept(
        self,
        image_id: int,
        boxes: Sequence[ShownBox],
        seconds: float | None = None,
        left: Sequence[LeftBox] = (),
        operation: str = mark("Accept"),
    ) -> None:
        """Take the boxes as shown for the image's annotations; ``left`` stays undecided."""
        shown, rest = tuple(boxes), tuple(left)
        self._write(
            operation,
            image_id,
            lambda c: review.accept(c, image_id, shown, seconds, rest, operation),
        )

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

    def replace_boxes(
        self,
        image_id: int,
        boxes: Sequence[EditedBox],
        operation: str,
        seconds: float | None = None,
        merge: bool = False,
        left: Sequence[LeftBox] = (),
    ) -> None:
        """Make ``boxes`` the image's annotations; ``operation`` is the name that undo shows.

        ``left`` stays undecided, and so does the image while there is any.

        With ``merge`` a burst of the same operation becomes one; anything else ends the burst.
        """
        edit = Edit(image_id, tuple(boxes), operation, seconds, tuple(left))
        if merge:
            self._burst.join(edit)
            self.pending_changed.emit(self.pending)
        else:
            self.flush()
            self._replace(edit)

    def undo(self) -> None:
        self._write(mark("Undo"), None, review.undo, moves_history=True)

    def redo(self) -> None:
        self._write(mark("Redo"), None, review.redo, moves_history=True)

    def travel(self, last: int | None) -> None:
        """Undo or redo until operation ``last`` is the newest that is done; None: undo all."""
        self._write(mark("History"), None, lambda c: review.travel(c, last), moves_history=True)

    @property
    def held(self) -> int:
        return int(self._burst.under_way)

    def flush(self) -> None:
        """Hand a burst of edits to the writer now."""
        self._burst.end()

    def _replace(self, edit: Edit) -> None:
        def work(connection: Connection) -> Changes:
            return review.replace_boxes(
                connection, edit.image_id, edit.boxes, edit.operation, edit.seconds, edit.left
            )

        self._write(edit.operation, edit.image_id, work)
