"""Details of the images that come next, read before they are asked for."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from functools import partial

from PySide6.QtCore import QObject

from app.models.details import ImageDetails, load_details
from app.store_ops import Session
from app.worker_pool import Ticket
from engine.domain.errors import BoxwrightError
from engine.store.project import Connection
from engine.store.review import Changes

Query = Callable[[Connection], ImageDetails]

_MOST = 6


class DetailsAhead(QObject):
    """A few images as the store had them a moment ago. Whoever takes one looks again after.

    What a person's operation touches is dropped at once, so that it is never taken as it was.
    """

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._ready: OrderedDict[int, ImageDetails] = OrderedDict()
        self._waiting: dict[int, Ticket] = {}
        session.changed.connect(self._on_changed)

    def prefetch(self, image_ids: Iterable[int]) -> None:
        wanted = [i for i in image_ids if i not in self._ready and i not in self._waiting]
        for image_id in wanted:
            self._waiting[image_id] = self._session.read(
                self._query(image_id), partial(self._keep, image_id), partial(self._fail, image_id)
            )

    def take(self, image_id: int) -> ImageDetails | None:
        """The details if they are there and nothing is under way that may change them."""
        details = self._ready.pop(image_id, None)
        return None if self._session.is_pending(image_id) else details

    def drop(self, image_ids: Iterable[int] | None = None) -> None:
        """Forget these (all if None), also those on their way."""
        every = [*self._ready, *self._waiting]
        for image_id in every if image_ids is None else image_ids:
            self._ready.pop(image_id, None)
            ticket = self._waiting.pop(image_id, None)
            if ticket is not None:
                ticket.cancel()

    def _query(self, image_id: int) -> Query:
        project = self._session.project
        return lambda connection: load_details(connection, image_id, project.settings().boxes)

    def _keep(self, image_id: int, details: ImageDetails) -> None:
        self._waiting.pop(image_id, None)
        self._ready[image_id] = details
        while len(self._ready) > _MOST:
            self._ready.popitem(last=False)

    def _fail(self, image_id: int, _error: BoxwrightError) -> None:
        """What is wrong with it is said once it is opened."""
        self._waiting.pop(image_id, None)

    def _on_changed(self, changes: Changes) -> None:
        self.drop(changes.image_ids)
