"""Replacing a file as a whole, or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from engine.domain.errors import StorageError


def write_atomic(path: Path, content: bytes) -> None:
    """Give ``path`` the new ``content``. Raises StorageError; the old file is then as it was."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        try:
            with temporary.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        sync_folder(path.parent)
    except OSError as error:
        raise StorageError(
            f"The file could not be written ({error.strerror}). The old one is as it was.",
            path=path,
            remedy="Check the free space and the permissions of the folder, then try again.",
        ) from error


def sync_file(path: Path) -> None:
    """Have the file's content on the disk before going on."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Have the folder's entries on the disk, where the system can do that."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
