"""The queue as a Qt list model over light entries, filtered without a proxy."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

import numpy as np
from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from app.models.queue_rows import Indices, QueueFilter, QueueRows
from engine.domain.records import QueueEntry

Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


class QueueRole(IntEnum):
    ENTRY = Qt.ItemDataRole.UserRole


class QueueModel(QAbstractListModel):
    """Lists the entries that the filter let through when it was set.

    A row that a person has decided since stays where it is until the filter is set anew, so that
    nothing jumps under their hands and the way back is open.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows = QueueRows()
        self._filter = QueueFilter()
        self._visible: Indices = np.zeros(0, np.intp)

    @property
    def rows(self) -> QueueRows:
        return self._rows

    @property
    def filter(self) -> QueueFilter:
        return self._filter

    def set_rows(self, rows: QueueRows) -> None:
        self.beginResetModel()
        self._rows = rows
        self._visible = rows.matching(self._filter)
        self.endResetModel()

    def set_filter(self, wanted: QueueFilter) -> None:
        self.beginResetModel()
        self._filter = wanted
        self._visible = self._rows.matching(wanted)
        self.endResetModel()

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
        return 0 if at is None else int(np.searchsorted(self._visible, at, side="right"))

    def next_unreviewed(self, row: int) -> int | None:
        """The next row after ``row`` that waits for a person, going round; None: all done."""
        waiting = np.flatnonzero(self._rows.undecided(self._visible))
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
            return f"{entry.path}, {entry.problem or entry.state.value}"
        return None

    def _row_of_position(self, at: int) -> int | None:
        row = int(np.searchsorted(self._visible, at))
        return row if row < len(self._visible) and self._visible[row] == at else None
