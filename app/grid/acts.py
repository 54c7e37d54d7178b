"""What a person does to the selected tiles: one operation, one step of undo."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.grid.wall import Wall
from app.i18n import mark, tr, whole
from app.models.queue_model import QueueModel
from app.models.stopwatch import Stopwatch
from app.store_ops import Session
from app.words import counted
from engine.store.review import Changes

_DONE = {
    mark("Accept"): mark("{images} accepted"),
    mark("Reject"): mark("{images} rejected"),
    mark("Skip"): mark("{images} skipped"),
    mark("Reset"): mark("{images} set back"),
}
NOTHING = mark("Nothing to do: these images are so already, or have no box to accept.")


class GridActs(QObject):
    """Asks the session, goes on to what waits next, and tells what came of it."""

    said = Signal(str)

    def __init__(
        self, wall: Wall, model: QueueModel, session: Session, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._wall, self._model, self._session = wall, model, session
        self._watch = Stopwatch()
        self._asked: tuple[str, frozenset[int]] | None = None
        session.changed.connect(self._on_changed)
        session.pending_changed.connect(self._on_pending)

    def begin(self) -> None:
        """The grid is shown: the person's time starts."""
        self._watch.restart()

    def end(self) -> None:
        """Nobody is to be told any more."""
        self._asked = None

    def meant_ids(self) -> list[int]:
        return [self._model.entry(row).image_id for row in self._wall.selection.meant]

    def accept(self) -> None:
        self._act(mark("Accept"), lambda ids: self._session.accept_many(ids, self._watch.lap()))

    def reject(self) -> None:
        self._act(mark("Reject"), lambda ids: self._session.reject_many(ids, self._watch.lap()))

    def skip(self) -> None:
        self._act(mark("Skip"), lambda ids: self._session.skip_many(ids, self._watch.lap()))

    def reset(self) -> None:
        self._act(mark("Reset"), self._session.reset_many, go_on=False)

    def next_unreviewed(self) -> None:
        row = self._model.next_unreviewed(self._wall.selection.current)
        if row is not None:
            self._wall.go_to(row)

    def _act(self, name: str, act: Callable[[list[int]], object], go_on: bool = True) -> None:
        rows, ids = self._wall.selection.meant, self.meant_ids()
        if not ids:
            return
        self._asked = (name, frozenset(ids))
        act(ids)
        after = self._next_after(rows) if go_on else rows[0]
        self._wall.go_to(after)

    def _next_after(self, rows: list[int]) -> int:
        """The next row that waits, those just decided left out: they are still on their way."""
        waiting = np.setdiff1d(self._model.waiting_array(), rows)
        if len(waiting) == 0:
            return rows[-1]
        at = int(np.searchsorted(waiting, rows[-1]))
        return int(waiting[at % len(waiting)])

    def _on_changed(self, changes: Changes) -> None:
        if self._asked is None or not changes.operation.startswith(self._asked[0]):
            return
        (name, ids), self._asked = self._asked, None
        left = len(ids) - len(changes.image_ids)
        told = tr(_DONE[name], images=counted(len(changes.image_ids), "image", "images"))
        if left:
            rest = mark("{told}, {left} left as they are (as they were already, or without a box).")
            told = tr(rest, told=told, left=whole(left))
        self.said.emit(told if left else f"{told}.")

    def _on_pending(self, operations: int) -> None:
        if operations == 0 and self._asked is not None:
            # an act that changed something is told of first
            self._session.read(lambda _conn: None, lambda _none: self._tell_nothing(), fresh=True)

    def _tell_nothing(self) -> None:
        if self._asked is not None and self._session.pending == 0:
            self._asked = None
            self.said.emit(tr(NOTHING))
