"""The database's file and those that SQLite makes beside it: whether it is ours, and who writes."""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing, suppress
from pathlib import Path

from sqlalchemy import Engine

from engine.domain.errors import ProjectError, StorageError
from engine.store.sqlite_errors import DAMAGED_REMEDY

#: "BoxW", at bytes 68-71 of every project file, so that no other database is taken for one.
APPLICATION_ID = 0x426F7857
#: Files that SQLite may leave beside the database.
COMPANIONS = ("-wal", "-shm", "-journal")


_MAGIC = b"SQLite format 3\x00"
_HEADER_BYTES = 100


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
            "This is no project file, or it is damaged.", path=path, remedy=DAMAGED_REMEDY
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
            f"The project file is damaged ({error}).", path=path, remedy=DAMAGED_REMEDY
        ) from error


def open_companions(path: Path) -> None:
    """Give the files beside the database its permissions. SQLite makes them with those that it has
    when it is read, and would refuse to write ever after if it may be written to again by then."""
    for name in COMPANIONS:
        beside = path.with_name(path.name + name)
        if beside.exists() and os.access(path, os.W_OK) and not os.access(beside, os.W_OK):
            with suppress(OSError):  # another's: told when it is written to
                beside.chmod(stat.S_IMODE(path.stat().st_mode))


def mark_as_project(engine: Engine) -> None:
    """Set the new, still empty file up: its mark, and a log that lets readers and writer pass."""
    with engine.connect() as conn:
        raw = conn.connection.driver_connection
        assert raw is not None
        raw.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        raw.execute("PRAGMA journal_mode = WAL")


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
