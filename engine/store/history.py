"""The history as a person reads it: what was done, when, and on which images."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, String, case, cast, func, null, select

from engine.store.batches import chunks
from engine.store.box_swaps import images_of_swap
from engine.store.schema import images, operation_parts, operations
from engine.store.undo_log import images_of, parts_of, split_changes

#: Characters of an operation's changes up to which a list of operations reads them.
_SHORT = 20_000


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
class PastOperation:
    """One line of the history. ``images``: how many, None for more than are worth counting here.

    ``path`` is that of the image where there is but one.
    """

    id: int
    name: str
    created_at: datetime
    undone: bool
    images: int | None = 0
    path: str | None = None


def past(conn: Connection, limit: int = 500) -> list[PastOperation]:
    """The last operations as lines of a list, newest first, undone ones included."""
    columns = operations.c
    short = func.length(cast(columns.changes, String)) <= _SHORT
    changes = case((short, columns.changes), else_=null())
    query = select(columns.id, columns.name, columns.created_at, columns.undone, changes)
    found = conn.execute(query.order_by(columns.id.desc()).limit(limit)).all()
    large = _inparts_of(conn, [row[0] for row in found])
    touched = [
        None if row[4] is None or row[0] in large else _images_of_rows(row[4]) for row in found
    ]
    single = {next(iter(ids)) for ids in touched if ids is not None and len(ids) == 1}
    paths = _paths(conn, single)
    return [
        PastOperation(
            *row[:4],
            images=None if ids is None else len(ids),
            path=paths.get(next(iter(ids))) if ids and len(ids) == 1 else None,
        )
        for row, ids in zip(found, touched, strict=True)
    ]


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
            frozenset(_all_images(conn, row.id, row.changes)),
        )
        for row in conn.execute(query).all()
    ]


def _all_images(conn: Connection, operation_id: int, first: list[Any]) -> Iterator[int]:
    for part in parts_of(conn, operation_id, first):
        rows, swaps = split_changes(part)
        yield from images_of(rows)
        for swap in swaps:
            yield from images_of_swap(conn, operation_id, swap)


def _inparts_of(conn: Connection, ids: Sequence[int]) -> set[int]:
    column = operation_parts.c.operation_id
    return {
        found
        for some in chunks(ids)
        for found in conn.execute(select(column).where(column.in_(some)).distinct()).scalars()
    }


def _images_of_rows(changes: Sequence[Sequence[Any]]) -> set[int] | None:
    rows, swaps = split_changes(changes)
    return None if swaps else images_of(rows)


def _paths(conn: Connection, image_ids: Iterable[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    for some in chunks(image_ids):
        query = select(images.c.id, images.c.path).where(images.c.id.in_(some))
        found.update((row.id, row.path) for row in conn.execute(query))
    return found
