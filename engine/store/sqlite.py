"""Everything that is peculiar to SQLite: connecting, locking, upserts, its file and its errors."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from itertools import chain
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    QueuePool,
    Select,
    Table,
    create_engine,
    event,
    func,
    select,
)
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import DBAPIError

from engine.domain.errors import BoxwrightError, ProjectError, StorageError

#: "BoxW", at bytes 68-71 of every project file, so that no other database is taken for one.
APPLICATION_ID = 0x426F7857
#: How long a writer waits for another's transaction: mostly a short one, but an import of a
#: million boxes is one too, and what a person does meanwhile must not be refused.
BUSY_SECONDS = 900.0
#: Files that SQLite may leave beside the database.
COMPANIONS = ("-wal", "-shm", "-journal")

#: Rows in memory at once.
_ROWS = 10_000
_MAGIC = b"SQLite format 3\x00"
_HEADER_BYTES = 100
_DAMAGED_REMEDY = "Nothing was changed. Restore the file from a backup, or make a new project."
_STORAGE_CODES = {
    sqlite3.SQLITE_FULL: ("The disk is full.", "Free some space and try again."),
    sqlite3.SQLITE_READONLY: (
        "The project cannot be written to.",
        "Check the permissions of the file and its folder.",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        "The project file cannot be opened.",
        "Check the permissions of the file and its folder.",
    ),
    sqlite3.SQLITE_PERM: ("Access is denied.", "Check the permissions of the file."),
    sqlite3.SQLITE_IOERR: (
        "Reading or writing failed.",
        "Check the disk and its free space, then try again.",
    ),
    sqlite3.SQLITE_BUSY: (
        "Another program has been writing to the project for too long.",
        "Wait for it, or close it, and try again.",
    ),
}


def check_file(path: Path) -> None:
    """Raise ProjectError if the file at ``path`` is foreign or damaged, without changing anything.

    Done before the file is opened for good, since SQLite then makes files beside it.
    """
    try:
        with path.open("rb") as file:
            header = file.read(_HEADER_BYTES)
    except OSError as error:
        raise StorageError(
            f"The project file cannot be read ({error.strerror}).",
            path=path,
            remedy="Check the permissions of the file and its folder.",
        ) from error
    if len(header) < _HEADER_BYTES or not header.startswith(_MAGIC):
        raise ProjectError(
            "This is no project file, or it is damaged.", path=path, remedy=_DAMAGED_REMEDY
        )
    if int.from_bytes(header[68:72], "big") != APPLICATION_ID:
        raise ProjectError(
            "This database belongs to another program.",
            path=path,
            remedy="Nothing was changed. Open a Boxwright project folder instead.",
        )
    _check_tables(path)


def _check_tables(path: Path) -> None:
    """Have SQLite look at the file as at one that nobody can change, so that it makes no others."""
    log = path.with_name(f"{path.name}-wal")
    if log.exists():  # in use, or left by a killed process: the file alone is not the database
        return
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)) as raw:
            raw.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.DatabaseError as error:
        if log.exists():  # another process has begun to write meanwhile
            return
        raise ProjectError(
            f"The project file is damaged ({error}).", path=path, remedy=_DAMAGED_REMEDY
        ) from error


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

    _open_companions(path)
    engine = create_engine("sqlite+pysqlite://", creator=connect, poolclass=QueuePool)
    event.listen(engine, "begin", _on_begin)
    return engine


def _open_companions(path: Path) -> None:
    """Give the files beside the database its permissions. SQLite makes them with those that it has
    when it is read, and would refuse to write ever after if it may be written to again by then."""
    for name in COMPANIONS:
        beside = path.with_name(path.name + name)
        if beside.exists() and os.access(path, os.W_OK) and not os.access(beside, os.W_OK):
            with suppress(OSError):  # another's: told when it is written to
                beside.chmod(stat.S_IMODE(path.stat().st_mode))


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
            remedy=_DAMAGED_REMEDY,
        )


def mark_as_project(engine: Engine) -> None:
    """Set the new, still empty file up: its mark, and a log that lets readers and writer pass."""
    with engine.connect() as conn:
        raw = conn.connection.driver_connection
        assert raw is not None
        raw.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        raw.execute("PRAGMA journal_mode = WAL")


@contextmanager
def translated_errors(path: Path, *, writes: bool = True) -> Iterator[None]:
    """Turn SQLite's errors that a person can act on into ours; the others are bugs and stay.

    A refused write is a bug where nothing may be written (not ``writes``).
    """
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:  # the latter from ``plain_rows``
        translated = _translate(error, path, writes)
        if translated is None:
            raise
        raise translated from error


def _translate(
    error: DBAPIError | sqlite3.Error, path: Path, writes: bool
) -> BoxwrightError | None:
    original = error.orig if isinstance(error, DBAPIError) else error
    extended = getattr(original, "sqlite_errorcode", None)
    if extended is None or (extended == sqlite3.SQLITE_READONLY and not writes):
        return None
    code = extended & 0xFF
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return ProjectError("The project file is damaged.", path=path, remedy=_DAMAGED_REMEDY)
    if code in _STORAGE_CODES:
        message, remedy = _STORAGE_CODES[code]
        return StorageError(f"{message} Nothing was changed.", path=path, remedy=remedy)
    return None


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


class ChangeWatch:
    """Tells whether anyone else has written since it was asked last. For one thread at a time."""

    def __init__(self, path: Path) -> None:
        uri = f"{path.as_uri()}?mode=ro"
        self._raw = sqlite3.connect(uri, uri=True, timeout=1.0, check_same_thread=False)
        self._version = self._read()

    def changed(self) -> bool:
        before, self._version = self._version, self._read()
        return self._version != before

    def close(self) -> None:
        self._raw.close()

    def _read(self) -> int:
        return int(self._raw.execute("PRAGMA data_version").fetchone()[0])


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
