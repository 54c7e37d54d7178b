"""Operations on their way to the disk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from engine.domain.errors import BoxwrightError
from engine.store.project import Connection
from engine.store.review import Changes

Operation = Callable[[Connection], Changes | None]


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


class PendingWrites:
    """Counts what is under way, and knows the latest act on each image."""

    def __init__(self) -> None:
        self._counts: Counter[int | None] = Counter()
        self._latest: dict[int | None, Write] = {}

    @property
    def total(self) -> int:
        return self._counts.total()

    def touch(self, image_id: int | None) -> bool:
        """True if one of them may touch the image (any image if None)."""
        if image_id is None:
            return self.total > 0
        return self._counts[image_id] > 0 or self._counts[None] > 0

    def ask(self, write: Write) -> None:
        """It is the latest act on its image now."""
        self._latest[write.image_id] = write

    def is_latest(self, write: Write) -> bool:
        """False if a later act on the image has taken its place."""
        return self._latest.get(write.image_id) is write

    def begin(self, write: Write) -> None:
        self._counts[write.image_id] += 1

    def end(self, write: Write) -> None:
        """It is on the disk, or has failed."""
        self._counts[write.image_id] -= 1
