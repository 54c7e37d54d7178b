"""The image under review: its boxes as they are now, and what a person does to them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from app.i18n import mark
from app.models import shapes as edits
from app.models.box_edits import ACCEPT, BoxEdits, named
from app.models.details import ImageDetails, load_details
from app.models.details_ahead import DetailsAhead
from app.models.shapes import Shape
from app.models.stopwatch import Stopwatch
from app.store_ops import Session
from app.worker_pool import Ticket
from engine.domain.errors import BoxwrightError
from engine.domain.records import DECIDED_STATES, ReviewState
from engine.domain.settings import BoxSettings
from engine.store.project import Connection


class ReviewDesk(QObject):
    """Holds one image. Edits show at once and go to the session; the store's word comes after."""

    opened = Signal(object)  # ImageDetails of another image
    refreshed = Signal(object)  # ImageDetails of the same image
    shapes_changed = Signal(object)  # selection: indices of what was added, or None to keep it
    lost = Signal(int, object)  # image id, BoxwrightError: it cannot be read from the project

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.ahead = DetailsAhead(session, self)
        self.boxes = BoxEdits(self)
        self._watch = Stopwatch()
        self._ticket: Ticket | None = None
        self._wanted: int | None = None
        self._details: ImageDetails | None = None
        self._shapes: list[Shape] = []
        self._edited = False
        self._from_ahead = False
        self.last_shapes: list[Shape] = []  # of the image before that had some

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
        """True once a person has settled the image."""
        return self._details is not None and self.state in DECIDED_STATES

    @property
    def begun(self) -> bool:
        """True while some boxes are decided or put off, and others not."""
        if self._details is None:
            return False
        return not self.decided if self._edited else self._details.begun

    @property
    def shows_proposals(self) -> bool:
        return self._details is not None and self._details.shows_proposals and not self._edited

    @property
    def state(self) -> ReviewState:
        """The review state as of the last act, on disk or on its way there."""
        if self._edited:
            left = edits.undecided(self._shapes)
            waits = bool(edits.undecided(self._shapes, skipped=False))
            open_state = ReviewState.PARTLY if waits else ReviewState.SKIPPED
            return open_state if left else ReviewState.CORRECTED
        return ReviewState.UNREVIEWED if self._details is None else self._details.state

    @property
    def put_off(self) -> bool:
        """True if the person has left for later every box that is not decided."""
        left = edits.undecided(self._shapes)
        return bool(left) and not edits.undecided(self._shapes, skipped=False)

    @property
    def emptied(self) -> bool:
        """True if a person has decided that the image has no box."""
        return not self._shapes and self.state in (ReviewState.CORRECTED, ReviewState.REJECTED)

    def open(self, image_id: int) -> None:
        """Bring another image; the one on the desk stays until it is there."""
        self._session.flush()
        self._wanted = image_id
        ahead = self.ahead.take(image_id)
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
        """Take the boxes as shown; the image keeps them if a person has settled it already.

        In an image decided in part: what is left, but for boxes that were put off.
        """
        if self._details is not None:
            shapes: Sequence[Shape] = self._shapes
            if self.begun and (left := edits.undecided(shapes)):
                shapes = [shapes[i] for i in sorted(left) if not shapes[i].skipped]
            self._accept(shapes, [s for s in self._shapes if s.skipped])

    def accept_boxes(self, indices: Collection[int]) -> None:
        """Take these proposals alone; the others stay as they are."""
        chosen = edits.undecided(self._shapes) & frozenset(indices)
        if self._details is None or not chosen:
            return
        self._cancel()
        taken = [self._shapes[i] for i in sorted(chosen)]
        self._shapes = edits.as_accepted(self._shapes, chosen)
        self._edited = True
        left = [s for s in self._shapes if s.is_proposal]
        self._accept(taken, left, named(ACCEPT, len(chosen)))
        self.shapes_changed.emit(None)

    def _accept(
        self, shapes: Sequence[Shape], left: Sequence[Shape], operation: str = mark("Accept")
    ) -> None:
        assert self._details is not None
        self._session.accept(
            self._details.image.id,
            edits.shown_boxes(shapes),
            self._watch.lap(),
            edits.left_boxes(left),
            operation,
        )

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

    def edit(
        self,
        shapes: list[Shape],
        operation: str,
        selection: frozenset[int] | None = None,
        merge: bool = False,
    ) -> None:
        """Make ``shapes`` the image's boxes; proposals among them stay undecided. ``merge`` joins a
        burst of small steps."""
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
            edits.left_boxes(shapes),
        )
        self.shapes_changed.emit(selection)

    def apply_settings(self, settings: BoxSettings) -> None:
        """Derive the proposals anew from the stored maps, while they are what is shown."""
        live = None if self._details is None else self._details.live
        if live is not None and self.shows_proposals:
            live.apply(settings)
            self._shapes = live.shapes()
            self.shapes_changed.emit(None)

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
            self.last_shapes = list(self._shapes)
        if old is not None and not another and self._stays_live(old, details):
            self._details = replace(details, live=old.live)
        else:
            self._details = details
            self._shapes = edits.in_order_of(details.shapes, () if another else self._shapes)
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
