"""Features on disk: one small file per image, so that a killed job leaves no half of anything.

``FOLDER/<key>/<digest>.npy`` holds a grid (dims, h, w) in float16, mapped into memory when read.
The folder may be deleted at any time: what is missing is computed again. When ``limit`` bytes are
there, folders of other keys go first, the longest unused before; then nothing more is kept.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Grid = NDArray[np.float16]


class FeatureCache:
    """The files of one ``key``."""

    def __init__(self, folder: Path, key: str, limit: int) -> None:
        self.folder = folder / key
        self._limit = limit
        self._root = folder
        self.folder.mkdir(parents=True, exist_ok=True)
        os.utime(self.folder)
        self._bytes = _size(self.folder)
        self._make_room()

    def get(self, digest: str) -> Grid | None:
        """The grid, mapped read-only; None if it is not there or damaged."""
        try:
            found: Grid = np.load(self._file(digest), mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError):
            return None
        return found if found.dtype == np.float16 and found.ndim == 3 else None

    def put(self, digest: str, grid: Grid) -> bool:
        """Keep ``grid``; False if there is no room. A full disk keeps nothing and stops nothing."""
        if self._bytes + grid.nbytes > self._limit:
            return False
        try:
            handle, name = tempfile.mkstemp(dir=self.folder, suffix=".part")
            try:
                with os.fdopen(handle, "wb") as file:
                    np.save(file, grid)
                Path(name).replace(self._file(digest))
            finally:
                Path(name).unlink(missing_ok=True)
        except OSError:
            return False
        self._bytes += grid.nbytes
        return True

    def _file(self, digest: str) -> Path:
        return self.folder / f"{digest}.npy"

    def _make_room(self) -> None:
        others = [f for f in self._root.iterdir() if f.is_dir() and f != self.folder]
        others.sort(key=lambda folder: folder.stat().st_mtime)
        total = self._bytes + sum(map(_size, others))
        for folder in others:
            if total <= self._limit:
                break
            total -= _size(folder)
            shutil.rmtree(folder, ignore_errors=True)


def _size(folder: Path) -> int:
    with os.scandir(folder) as entries:
        return sum(entry.stat().st_size for entry in entries if entry.is_file())
