"""Where in the queue the person is, and what comes next."""

from __future__ import annotations

from app.models.queue_model import QueueModel
from app.models.review_desk import ReviewDesk
from engine.domain.records import QueueEntry


class QueuePlace:
    """Rows around the image that is asked for, which need not be listed itself."""

    def __init__(self, model: QueueModel, desk: ReviewDesk) -> None:
        self._model = model
        self._desk = desk

    @property
    def after(self) -> int:
        """The row behind it; as many as there are rows if there is none."""
        return self._row(after=True)

    @property
    def before(self) -> int:
        """The row before it; -1 if there is none."""
        return self._row(after=False)

    def likely_next(self) -> list[QueueEntry]:
        """What a person will probably look at soon, the likeliest first."""
        row = self.after
        rows = (row, row + 1, row + 2, row - 2)
        return [self._model.entry(at) for at in rows if 0 <= at < self._model.rowCount()]

    def _row(self, after: bool) -> int:
        wanted = self._desk.wanted
        if wanted is None:
            return 0 if after else -1
        row = self._model.row_of(wanted)
        if row is None:
            return self._model.row_after(wanted) - (0 if after else 1)
        return row + (1 if after else -1)
