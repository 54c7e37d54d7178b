"""SQLite's errors that a person can act on, as ours."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from engine.domain.errors import BoxwrightError, ProjectError, StorageError

DAMAGED_REMEDY = "Nothing was changed. Restore the file from a backup, or make a new project."
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
        return ProjectError("The project file is damaged.", path=path, remedy=DAMAGED_REMEDY)
    if code in _STORAGE_CODES:
        message, remedy = _STORAGE_CODES[code]
        return StorageError(f"{message} Nothing was changed.", path=path, remedy=remedy)
    return None
