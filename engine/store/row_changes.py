"""Rows before and after: how an operation is applied, taken back and done again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, select, update

from engine.domain.errors import ProjectError
from engine.store.batches import CHUNK
from engine.store.bulk_rows import insert_plain, next_ids
from engine.store.schema import HUMAN_TABLES, class_edits, image_labels, proposals

Row = dict[str, Any]

_TABLES = {table.name: table for table in (*HUMAN_TABLES, proposals)}
_ABOUT_CLASSES = frozenset({class_edits.name, image_labels.name})


@dataclass(frozen=True, slots=True)
class RowChange:
    """One row; ``before`` is None for an insertion, ``after`` for a deletion."""

    table: str
    before: Row | None
    after: Row | None

    @property
    def inverse(self) -> RowChange:
        return RowChange(self.table, self.after, self.before)

    @property
    def image_id(self) -> int | None:
        """The image that the row is of; None for a row about a class."""
        return (self.after or self.before or {}).get("image_id")

    @property
    def class_id(self) -> int | None:
        """The class that the row edits or gives to an image as a label; None for other rows."""
        if self.table not in _ABOUT_CLASSES:
            return None
        return (self.after or self.before or {}).get("class_id")

    @property
    def kind(self) -> tuple[str, bool, bool, bool]:
        """Changes of one kind can share a statement."""
        after = self.after or {}
        return (self.table, self.before is None, self.after is None, after.get("id") is None)


def apply(conn: Connection, changes: Sequence[RowChange]) -> None:
    """Apply the changes in their order; new rows without a primary key are given theirs.

    Raises ProjectError if a row that is to change is not there. Proposals are different: a job
    may have made others since, and those stay (see ``_swap_proposals``).
    """
    for (name, is_new, is_gone, _), group in groupby(changes, key=lambda change: change.kind):
        if name != proposals.name:
            act = _insert if is_new else _delete if is_gone else _update
            act(conn, _TABLES[name], list(group))
    _swap_proposals(conn, [change for change in changes if change.table == proposals.name])


def _insert(conn: Connection, table: Table, changes: Sequence[RowChange]) -> None:
    rows = [change.after for change in changes if change.after is not None]
    key = _key(table)
    if rows[0].get(key) is None:
        for row, number in zip(rows, next_ids(conn, table, len(rows)), strict=True):
            row[key] = number
    insert_plain(conn, table, rows)


def _delete(conn: Connection, table: Table, changes: Sequence[RowChange]) -> None:
    key = _key(table)
    ids = [change.before[key] for change in changes if change.before is not None]
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        _expect(conn.execute(delete(table).where(table.c[key].in_(chunk))).rowcount, len(chunk))


def _update(conn: Connection, table: Table, changes: Sequence[RowChange]) -> None:
    key = _key(table)
    statement = update(table).where(table.c[key] == bindparam("old_key"))
    rows = [
        {"old_key": change.before[key], **change.after}
        for change in changes
        if change.before is not None and change.after is not None
    ]
    values: Row = {name: bindparam(name) for name in rows[0] if name != "old_key"}
    _expect(conn.execute(statement.values(values), rows).rowcount, len(rows))


def _key(table: Table) -> str:
    return str(table.primary_key.columns.values()[0].name)


def _expect(touched: int, wanted: int) -> None:
    if touched != wanted:
        raise ProjectError(
            "The history of changes does not fit the project any more.",
            remedy="Nothing was changed. Open the project again.",
        )


def _swap_proposals(conn: Connection, changes: Sequence[RowChange]) -> None:
    """Put new proposals in the place of old ones, image by image.

    An image whose proposals are others by now (a job has proposed anew) keeps those. Rows get
    new ids, since proposals are known by what they say and nothing refers to their ids.
    """
    by_image: dict[int, list[RowChange]] = defaultdict(list)
    for change in changes:
        if change.image_id is not None:
            by_image[change.image_id].append(change)
    present = _proposals(conn, by_image)
    fitting = [
        image_id
        for image_id, own in by_image.items()
        if sorted(_values(c.before) for c in own if c.before is not None)
        == sorted(map(_values, present[image_id]))
    ]
    if not fitting:
        return
    conn.execute(
        delete(proposals).where(proposals.c.image_id == bindparam("of_image")),
        [{"of_image": image_id} for image_id in fitting],
    )
    new = [
        {name: value for name, value in change.after.items() if name != "id"}
        for image_id in fitting
        for change in by_image[image_id]
        if change.after is not None
    ]
    if new:
        insert_plain(conn, proposals, new)


def _proposals(conn: Connection, image_ids: Iterable[int]) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = {image_id: [] for image_id in image_ids}
    ids = list(found)
    for start in range(0, len(ids), CHUNK):
        query = select(proposals).where(proposals.c.image_id.in_(ids[start : start + CHUNK]))
        for row in conn.execute(query):
            found[row.image_id].append(dict(row._mapping))
    return found


def _values(row: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    """What a proposal says; a column that came after the operation was kept says nothing yet."""
    known = ((name, value) for name, value in row.items() if value is not None)
    return tuple(sorted((name, value) for name, value in known if name != "id"))
