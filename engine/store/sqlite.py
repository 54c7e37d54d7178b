"""Connecting to SQLite, and its transactions: reading, writing, staging, migrating."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, QueuePool, create_engine, event

from engine.domain.errors import ProjectError
from engine.store.database_file import open_companions
from engine.store.sqlite_errors import DAMAGED_REMEDY, translated_errors

#: How long a writer waits for another's transaction: mostly a short one, but an import of a
#: million boxes is one too, and what a person does meanwhile must not be refused.
BUSY_SECONDS = 900.0


def make_engine(path: Path, *, create: bool = False) -> Engine:
    """An engine for the database at ``path``; the file is made only if ``create``.

    Connections stay in autocommit until ``begin_read`` or ``begin_write``, so that a transaction
    begins as asked and holds schema changes too. Foreign keys are on.
    """

    def connect() -> sqlite3.Connection:
        mode = "rwc" if create else "rw"
        raw = sqlite3.connect(
            f"{path.as_uri()}?mode={mode}",
            uri=True,
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
        for pragma in _PRAGMAS:
            raw.execute(f"PRAGMA {pragma}")
        return raw

    open_companions(path)
    engine = create_engine("sqlite+pysqlite://", creator=connect, poolclass=QueuePool)
    event.listen(engine, "begin", _on_begin)
    return engine


# FULL: an acknowledged act survives a power cut too, not only a killed process.
# The cache (32 MiB) holds the rows of 100,000 images, so that the queue is read once from the disk.
_PRAGMAS = (
    "foreign_keys = ON",
    "synchronous = FULL",
    "cache_size = -32768",
    "trusted_schema = OFF",
)
_WRITES = "boxwright_writes"
_STAGES = "boxwright_stages"


def _on_begin(conn: Connection) -> None:
    options = conn.get_execution_options()
    if options.get(_WRITES):
        conn.exec_driver_sql("PRAGMA query_only = OFF")
        conn.exec_driver_sql("BEGIN IMMEDIATE")
    elif options.get(_STAGES):
        conn.exec_driver_sql("PRAGMA query_only = OFF")
        conn.exec_driver_sql("BEGIN")
    else:
        conn.exec_driver_sql("PRAGMA query_only = ON")
        conn.exec_driver_sql("BEGIN")


@contextmanager
def reading(engine: Engine, path: Path) -> Iterator[Connection]:
    """A connection with one consistent view, that blocks no writer and cannot write."""
    with translated_errors(path, writes=False), engine.connect() as conn:
        conn.begin()
        yield conn


@contextmanager
def writing(engine: Engine, path: Path) -> Iterator[Connection]:
    """A connection holding the write lock; committed at the end, rolled back on any error."""
    with translated_errors(path), engine.connect() as conn:
        conn.execution_options(**{_WRITES: True})
        with conn.begin():
            yield conn


@contextmanager
def staging(engine: Engine, path: Path) -> Iterator[Connection]:
    """A connection for temporary tables, which go with it and may be larger than the memory.

    Filling them hinders nobody: the write lock is held in ``locked`` only.
    """
    with translated_errors(path), engine.connect() as conn:
        conn.detach()  # closed at the end and not used again, and the tables with it
        conn.execution_options(**{_STAGES: True})
        yield conn


@contextmanager
def locked(conn: Connection) -> Iterator[None]:
    """Hold the write lock with a connection of ``staging``: committed at the end, rolled back on
    any error.

    References are not checked, which takes a third of the time that others wait for the lock: the
    caller sees to it that what it refers to is there, and deletes nothing that is referred to.
    """
    conn.commit()
    raw: Any = conn.connection.dbapi_connection  # that of the driver, since it is detached
    raw.execute("PRAGMA foreign_keys = OFF")
    conn.execution_options(**{_WRITES: True})
    try:
        with conn.begin():
            yield
    finally:
        conn.execution_options(**{_WRITES: False})
        raw.execute("PRAGMA foreign_keys = ON")


@contextmanager
def migrating(engine: Engine, path: Path) -> Iterator[Connection]:
    """Like ``writing``, with foreign keys off while tables are rebuilt, and checked at the end."""
    with translated_errors(path), engine.connect() as conn:
        conn.execution_options(**{_WRITES: True})
        raw = conn.connection.driver_connection
        assert raw is not None
        raw.execute("PRAGMA foreign_keys = OFF")
        try:
            with conn.begin():
                yield conn
                _check_foreign_keys(conn, path)
        finally:
            raw.execute("PRAGMA foreign_keys = ON")


def _check_foreign_keys(conn: Connection, path: Path) -> None:
    broken = conn.exec_driver_sql("PRAGMA foreign_key_check").first()
    if broken is not None:
        raise ProjectError(
            f"Rows of table {broken[0]} refer to rows of {broken[2]} that are not there.",
            path=path,
            remedy=DAMAGED_REMEDY,
        )
