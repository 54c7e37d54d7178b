"""The queue's rows as columns, so that filtering 100,000 of them is a matter of milliseconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.domain.records import DECIDED_STATES, QueueEntry, ReviewState

_STATES = tuple(ReviewState)
_CODES = {state: code for code, state in enumerate(_STATES)}
_DECIDED = [_CODES[state] for state in DECIDED_STATES]
_NO_CLASS = -1

Indices = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """Which images are listed; None and an empty text let all through.

    ``class_id`` NO_CLASS lists those without an image label; ``text`` is looked for in the path,
    whatever its case; ``problems`` lists only files that cannot be used.
    """

    NO_CLASS = _NO_CLASS

    state: ReviewState | None = None
    class_id: int | None = None
    text: str = ""
    problems: bool = False


class QueueRows:
    """Entries by position, with what is filtered by as arrays beside them."""

    def __init__(self, entries: Sequence[QueueEntry] = ()) -> None:
        self.entries = list(entries)
        self._position = {entry.image_id: i for i, entry in enumerate(self.entries)}
        self._paths = [entry.path.casefold() for entry in self.entries]
        self._states = np.array([_CODES[e.state] for e in self.entries], np.int8)
        self._classes = np.array([_class_code(e) for e in self.entries], np.int64)
        self._usable = np.array([e.problem is None for e in self.entries], bool)

    def __len__(self) -> int:
        return len(self.entries)

    def position(self, image_id: int) -> int | None:
        return self._position.get(image_id)

    def replace(self, entry: QueueEntry) -> int | None:
        """Take the entry for the old one of its image; its position, None if there is none."""
        at = self._position.get(entry.image_id)
        if at is not None:
            self.entries[at] = entry
            self._paths[at] = entry.path.casefold()
            self._states[at] = _CODES[entry.state]
            self._classes[at] = _class_code(entry)
            self._usable[at] = entry.problem is None
        return at

    def matching(self, wanted: QueueFilter) -> Indices:
        """Positions of the entries that ``wanted`` lets through, in order."""
        mask = np.ones(len(self.entries), bool)
        if wanted.problems:
            mask &= ~self._usable
        if wanted.state is not None:
            mask &= (self._states == _CODES[wanted.state]) & self._usable
        if wanted.class_id is not None:
            mask &= self._classes == wanted.class_id
        if wanted.text:
            text = wanted.text.casefold()
            mask &= np.fromiter((text in path for path in self._paths), bool, len(self._paths))
        return np.flatnonzero(mask)

    def undecided(self, positions: Indices) -> NDArray[np.bool_]:
        """For each position, whether it waits for a person: usable and unreviewed."""
        waiting = self._states[positions] == _CODES[ReviewState.UNREVIEWED]
        result: NDArray[np.bool_] = waiting & self._usable[positions]
        return result

    def progress(self) -> tuple[int, int]:
        """Decided images and usable images."""
        decided = np.isin(self._states, _DECIDED) & self._usable
        return int(decided.sum()), int(self._usable.sum())


def _class_code(entry: QueueEntry) -> int:
    return _NO_CLASS if entry.class_id is None else entry.class_id
