"""The queue's rows as columns, so that filtering 100,000 of them is a matter of milliseconds."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.domain.records import DECIDED_STATES, WAITING_STATES, QueueEntry, ReviewState

_STATES = tuple(ReviewState)
_CODES = {state: code for code, state in enumerate(_STATES)}
_DECIDED = [_CODES[state] for state in DECIDED_STATES]
_WAITING = [_CODES[state] for state in WAITING_STATES]
_NO_CLASS = -1

Indices = NDArray[np.intp]
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """Which images are listed; None and an empty text let all through.

    ``state`` unreviewed lists what is partly decided too, since it waits as well.
    ``class_id`` NO_CLASS lists those without an image label; ``text`` is looked for in the path,
    whatever its case; ``problems`` lists only files that cannot be used, ``notes`` only images
    with a note; ``scores`` are the least and the highest score of the best proposal; ``faults``
    lists only images that the checks find something about.
    """

    NO_CLASS = _NO_CLASS

    state: ReviewState | None = None
    class_id: int | None = None
    text: str = ""
    problems: bool = False
    notes: bool = False
    scores: tuple[float, float] | None = None
    faults: bool = False


class QueueRows:
    """Entries by position, with what is filtered and ordered by as arrays beside them.

    Made in a thread: to sort 100,000 names takes longer than a window may wait.
    """

    def __init__(self, entries: Sequence[QueueEntry] = ()) -> None:
        self.entries = list(entries)
        count = len(self.entries)
        self._position = {entry.image_id: i for i, entry in enumerate(self.entries)}
        self._paths = [_folded(entry.path) for entry in self.entries]
        self._states = np.zeros(count, np.int8)
        self._usable = np.zeros(count, bool)
        self._noted = np.zeros(count, bool)
        self.classes = np.zeros(count, np.int64)
        self.scores: Floats = np.zeros(count, np.float32)
        self.qualities: Floats = np.zeros(count, np.float32)
        self.misdirections: Floats = np.zeros(count, np.float32)
        self._labels: dict[int, tuple[int, ...]] = {}  # the further ones, by position
        for at, entry in enumerate(self.entries):
            self._take(at, entry)
        self.by_name = _sorted_by_name(self._paths)

    def __len__(self) -> int:
        return len(self.entries)

    def position(self, image_id: int) -> int | None:
        return self._position.get(image_id)

    def replace(self, entry: QueueEntry) -> int | None:
        """Take the entry for the old one of its image; its position, None if there is none."""
        at = self._position.get(entry.image_id)
        if at is not None:
            self.entries[at] = entry
            self._take(at, entry)
        return at

    def matching(
        self, wanted: QueueFilter, faulty: Collection[int] = frozenset()
    ) -> NDArray[np.bool_]:
        """For each position, whether ``wanted`` lets it through; ``faulty``: ids of images."""
        mask = np.ones(len(self.entries), bool)
        if wanted.faults:
            mask &= self._among(faulty)
        if wanted.problems:
            mask &= ~self._usable
        if wanted.notes:
            mask &= self._noted
        if wanted.state is not None:
            mask &= self._in(wanted.state) & self._usable
        if wanted.class_id is not None:
            mask &= self._of_class(wanted.class_id)
        if wanted.scores is not None:
            least, highest = wanted.scores
            mask &= (self.scores >= least) & (self.scores <= highest)
        if wanted.text:
            text = wanted.text.casefold()
            mask &= np.array([text in path for path in self._paths], bool)
        return mask

    def undecided(self, positions: Indices) -> NDArray[np.bool_]:
        """For each position, whether it waits for a person: usable and not wholly reviewed."""
        waiting = np.isin(self._states[positions], _WAITING)
        result: NDArray[np.bool_] = waiting & self._usable[positions]
        return result

    def waiting_in(self, class_id: int) -> int:
        """How many images of the class wait for a person."""
        return int(self.undecided(np.flatnonzero(self._of_class(class_id))).sum())

    def progress(self) -> tuple[int, int]:
        """Decided images and usable images."""
        decided = np.isin(self._states, _DECIDED) & self._usable
        return int(decided.sum()), int(self._usable.sum())

    def _in(self, state: ReviewState) -> NDArray[np.bool_]:
        codes = _WAITING if state is ReviewState.UNREVIEWED else [_CODES[state]]
        return np.isin(self._states, codes)

    def _among(self, image_ids: Collection[int]) -> NDArray[np.bool_]:
        mask = np.zeros(len(self.entries), bool)
        mask[[at for i in image_ids if (at := self._position.get(i)) is not None]] = True
        return mask

    def _of_class(self, class_id: int) -> NDArray[np.bool_]:
        mask: NDArray[np.bool_] = self.classes == class_id
        for at, labels in self._labels.items():
            mask[at] |= class_id in labels
        return mask

    def _take(self, at: int, entry: QueueEntry) -> None:
        self._states[at] = _CODES[entry.state]
        self._usable[at] = entry.problem is None
        self._noted[at] = entry.has_note
        self.classes[at] = _NO_CLASS if entry.class_id is None else entry.class_id
        self.scores[at] = _number(entry.score)
        self.qualities[at] = _number(entry.quality)
        self.misdirections[at] = _number(entry.misdirection)
        if entry.more_labels:
            self._labels[at] = entry.more_labels
        else:
            self._labels.pop(at, None)


def _folded(path: str) -> str:
    """For searching; the path itself where that is the same, which costs no memory."""
    folded = path.casefold()
    return path if folded == path else folded


def _number(value: float | None) -> float:
    return np.nan if value is None else value


def _sorted_by_name(paths: Sequence[str]) -> Indices:
    names = [path.rpartition("/")[2] for path in paths]
    return np.array(sorted(range(len(names)), key=names.__getitem__), np.intp)
