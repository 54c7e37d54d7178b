"""Images for the network: decoded once, into memory or a file, or else batch by batch."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np
import psutil
import torch
from numpy.typing import NDArray
from platformdirs import user_cache_path
from torch import Tensor

from engine.domain.errors import InputError
from engine.imaging.decoding import read_rgb
from engine.jobs.ranks import ALONE, Rank
from engine.jobs.reporter import Reporter, silent_reporter

Pixels = NDArray[np.uint8]
Indices = NDArray[np.int64]
T = TypeVar("T")

_MEMORY_SHARE = 0.4  # of the free memory may hold decoded images
_DISK_SHARE = 0.5  # of the free space, if they do not fit in memory


class ImageSource(Protocol):
    """Images of one square size by index."""

    side: int  # pixels
    usable: Indices  # that could be read, as far as is known

    def batch(self, indices: Indices) -> tuple[Pixels, Indices]:
        """The images (n, side, side, 3) of those ``indices`` that can be read, and these."""


def open_images(
    paths: Sequence[Path],
    side: int,
    reporter: Reporter,
    memory: int | None = None,
    disk: int | None = None,
    rank: Rank = ALONE,
) -> ImageSource:
    """All of ``paths`` resized to ``side`` x ``side``: decoded once, if they fit somewhere.

    That is in ``memory`` bytes or else in ``disk`` bytes of the folder for caches; by default a
    share of what is free, divided among the ranks of this machine. What fits nowhere is decoded
    again for every batch. Unreadable files are warned of and left out.
    """
    folder = user_cache_path("boxwright")
    if memory is None:
        memory = int(psutil.virtual_memory().available * _MEMORY_SHARE / rank.local_count)
    if disk is None:
        disk = int(_free(folder) * _DISK_SHARE / rank.local_count)
    # every rank reads all images, and the leader tells of it
    teller = reporter if rank.leads else silent_reporter()
    needed = len(paths) * side * side * 3
    if needed <= memory:
        return CachedImages(paths, side, teller)
    if needed <= disk:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            return MappedImages(paths, side, teller, folder)
        except OSError as error:
            reporter.warn(f"{folder}: images cannot be kept decoded there ({error.strerror}).")
    return DecodedImages(paths, side, reporter)


def _free(folder: Path) -> int:
    """Bytes that may still be written to ``folder``, made if it is not there; 0 if it cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return shutil.disk_usage(folder).free
    except OSError:
        return 0


def _decoded_once(
    paths: Sequence[Path], side: int, reporter: Reporter
) -> Iterator[tuple[int, Pixels | None]]:
    """Each path's index and pixels, None for those that cannot be read, which are warned of."""
    with decoding_pool() as pool:
        decoded = ordered_map(pool, lambda path: decode(path, side), paths)
        tracked = reporter.track(decoded, "images", "Reading images", len(paths))
        for index, pixels in enumerate(tracked):
            if isinstance(pixels, InputError):
                reporter.unreadable(pixels)
            yield index, None if isinstance(pixels, InputError) else pixels


class CachedImages:
    """Every image decoded once, in one array in memory."""

    def __init__(self, paths: Sequence[Path], side: int, reporter: Reporter) -> None:
        self.side = side
        self._pixels = np.empty((len(paths), side, side, 3), np.uint8)
        usable = []
        for index, pixels in _decoded_once(paths, side, reporter):
            if pixels is not None:
                self._pixels[index] = pixels
                usable.append(index)
        self.usable: Indices = np.array(usable, np.int64)

    def batch(self, indices: Indices) -> tuple[Pixels, Indices]:
        return self._pixels[indices], indices


class MappedImages:
    """Every image decoded once, in one file that the system keeps in memory as far as it can.

    The file has no name and is gone with the process, however that ends. Raises OSError if it
    cannot be written.
    """

    def __init__(self, paths: Sequence[Path], side: int, reporter: Reporter, folder: Path) -> None:
        self.side = side
        usable = []
        blank = np.zeros((side, side, 3), np.uint8)
        with tempfile.TemporaryFile(dir=folder) as file:
            # written, not mapped: on a full disk a write fails, a mapping ends the process
            for index, pixels in _decoded_once(paths, side, reporter):
                file.write((blank if pixels is None else pixels).data)
                if pixels is not None:
                    usable.append(index)
            file.flush()
            self._pixels = np.memmap(file, np.uint8, "r", shape=(len(paths), side, side, 3))
        self.usable: Indices = np.array(usable, np.int64)

    def batch(self, indices: Indices) -> tuple[Pixels, Indices]:
        return np.asarray(self._pixels[indices]), indices


class DecodedImages:
    """Images decoded in threads whenever they are asked for; for sets larger than memory."""

    def __init__(self, paths: Sequence[Path], side: int, reporter: Reporter) -> None:
        self.side = side
        self._paths, self._reporter = paths, reporter
        self._pool = ThreadPoolExecutor(_threads(), "decode")
        self._unreadable: set[int] = set()
        self.usable: Indices = np.arange(len(paths))

    def batch(self, indices: Indices) -> tuple[Pixels, Indices]:
        wanted = [i for i in indices.tolist() if i not in self._unreadable]
        found = self._pool.map(lambda i: decode(self._paths[i], self.side), wanted)
        kept, images = [], []
        for index, pixels in zip(wanted, found, strict=True):
            if isinstance(pixels, InputError):
                self._unreadable.add(index)
                self._reporter.unreadable(pixels)
                continue
            kept.append(index)
            images.append(pixels)
        empty = np.empty((0, self.side, self.side, 3), np.uint8)
        return (np.stack(images) if images else empty), np.array(kept, np.int64)


def to_tensor(pixels: Pixels) -> Tensor:
    """(n, H, W, 3) to a uint8 tensor (n, 3, H, W) that lies channels last."""
    return torch.from_numpy(pixels).permute(0, 3, 1, 2)


def decode(path: Path, side: int) -> Pixels | InputError:
    """The image at ``path`` as (side, side, 3), or the reason why it cannot be read."""
    try:
        return read_rgb(path, size=(side, side))
    except InputError as error:
        return error


@contextmanager
def decoding_pool() -> Iterator[ThreadPoolExecutor]:
    """Threads for decoding; what is still waiting is dropped when the block is left."""
    pool = ThreadPoolExecutor(_threads(), "decode")
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _threads() -> int:
    return min(8, os.cpu_count() or 1)


def ordered_map(
    pool: ThreadPoolExecutor, do: Callable[..., T], items: Sequence[object], ahead: int = 64
) -> Iterator[T]:
    """``do`` of each item in order, at most ``ahead`` of them under way or waiting."""
    pending = [pool.submit(do, item) for item in items[:ahead]]
    for item in items[ahead:]:
        yield pending.pop(0).result()
        pending.append(pool.submit(do, item))
    while pending:
        yield pending.pop(0).result()
