"""An export folder appears whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import overload

from engine.domain.errors import StorageError
from engine.exchange.target import check_target, new_sibling, resolved
from engine.jobs.reporter import Reporter

#: From this many files on the system is asked to bring all to the disk at once.
MANY_FILES = 1000


@contextmanager
def new_folder(out: Path, image_root: Path, overwrite: bool, reporter: Reporter) -> Iterator[Path]:
    """A temporary sibling of ``out`` to write into; it becomes ``out`` when the block ends.

    An ``out`` that is there is refused unless it is an empty folder, or ``overwrite`` is set and
    it is an earlier export (it holds provenance.json). If anything fails, the temporary folder
    is removed and ``out`` is as it was. Raises InputError (refused), StorageError (writing).
    """
    target = resolved(out)
    check_target(target, image_root.resolve(), overwrite)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = new_sibling(target, "partial")
    except OSError as error:
        error.filename = str(target)  # nobody has asked for the temporary one
        raise _storage_error(error, target) from error
    try:
        yield partial
        _flush(partial, reporter)
        _put_in_place(partial, target)
    except OSError as error:
        raise _storage_error(error, target, partial) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


class Written(Sequence[Path]):
    """The files of an export, by their names in its folder. Paths are made when they are asked
    for: making one takes as long as writing a small file."""

    def __init__(self, folder: Path, names: Iterable[str]) -> None:
        self._folder, self._names = Path(folder), sorted(names)

    def __len__(self) -> int:
        return len(self._names)

    @overload
    def __getitem__(self, index: int) -> Path: ...

    @overload
    def __getitem__(self, index: slice) -> list[Path]: ...

    def __getitem__(self, index: int | slice) -> Path | list[Path]:
        if isinstance(index, slice):
            return [self._folder / name for name in self._names[index]]
        return self._folder / self._names[index]


def _put_in_place(partial: Path, target: Path) -> None:
    """Swap the folders; the old one comes back if the new one cannot take its place."""
    if not target.exists():
        partial.rename(target)
        return
    if not any(target.iterdir()):
        target.rmdir()
        partial.rename(target)
        return
    old = new_sibling(target, "old")
    target.rename(old / target.name)
    try:
        partial.rename(target)
    except OSError:
        (old / target.name).rename(target)
        old.rmdir()
        raise
    shutil.rmtree(old, ignore_errors=True)


def _flush(folder: Path, reporter: Reporter) -> None:
    """Bring every file to the disk, so that a power cut after the rename loses nothing."""
    files = list(islice(_files(folder), MANY_FILES))
    if len(files) >= MANY_FILES and hasattr(os, "sync"):
        reporter.progress(0, 0, "files", "Saving")
        os.sync()
    else:
        for path in reporter.track(_files(folder), "files", "Saving"):
            with path.open("rb+") as file:
                os.fsync(file.fileno())
    with suppress(OSError):  # not every system opens folders
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _files(folder: Path) -> Iterator[Path]:
    """Every file below; links to the originals are none."""
    for parent, _folders, names in os.walk(folder):
        found = (Path(parent, name) for name in names)
        yield from (path for path in found if not path.is_symlink())


def _storage_error(error: OSError, target: Path, partial: Path | None = None) -> StorageError:
    """Names the file as it would have been: nobody has asked for the temporary folder."""
    name = error.filename2 or error.filename  # of a copy the one that was to be made
    path = Path(name) if isinstance(name, str) else target
    if partial is not None and path.is_relative_to(partial):
        path = target / path.relative_to(partial)
    return StorageError(
        f"The export could not be written ({error.strerror or error}).",
        path=path,
        remedy="Nothing was changed; make room or choose another folder, and export again.",
    )
