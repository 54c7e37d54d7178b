"""The image under review: its boxes as they are now, and what a person does to them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from app.models import shapes as edits
from app.models.details import ImageDetails, load_details
from app.models.details_ahead import DetailsAhead
from app.models.shapes import Shape
from app.models.stopwatch import Stopwatch
from app.store_ops import Session
from app.worker_pool import Ticket
from engine.domain.errors import BoxwrightError
from engine.domain.geometry import Box
from engine.domain.records import ReviewState
from engine.domain.settings import BoxSettings
from engine.store.project import Connection

MOVE = "Move box"
RESIZE = "Resize box"
DRAW = "Draw box"
DELETE = "Delete box"
CHANGE_CLASS = "Change class"
COPY_LAST = "Copy boxes"
DUPLICATE = "Duplicate box"
PASTE = "Paste box"


def named(operation: str, count: int) -> str:
    """The name of an operation on ``count`` boxes, as undo shows it."""
    if count == 1 or not operation.endswith(" box"):
        return operation
    return f"{operation.removesuffix(' box')} {count} boxes"


class ReviewDesk(QObject):
    """Holds one image. Edits show at once and go to the session; the store's word comes after."""

    opened = Signal(object)  # ImageDetails of another image
    refreshed = Signal(object)  # ImageDetails of the same image
    shapes_changed = Signal(object)  # selection: indices of what was added, or None to keep it
    lost = Signal(int, object)  # image id, BoxwrightError: it cannot be read from the project

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._ahead = DetailsAhead(session, self)
        self._watch = Stopwatch()
        self._ticket: Ticket | None = None
        self._wanted: int | None = None
        self._details: ImageDetails | None = None
        self._shapes: list[Shape] = []
        self._edited = False
        self._from_ahead = False
        self._last: list[Shape] = []
        self._copied: list[Shape] = []

    # What is on the desk

    @property
    def details(self) -> ImageDetails | None:
        return self._details

    @property
    def image_id(self) -> int | None:
        """The image on the desk; ``wanted`` may be on its way."""
        return None if self._details is None else self._details.image.id

    @property
    def wanted(self) -> int | None:
        return self._wanted

    @property
    def ready(self) -> bool:
        """True if the image asked for is on the desk."""
        return self._details is not None and self._wanted == self._details.image.id

    @property
    def shapes(self) -> Sequence[Shape]:
        return self._shapes

    @property
    def decided(self) -> bool:
        """True once a person has settled or edited the image."""
        return self._details is not None and (self._edited or self._details.decided)

    @property
    def shows_proposals(self) -> bool:
        return self._details is not None and self._details.shows_proposals and not self._edited

    @property
    def state(self) -> ReviewState:
        """The review state as of the last act, on disk or on its way there."""
        if self._edited:
            return ReviewState.CORRECTED
        return ReviewState.UNREVIEWED if self._details is None else self._details.state

    @property
    def emptied(self) -> bool:
        """True if a person has decided that the image has no box."""
        return not self._shapes and self.state in (ReviewState.CORRECTED, ReviewState.REJECTED)

    def open(self, image_id: int) -> None:
        """Bring another image; the one on the desk stays until it is there."""
        self._session.flush()
        self._wanted = image_id
        ahead = self._ahead.take(image_id)
        if ahead is None:
            self._load(image_id)
        else:
            self._cancel()
            self._show(ahead)
            self._from_ahead = True

    def look_again(self) -> None:
        """See whether the store still says what was read ahead of the image on the desk."""
        image_id = self.image_id if self.ready else None
        if self._from_ahead and image_id is not None and not self._edited and not self._ticket:
            self._from_ahead = False
            self._load(image_id, look_again=True)

    def prefetch(self, image_ids: Sequence[int]) -> None:
        """Have these ready to open."""
        self._ahead.prefetch(image_ids)

    def forget_ahead(self, image_ids: Sequence[int] | None = None) -> None:
        """What was made ready of these (of all if None) is no longer so."""
        self._ahead.drop(image_ids)

    def refresh(self) -> None:
        """Read the image again; edits made meanwhile win."""
        if self._wanted is not None:
            self._load(self._wanted)

    def clear(self) -> None:
        """No image."""
        self._cancel()
        self._wanted = self._details = None
        self._shapes = []
        self._edited = False

    # Deciding

    def accept(self) -> None:
        """Take the boxes as shown; the image keeps them if a person has settled it already."""
        if self._details is not None:
            boxes = edits.shown_boxes(self._shapes)
            self._session.accept(self._details.image.id, boxes, self._watch.lap())

    def reject(self) -> None:
        if self._details is not None:
            self._session.reject(self._details.image.id, self._watch.lap())

    def skip(self) -> None:
        if self._details is not None:
            self._session.skip(self._details.image.id, self._watch.lap())

    def reset(self) -> None:
        if self._details is not None:
            self._session.reset(self._details.image.id)

    # Editing

    def put_boxes(self, boxes: Mapping[int, Box], operation: str, merge: bool = False) -> None:
        """Give some boxes other places; ``merge`` joins a burst of small steps."""
        if boxes:
            name = named(operation, len(boxes))
            self._edit(edits.with_boxes(self._shapes, boxes), name, merge=merge)

    def draw(self, class_id: int, box: Box) -> None:
        self._add([(class_id, box)], DRAW)

    def delete(self, indices: Collection[int]) -> None:
        if indices:
            name = named(DELETE, len(indices))
            self._edit(edits.without(self._shapes, indices), name, frozenset())

    def change_class(self, indices: Collection[int], class_id: int) -> None:
        if any(self._shapes[i].class_id != class_id for i in indices):
            self._edit(edits.with_class(self._shapes, indices, class_id), CHANGE_CLASS)

    def duplicate(self, boxes: Mapping[int, Box]) -> None:
        """The boxes at some indices again, at these places."""
        self._add([(self._shapes[i].class_id, box) for i, box in boxes.items()], DUPLICATE)

    def copy(self, indices: Collection[int]) -> int:
        """Keep the boxes at these indices for ``paste``; returns how many there are."""
        if indices:
            self._copied = [self._shapes[i] for i in sorted(indices)]
        return len(self._copied)

    def paste(self) -> bool:
        """Add what was copied; False if nothing was, or nothing of it fits in here."""
        return self._paste(self._copied, PASTE)

    def paste_last(self) -> bool:
        """Add the boxes of the image that was here before; False if it had none that fit."""
        return self._paste(self._last, COPY_LAST)

    def apply_settings(self, settings: BoxSettings) -> None:
        """Derive the proposals anew from the stored maps, while they are what is shown."""
        live = None if self._details is None else self._details.live
        if live is not None and self.shows_proposals:
            live.apply(settings)
            self._shapes = live.shapes()
            self.shapes_changed.emit(None)

    def _paste(self, boxes: Sequence[Shape], operation: str) -> bool:
        """Never into an image that a person has emptied."""
        if self._details is None or self.emptied:
            return False
        image = self._details.image
        now = edits.with_copies(self._shapes, boxes, image.width, image.height)
        added = frozenset(range(len(self._shapes), len(now)))
        if added:
            self._edit(now, named(operation, len(added)), added)
        return bool(added)

    def _add(self, boxes: Sequence[tuple[int, Box]], operation: str) -> None:
        if boxes:
            first = len(self._shapes)
            added = frozenset(range(first, first + len(boxes)))
            name = named(operation, len(boxes))
            self._edit(edits.with_added(self._shapes, boxes), name, added)

    def _edit(
        self,
        shapes: list[Shape],
        operation: str,
        selection: frozenset[int] | None = None,
        merge: bool = False,
    ) -> None:
        if self._details is None or not self._details.image.usable:
            return
        self._cancel()
        self._shapes = shapes
        self._edited = True
        self._session.replace_boxes(
            self._details.image.id,
            edits.edited_boxes(shapes),
            operation,
            self._watch.lap(),
            merge,
        )
        self.shapes_changed.emit(selection)

    # Reading

    def _load(self, image_id: int, look_again: bool = False) -> None:
        self._cancel()
        project = self._session.project

        def query(connection: Connection) -> ImageDetails:
            return load_details(connection, image_id, project.settings().boxes)

        self._ticket = self._session.read(
            query,
            self._show_if_other if look_again else self._show,
            lambda error: self._fail(image_id, error),
            fresh=True,
            image_id=image_id,
        )

    def _cancel(self) -> None:
        # An answer that was asked for before an edit knows nothing of it.
        if self._ticket is not None:
            self._ticket.cancel()
            self._ticket = None

    def _show_if_other(self, details: ImageDetails) -> None:
        """What was read ahead is shown already; show this if the store has changed since."""
        if self._details is not None and details.same_as(self._details):
            self._ticket = None
        else:
            self._show(details)

    def _show(self, details: ImageDetails) -> None:
        self._ticket = None
        self._from_ahead = False
        old, another = self._details, details.image.id != self.image_id
        if another and self._shapes:
            self._last = list(self._shapes)
        if old is not None and not another and self._stays_live(old, details):
            self._details = replace(details, live=old.live)
        else:
            self._details = details
            self._shapes = list(details.shapes)
        self._edited = False
        if another:
            self._watch.restart()
        (self.opened if another else self.refreshed).emit(self._details)

    def _stays_live(self, old: ImageDetails, new: ImageDetails) -> bool:
        """True if the boxes that the person has set with the slider are still to be shown."""
        same = old.live is not None and new.shows_proposals and new.proposals == old.proposals
        return same and self.shows_proposals

    def _fail(self, image_id: int, error: BoxwrightError) -> None:
        self._ticket = None
        self.lost.emit(image_id, error)
