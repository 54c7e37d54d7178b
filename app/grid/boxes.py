"""The boxes of the images in sight, read a screenful at a time."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence

from PySide6.QtCore import QObject, QTimer, Signal

from app.models.shapes import Shape, of_annotation, of_left, of_proposal
from app.store_ops import Session
from app.worker_pool import Ticket
from engine.domain.records import DECIDED_STATES
from engine.store.annotations import annotations_of
from engine.store.images import queue_entries
from engine.store.left_boxes import left_boxes_of
from engine.store.project import Connection
from engine.store.proposals import proposals_of

#: Images whose boxes are kept.
_KEPT = 4000
Boxes = Sequence[Shape]


class BoxSource(QObject):
    """Answers at once from memory, or ``arrived`` tells later that there is more."""

    arrived = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._held: OrderedDict[int, Boxes] = OrderedDict()
        self._wanted: dict[int, None] = {}
        self._ticket: Ticket | None = None
        self._soon = QTimer(self)  # what one painting asks for is read in one go
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._read)

    def of(self, image_id: int) -> Boxes | None:
        """The boxes of one image: what a person has decided and left, or else the proposals."""
        found = self._held.get(image_id)
        if found is None:
            self._wanted[image_id] = None
            if not self._soon.isActive() and self._ticket is None:
                self._soon.start(0)
        else:
            self._held.move_to_end(image_id)
        return found

    def forget(self, image_ids: Iterable[int]) -> None:
        """They have changed: read them again when they are asked for."""
        for image_id in image_ids:
            self._held.pop(image_id, None)

    def clear(self) -> None:
        self._held.clear()
        self._wanted.clear()

    def end(self) -> None:
        """Nobody looks any more."""
        self._soon.stop()
        if self._ticket is not None:
            self._ticket.cancel()

    def _read(self) -> None:
        ids, self._wanted = list(self._wanted), {}
        if ids:
            self._ticket = self._session.read(lambda c: _boxes(c, ids), self._keep, fresh=True)

    def _keep(self, found: dict[int, Boxes]) -> None:
        self._ticket = None
        self._held.update(found)
        while len(self._held) > _KEPT:
            self._held.popitem(last=False)
        self.arrived.emit()
        if self._wanted:
            self._soon.start(0)


def _boxes(conn: Connection, ids: list[int]) -> dict[int, Boxes]:
    states = {entry.image_id: entry.state for entry in queue_entries(conn, ids)}
    own, left, proposed = (
        annotations_of(conn, ids),
        left_boxes_of(conn, ids),
        proposals_of(conn, ids),
    )
    return {
        image_id: [*map(of_annotation, own[image_id]), *map(of_left, left[image_id])]
        if own[image_id] or left[image_id] or state in DECIDED_STATES
        else [of_proposal(p) for p in proposed[image_id]]
        for image_id, state in states.items()
    }
