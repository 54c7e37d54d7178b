"""Very many boxes put into a table, and others taken out, as one change of an operation.

What undo needs is kept as rows and moved by the database itself: a record in Python for each of a
million boxes takes longer than all the rest. Annotations and true boxes are known by their ids,
since only a person's operations change them. Proposals are known by what they say, image by
image: where a job has proposed anew since, undo and redo leave the image alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    CompoundSelect,
    Connection,
    Select,
    Table,
    and_,
    delete,
    except_,
    func,
    insert,
    literal,
    select,
    union,
)

from engine.domain.errors import ProjectError
from engine.store import schema
from engine.store.batches import chunks
from engine.store.schema import operation_boxes, operations, proposals

#: In the place of a table's name in the log: the change is one of this module.
SWAP = "boxes"

_TABLES = {table.name: table for table in (schema.annotations, schema.true_boxes, proposals)}
_kept = operation_boxes.c


def swap_boxes(
    conn: Connection,
    operation_id: int,
    table: Table,
    going: Select[Any],
    coming: Iterable[Select[Any]],
    image_ids: Select[Any],
) -> dict[str, Any]:
    """Take the rows whose ids ``going`` selects out of ``table``, and put ``coming`` in.

    Each of ``coming`` selects whole rows by the names of the columns, with ids above all that the
    table has; they come one after the other, so that whoever makes them may stop between.
    ``image_ids`` selects the images of all these rows. Returns what the log keeps of it.
    """
    newest = select(func.coalesce(func.max(table.c.id), 0))
    after = conn.execute(newest).scalar_one()
    by_value = table is proposals
    of_images = table.c.image_id.in_(image_ids)
    gone = of_images if by_value else table.c.id.in_(going)
    _keep(conn, operation_id, table, gone, is_new=False)
    conn.execute(delete(table).where(table.c.id.in_(going)))
    for rows in coming:
        names = [column.name for column in rows.selected_columns]
        conn.execute(insert(table).from_select(names, rows))
    if by_value:
        _keep(conn, operation_id, table, of_images, is_new=True)
    until = max(after, conn.execute(newest).scalar_one())
    return {"table": str(table.name), "after": after, "until": until}


def step_boxes(
    conn: Connection, operation_id: int, change: dict[str, Any], undone: bool
) -> set[int]:
    """Undo or redo the swap; returns the images of its boxes. Raises ProjectError."""
    table = _TABLES[change["table"]]
    if table is proposals:
        return _step_proposals(conn, operation_id, undone)
    if undone and not _has_kept(conn, operation_id, is_new=True):
        _keep(conn, operation_id, table, _put(table, change), is_new=True)
    leaving = select(_kept.box_id).where(_of(operation_id, is_new=undone))
    left = conn.execute(delete(table).where(table.c.id.in_(leaving))).rowcount
    if left != conn.execute(select(func.count()).select_from(leaving.subquery())).scalar_one():
        raise ProjectError(
            "The history of changes does not fit the project any more.",
            remedy="Nothing was changed. Open the project again.",
        )
    _restore(conn, table, _of(operation_id, is_new=not undone), with_ids=True)
    return _kept_images(conn, operation_id)


def images_of_swap(conn: Connection, operation_id: int, change: dict[str, Any]) -> set[int]:
    """The images whose boxes the operation put in or took out; for one that is not undone yet
    those that it put in are where they were put."""
    found = _kept_images(conn, operation_id)
    table = _TABLES[change["table"]]
    if table is not proposals and not _has_kept(conn, operation_id, is_new=True):
        query = select(table.c.image_id).distinct().where(_put(table, change))
        found |= set(conn.execute(query).scalars())
    return found


def forget_undone(conn: Connection) -> None:
    """Drop what is kept for operations that are undone: they cannot be redone any more."""
    undone = select(operations.c.id).where(operations.c.undone.is_(True))
    conn.execute(delete(operation_boxes).where(_kept.operation_id.in_(undone)))


def _step_proposals(conn: Connection, operation_id: int, undone: bool) -> set[int]:
    """Only images whose proposals are still those that this step finds."""
    mine = select(_kept.image_id).where(_kept.operation_id == operation_id)
    found = (
        _said(proposals, proposals.c.image_id.in_(mine)),
        _said(operation_boxes, _of(operation_id, is_new=undone)),
    )
    others = union(*(select(e.subquery().c.image_id) for e in _differences(*found)))
    fitting = _kept_images(conn, operation_id) - set(conn.execute(others).scalars())
    for ids in chunks(sorted(fitting)):
        conn.execute(delete(proposals).where(proposals.c.image_id.in_(ids)))
        wanted = _of(operation_id, is_new=not undone) & _kept.image_id.in_(ids)
        _restore(conn, proposals, wanted, with_ids=False)
    return fitting


def _differences(one: Select[Any], other: Select[Any]) -> list[CompoundSelect[Any]]:
    return [except_(one, other), except_(other, one)]


def _said(table: Table, which: ColumnElement[bool]) -> Select[Any]:
    """Image by image what its boxes say, and how often."""
    values = [table.c[column.name] for column in _columns(proposals) if column.name != "id"]
    return select(*values, func.count().label("times")).where(which).group_by(*values)


def _keep(
    conn: Connection, operation_id: int, table: Table, which: ColumnElement[bool], *, is_new: bool
) -> None:
    columns = _columns(table)
    names = ["box_id" if column.name == "id" else column.name for column in columns]
    rows = select(literal(operation_id), literal(is_new), *columns).where(which)
    statement = insert(operation_boxes).from_select(["operation_id", "is_new", *names], rows)
    conn.execute(statement)


def _restore(conn: Connection, table: Table, which: ColumnElement[bool], *, with_ids: bool) -> None:
    names = [c.name for c in _columns(table) if with_ids or c.name != "id"]
    rows = select(*(_kept["box_id" if name == "id" else name] for name in names)).where(which)
    conn.execute(insert(table).from_select(names, rows.order_by(_kept.id)))


def _columns(table: Table) -> list[Column[Any]]:
    return list(table.c)


def _put(table: Table, change: dict[str, Any]) -> ColumnElement[bool]:
    """The rows that the operation has put in: all that came while nobody else could write."""
    return and_(table.c.id > change["after"], table.c.id <= change["until"])


def _of(operation_id: int, *, is_new: bool) -> ColumnElement[bool]:
    return and_(_kept.operation_id == operation_id, _kept.is_new.is_(is_new))


def _has_kept(conn: Connection, operation_id: int, *, is_new: bool) -> bool:
    return (
        conn.execute(select(_kept.id).where(_of(operation_id, is_new=is_new)).limit(1)).first()
        is not None
    )


def _kept_images(conn: Connection, operation_id: int) -> set[int]:
    query = select(_kept.image_id).distinct().where(_kept.operation_id == operation_id)
    return set(conn.execute(query).scalars())
