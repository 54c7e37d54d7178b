"""Many rows at once: inserted, overwritten, read, numbered."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Select, Table, func, select
from sqlalchemy.dialects.sqlite import insert

#: Rows in memory at once.
_ROWS = 10_000


def insert_plain(conn: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert many rows of plain values; a column that a row has not is null.

    The driver's own way, since making a statement for each row takes longer than inserting it.
    """
    names = [column.name for column in table.c]
    insert_tuples(conn, table, names, [tuple(map(row.get, names)) for row in rows])


def insert_tuples(
    conn: Connection, table: Table, names: Sequence[str], values: list[tuple[Any, ...]]
) -> None:
    """Insert many rows of plain values, in the order of ``names``."""
    if not values:
        return
    marks = ", ".join("?" * len(names))
    conn.exec_driver_sql(f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({marks})", values)


def plain_rows(conn: Connection, query: Select[Any]) -> Iterator[tuple[Any, ...]]:
    """The rows as the driver gives them, for numbers and text that need no conversion: those of
    SQLAlchemy take several times as long as the reading."""
    cursor = conn.execute(query).cursor
    return chain.from_iterable(iter(lambda: cursor.fetchmany(_ROWS), []))


def next_ids(conn: Connection, table: Table, count: int) -> range:
    """Primary keys for ``count`` new rows; inside the write transaction nobody else takes them."""
    (key,) = table.primary_key.columns
    last = conn.execute(select(func.max(key))).scalar() or 0
    return range(last + 1, last + 1 + count)


def upsert(
    conn: Connection, table: Table, rows: Sequence[dict[str, Any]], key: Collection[str]
) -> None:
    """Insert ``rows``; where one with the same ``key`` is there, give it the new values."""
    if not rows:
        return
    statement = insert(table)
    changed = {name: statement.excluded[name] for name in rows[0] if name not in key}
    if changed:
        statement = statement.on_conflict_do_update(index_elements=list(key), set_=changed)
    else:
        statement = statement.on_conflict_do_nothing(index_elements=list(key))
    conn.execute(statement, rows)
