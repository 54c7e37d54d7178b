"""Every human write, with its inverse: rows before and after, kept in the same transaction.

One recorder serves every operation, so that an operation knows nothing of undoing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, Table, delete, func, insert, select, text, update
from sqlalchemy.sql import ColumnElement

from engine.store.box_swaps import SWAP, forget_undone, step_boxes, swap_boxes
from engine.store.row_changes import RowChange, apply
from engine.store.schema import operation_parts, operations

_INSERT_PART = text(
    f"INSERT INTO {operation_parts.name} (operation_id, changes) VALUES (:operation, :changes)"
)

Values = Mapping[str, Any]

#: From this many rows on an operation is kept in parts, so that memory does not grow with it.
PART_ROWS = 2000


@dataclass(frozen=True, slots=True)
class Changes:
    """What an operation, an undo or a redo changed; nothing if all was as asked already.

    ``class_ids``: the classes that were edited, or that images were given as labels or lost.
    """

    image_ids: frozenset[int]
    operation: str
    class_ids: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.image_ids or self.class_ids)


class Recorder:
    """Writes a person's rows and remembers what they were."""

    def __init__(self, conn: Connection, operation: str, seconds: float | None = None) -> None:
        self._conn = conn
        self._seconds = seconds
        self._id: int | None = None
        self._rows: list[RowChange] = []
        self._has_changed = False
        self._image_ids: set[int] = set()
        self._class_ids: set[int] = set()
        self.operation = operation

    def put(self, table: Table, before: Values | None, after: Values | None) -> None:
        """Turn the row ``before`` (None: there is none yet) into ``after`` (None: delete it).

        Rows are whole, but a new one may leave its primary key to the database.
        """
        if before != after:
            self.put_all([RowChange(table.name, _plain(before), _plain(after))])

    def put_all(self, changes: Sequence[RowChange]) -> None:
        """Many rows at once. The changes of one image's proposals come in one call."""
        apply(self._conn, changes)
        self._rows.extend(changes)
        self._has_changed |= bool(changes)
        self._image_ids |= images_of(changes)
        self._class_ids |= _classes(changes)
        if len(self._rows) >= PART_ROWS:
            self._keep_part()

    def swap(
        self,
        table: Table,
        going: Select[Any],
        coming: Iterable[Select[Any]],
        image_ids: Select[Any],
    ) -> None:
        """Very many boxes at once, see ``swap_boxes``; at most once in an operation."""
        if self._id is None:
            self._begin([])
        assert self._id is not None
        change = swap_boxes(self._conn, self._id, table, going, coming, image_ids)
        self._rows.append(RowChange(SWAP, None, change))
        self._has_changed = True
        self._image_ids |= set(self._conn.execute(image_ids).scalars())

    @property
    def has_changed(self) -> bool:
        return self._has_changed

    @property
    def changes(self) -> Changes:
        return Changes(frozenset(self._image_ids), self.operation, frozenset(self._class_ids))

    def close(self) -> None:
        """Keep the operation, if it changed anything, and drop what was undone before it."""
        if not self.has_changed:
            return
        if self._id is None:
            self._begin(_kept(self._rows))
        elif self._rows:
            self._keep_part()

    def _begin(self, changes: list[Any]) -> None:
        _drop_undone(self._conn)
        row = {
            "name": self.operation,
            "created_at": datetime.now(UTC),
            "seconds": self._seconds,
            "undone": False,
            "changes": changes,
        }
        key = self._conn.execute(insert(operations).values(row)).inserted_primary_key
        assert key is not None
        self._id = int(key[0])

    def _keep_part(self) -> None:
        if self._id is None:
            self._begin([])
        part = {"operation": self._id, "changes": _encoded(self._rows)}
        self._conn.execute(_INSERT_PART, part)
        self._rows.clear()


@contextmanager
def recording(conn: Connection, operation: str, seconds: float | None = None) -> Iterator[Recorder]:
    """One human operation. If it changed anything it is kept, and what was undone is dropped."""
    recorder = Recorder(conn, operation, seconds)
    yield recorder
    recorder.close()


def undo(conn: Connection) -> Changes | None:
    """Take the last operation back; None if there is none."""
    return _step(conn, undone=True)


def redo(conn: Connection) -> Changes | None:
    """Do again what was undone last; None if there is nothing."""
    return _step(conn, undone=False)


