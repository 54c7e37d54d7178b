"""How far the review is and how fast it goes, told after every act."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from app.models.progress import ReviewProgress
from app.models.queue_model import QueueModel
from app.panels.queue_feed import QueueFeed
from app.store_ops import Session
from engine.store import review

_PACE_EVERY_MS = 1000


class ProgressTeller(QObject):
    """Counts from the model; the seconds come from the store, now and then."""

    changed = Signal(object)  # ReviewProgress

    def __init__(
        self, session: Session, model: QueueModel, feed: QueueFeed, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._session, self._model, self._feed = session, model, feed
        self._pace = review.Pace(None, None)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self.read_pace)

    def act_done(self) -> None:
        """Seconds have been spent."""
        if not self._soon.isActive():
            self._soon.start(_PACE_EVERY_MS)

    def tell(self) -> None:
        """Nothing as long as what is known of is not all."""
        if self._feed.whole:
            done, total = self._model.rows.progress()
            seconds = self._pace
            self.changed.emit(ReviewProgress(done, total, seconds.per_box, seconds.per_image))

    def read_pace(self) -> None:
        self._session.read(review.pace, self._note_pace, topic="pace")

    def stop(self) -> None:
        self._soon.stop()

    def _note_pace(self, pace: review.Pace) -> None:
        self._pace = pace
        self.tell()
