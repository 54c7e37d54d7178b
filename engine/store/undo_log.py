"""Every human write, with its inverse: rows before and after, kept in the same transaction.

One recorder serves every operation, so that an operation knows nothing of undoing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Table, delete, insert, select, update
from sqlalchemy.sql import ColumnElement

from engine.domain.errors import ProjectError
from engine.store.schema import HUMAN_TABLES, operations

Values = Mapping[str, Any]

_TABLES = {table.name: table for table in HUMAN_TABLES}


@dataclass(frozen=True, slots=True)
class Changes:
    """What an operation, an undo or a redo changed; no images if all was as asked already."""

    image_ids: frozenset[int]
    operation: str


@dataclass(frozen=True, slots=True)
class OperationRecord:
    """One entry of the history. ``seconds``: what the person took for it, if measured."""

    id: int
    name: str
    created_at: datetime
    seconds: float | None
    undone: bool
    image_ids: frozenset[int]


@dataclass(frozen=True, slots=True)
class RowChange:
    """One human row; ``before`` is None for an insertion, ``after`` for a deletion."""

    table: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None

    @property
    def inverse(self) -> RowChange:
        return RowChange(self.table, self.after, self.before)

    @property
    def image_id(self) -> int:
        return int((self.after or self.before or {})["image_id"])


class Recorder:
    """Writes human rows and remembers what they were."""

    def __init__(self, conn: Connection, operation: str) -> None:
        self._conn = conn
        self.operation = operation
        self.rows: list[RowChange] = []

    def put(self, table: Table, before: Values | None, after: Values | None) -> None:
        """Turn the row ``before`` (None: there is none yet) into ``after`` (None: delete it).

        Rows are whole, but a new one may leave its primary key to the database.
        """
        if before == after:
            return
        change = RowChange(table.name, _plain(before), _plain(after))
        _apply(self._conn, change)
        self.rows.append(change)

    @property
    def changes(self) -> Changes:
        return Changes(frozenset(row.image_id for row in self.rows), self.operation)


@contextmanager
def recording(conn: Connection, operation: str, seconds: float | None = None) -> Iterator[Recorder]:
    """One human operation. If it changed anything it is kept, and what was undone is dropped."""
    recorder = Recorder(conn, operation)
    yield recorder
    if not recorder.rows:
        return
    conn.execute(delete(operations).where(operations.c.undone.is_(True)))
    row = {
        "name": operation,
        "created_at": datetime.now(UTC),
        "seconds": seconds,
        "undone": False,
        "changes": [[row.table, row.before, row.after] for row in recorder.rows],
    }
    conn.execute(insert(operations), row)


def undo(conn: Connection) -> Changes | None:
    """Take the last operation back; None if there is none."""
    return _step(conn, undone=True)


def redo(conn: Connection) -> Changes | None:
    """Do again what was undone last; None if there is nothing."""
    return _step(conn, undone=False)


def undo_name(conn: Connection) -> str | None:
    """The name of the operation that ``undo`` would take back."""
    return _next_name(conn, undone=True)


def redo_name(conn: Connection) -> str | None:
    """The name of the operation that ``redo`` would do again."""
    return _next_name(conn, undone=False)


def history(conn: Connection, limit: int = 100) -> list[OperationRecord]:
    """The last operations, newest first, undone ones included."""
    query = select(operations).order_by(operations.c.id.desc()).limit(limit)
    return [
        OperationRecord(
            row.id,
            row.name,
            row.created_at,
            row.seconds,
            row.undone,
            frozenset(change.image_id for change in _changes(row.changes)),
        )
        for row in conn.execute(query)
    ]


def _step(conn: Connection, undone: bool) -> Changes | None:
    """Give the next operation the mark ``undone``, and its rows the values that go with it."""
    found = conn.execute(
        select(operations).where(operations.c.undone.is_(not undone)).order_by(_order(undone))
    ).first()
    if found is None:
        return None
    rows = _changes(found.changes)
    if undone:
        rows = [row.inverse for row in reversed(rows)]
    for row in rows:
        _apply(conn, row)
    conn.execute(update(operations).where(operations.c.id == found.id).values(undone=undone))
    return Changes(frozenset(row.image_id for row in rows), found.name)


def _next_name(conn: Connection, undone: bool) -> str | None:
    query = select(operations.c.name).where(operations.c.undone.is_(not undone))
    name: str | None = conn.execute(query.order_by(_order(undone)).limit(1)).scalar()
    return name


def _order(undone: bool) -> ColumnElement[Any]:
    """Undoing begins with the newest that is done, redoing with the oldest that is undone."""
    return operations.c.id.desc() if undone else operations.c.id.asc()


def _changes(kept: Sequence[Sequence[Any]]) -> list[RowChange]:
    return [RowChange(*change) for change in kept]


def _plain(row: Values | None) -> dict[str, Any] | None:
    return None if row is None else dict(row)


def _apply(conn: Connection, change: RowChange) -> None:
    table = _TABLES[change.table]
    key = table.primary_key.columns.values()[0]
    if change.before is None:
        assert change.after is not None
        inserted = conn.execute(insert(table).values(change.after)).inserted_primary_key
        assert inserted is not None
        change.after[key.name] = inserted[0]
        return
    is_row = key == change.before[key.name]
    if change.after is None:
        touched = conn.execute(delete(table).where(is_row)).rowcount
    else:
        touched = conn.execute(update(table).where(is_row).values(change.after)).rowcount
    if touched != 1:
        raise ProjectError(
            "The history of changes does not fit the project any more.",
            remedy="Nothing was changed. Open the project again.",
        )