def travel(conn: Connection, last: int | None) -> Changes | None:
    """Undo or redo until ``last`` is the newest operation that is done (None: undo all).

    One transaction. None if all is so already, or no operation ``last`` is there any more.
    """
    done = operations.c.undone.is_(False)
    newest = conn.execute(select(func.max(operations.c.id)).where(done)).scalar() or 0
    wanted = 0 if last is None else last
    lowest, highest = sorted((newest, wanted))
    between = operations.c.id > lowest, operations.c.id <= highest
    steps = conn.execute(select(func.count()).select_from(operations).where(*between)).scalar_one()
    if (
        wanted
        and not conn.execute(select(operations.c.id).where(operations.c.id == wanted)).first()
    ):
        return None
    image_ids: set[int] = set()
    class_ids: set[int] = set()
    for _ in range(steps):
        changes = _step(conn, undone=wanted < newest)
        if changes is not None:
            image_ids |= changes.image_ids
            class_ids |= changes.class_ids
    verb = "Undo" if wanted < newest else "Redo"
    name = f"{verb} {steps:,} operations"
    return Changes(frozenset(image_ids), name, frozenset(class_ids)) if steps else None


def undo_name(conn: Connection) -> str | None:
    """The name of the operation that ``undo`` would take back."""
    return _next_name(conn, undone=True)


def redo_name(conn: Connection) -> str | None:
    """The name of the operation that ``redo`` would do again."""
    return _next_name(conn, undone=False)


def _step(conn: Connection, undone: bool) -> Changes | None:
    """Give the next operation the mark ``undone``, and its rows the values that go with it."""
    found = conn.execute(
        select(operations).where(operations.c.undone.is_(not undone)).order_by(_order(undone))
    ).first()
    if found is None:
        return None
    image_ids: set[int] = set()
    class_ids: set[int] = set()
    for part in parts_of(conn, found.id, found.changes, backwards=undone):
        rows, swaps = split_changes(part)
        for swap in swaps:
            image_ids |= step_boxes(conn, found.id, swap, undone)
        if undone:
            rows = [row.inverse for row in reversed(rows)]
        apply(conn, rows)
        image_ids |= images_of(rows)
        class_ids |= _classes(rows)
    conn.execute(update(operations).where(operations.c.id == found.id).values(undone=undone))
    return Changes(frozenset(image_ids), found.name, frozenset(class_ids))


def parts_of(
    conn: Connection, operation_id: int, first: list[Any], backwards: bool = False
) -> Iterator[list[Any]]:
    """The changes of an operation, a part at a time, in their order or ``backwards``."""
    query = select(operation_parts.c.id).where(operation_parts.c.operation_id == operation_id)
    ids: list[int | None] = [None, *conn.execute(query.order_by(operation_parts.c.id)).scalars()]
    for part_id in reversed(ids) if backwards else ids:
        if part_id is None:
            yield first
        else:
            part = select(operation_parts.c.changes).where(operation_parts.c.id == part_id)
            yield conn.execute(part).scalar_one()


def _drop_undone(conn: Connection) -> None:
    undone = select(operations.c.id).where(operations.c.undone.is_(True))
    forget_undone(conn)
    conn.execute(delete(operation_parts).where(operation_parts.c.operation_id.in_(undone)))
    conn.execute(delete(operations).where(operations.c.undone.is_(True)))


def _next_name(conn: Connection, undone: bool) -> str | None:
    query = select(operations.c.name).where(operations.c.undone.is_(not undone))
    name: str | None = conn.execute(query.order_by(_order(undone)).limit(1)).scalar()
    return name


def _order(undone: bool) -> ColumnElement[Any]:
    """Undoing begins with the newest that is done, redoing with the oldest that is undone."""
    return operations.c.id.desc() if undone else operations.c.id.asc()


def split_changes(kept: Sequence[Sequence[Any]]) -> tuple[list[RowChange], list[dict[str, Any]]]:
    """Single rows, and swaps of many; these are of other tables, so that their order is free."""
    rows = [RowChange(*change) for change in kept if change[0] != SWAP]
    return rows, [change[2] for change in kept if change[0] == SWAP]


def images_of(changes: Iterable[RowChange]) -> set[int]:
    return {change.image_id for change in changes if change.image_id is not None}


def _classes(changes: Iterable[RowChange]) -> set[int]:
    return {change.class_id for change in changes if change.class_id is not None}


def _plain(row: Values | None) -> dict[str, Any] | None:
    return None if row is None else dict(row)


def _encoded(rows: Sequence[RowChange]) -> str:
    """``_kept`` as JSON, by an encoder that is ten times as fast as the one of the column."""
    return msgspec.json.encode(_kept(rows)).decode()


def _kept(rows: Sequence[RowChange]) -> list[Any]:
    return [[str(row.table), row.before, row.after] for row in rows]
