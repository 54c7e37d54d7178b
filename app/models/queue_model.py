"""The queue as a Qt list model over light entries, filtered and ordered without a proxy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import IntEnum

import numpy as np
from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from app.i18n import tr
from app.models.queue_order import OrderBy, QueueOrder, ordered
from app.models.queue_rows import Indices, QueueFilter, QueueRows
from app.models.state_words import STATE_WORDS
from engine.domain.records import QueueEntry

Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


class QueueRole(IntEnum):
    ENTRY = Qt.ItemDataRole.UserRole


class QueueModel(QAbstractListModel):
    """Lists the entries that the filter let through when it was set, in the order set then.

    A row that a person has decided since stays where it is until one of them is set anew, so
    that nothing jumps under their hands and the way back is open.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows = QueueRows()
        self._filter = QueueFilter()
        self._order = QueueOrder()
        self._plan: tuple[int, ...] = ()
        self._faults: frozenset[int] = frozenset()
        self._visible: Indices = np.zeros(0, np.intp)  # positions, in order
        self._ordered: Indices = np.zeros(0, np.intp)  # all positions, in order
        self._rank: Indices = np.zeros(0, np.intp)  # of each position in the order
        self._ranks: Indices = np.zeros(0, np.intp)  # those of what is visible, rising

    @property
    def rows(self) -> QueueRows:
        return self._rows

    @property
    def filter(self) -> QueueFilter:
        return self._filter

    @property
    def order(self) -> QueueOrder:
        return self._order

    def set_rows(self, rows: QueueRows) -> None:
        self._list(rows, self._filter, self._order)

    def set_filter(self, wanted: QueueFilter) -> None:
        self._list(self._rows, wanted, self._order)

    def set_view(self, wanted: QueueFilter, order: QueueOrder) -> None:
        """Another filter and another order at once."""
        self._list(self._rows, wanted, order)

    def set_plan(self, image_ids: Sequence[int]) -> None:
        """Which images are most useful, in order; listed so if that is the order."""
        self._plan = tuple(image_ids)
        if self._order.by is OrderBy.USEFUL:
            self._list(self._rows, self._filter, self._order, anew=True)

    @property
    def faults(self) -> frozenset[int]:
        return self._faults

    def set_faults(self, image_ids: frozenset[int]) -> None:
        """Which images the checks find something about; listed so if that is the filter."""
        self._faults = image_ids
        if self._filter.faults:
            self._list(self._rows, self._filter, self._order)

    def update_entries(self, entries: Iterable[QueueEntry]) -> bool:
        """Show what has become of some images; False if one of them is not in the queue yet."""
        known = True
        for entry in entries:
            at = self._rows.replace(entry)
            known &= at is not None
            row = None if at is None else self._row_of_position(at)
            if row is not None:
                index = self.index(row)
                self.dataChanged.emit(index, index)
        return known

    def entry(self, row: int) -> QueueEntry:
        return self._rows.entries[int(self._visible[row])]

    def entry_of(self, image_id: int) -> QueueEntry | None:
        """The image's entry, listed or not."""
        at = self._rows.position(image_id)
        return None if at is None else self._rows.entries[at]

    def row_of(self, image_id: int) -> int | None:
        """The image's row; None if the filter leaves it out."""
        at = self._rows.position(image_id)
        return None if at is None else self._row_of_position(at)

    def row_after(self, image_id: int) -> int:
        """The first row behind the image's place in the queue, listed or not; may be past all."""
        at = self._rows.position(image_id)
        if at is None:
            return 0
        return int(np.searchsorted(self._ranks, self._rank[at], side="right"))

    def waiting(self) -> int:
        """How many of the listed images wait for a person."""
        return int(self._rows.undecided(self._visible).sum())

    def waiting_rows(self, limit: int) -> list[int]:
        """The last rows that wait for a person, ``limit`` at most."""
        return [int(row) for row in self.waiting_array()[-limit:]]

    def waiting_array(self) -> Indices:
        """All rows that wait for a person, rising."""
        return np.flatnonzero(self._rows.undecided(self._visible))

    def next_unreviewed(self, row: int) -> int | None:
        """The next row after ``row`` that waits for a person, going round; None: all done."""
        waiting = self.waiting_array()
        if len(waiting) == 0:
            return None
        at = int(np.searchsorted(waiting, row, side="right"))
        return int(waiting[at % len(waiting)])

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._visible)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        if role == QueueRole.ENTRY:
            return self.entry(index.row())
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return self.entry(index.row()).path
        if role == Qt.ItemDataRole.AccessibleTextRole:
            entry = self.entry(index.row())
            return f"{entry.path}, {entry.problem or tr(STATE_WORDS[entry.state])}"
        return None

    def _list(
        self, rows: QueueRows, wanted: QueueFilter, order: QueueOrder, anew: bool = False
    ) -> None:
        self.beginResetModel()
        if anew or rows is not self._rows or order != self._order:
            self._ordered = ordered(rows, order, self._plan)
            self._rank = np.empty(len(rows), np.intp)
            self._rank[self._ordered] = np.arange(len(rows), dtype=np.intp)
        self._rows, self._filter, self._order = rows, wanted, order
        self._ranks = np.flatnonzero(rows.matching(wanted, self._faults)[self._ordered])
        self._visible = self._ordered[self._ranks]
        self.endResetModel()

    def _row_of_position(self, at: int) -> int | None:
        row = int(np.searchsorted(self._ranks, self._rank[at]))
        return row if row < len(self._ranks) and self._ranks[row] == self._rank[at] else None
