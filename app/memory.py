"""Memory that goes back to the system when pictures are dropped.

By default glibc raises the size from which on memory is mapped apart each time such memory is
freed, up to 32 MiB. After the first dropped picture all others are cut from a heap that is never
given back whole: with 80 MiB of pictures held, 10,000 image changes took 300 MiB more.
"""

from __future__ import annotations

import ctypes
import sys

# From malloc.h of glibc.
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8

#: A thumbnail is smaller, and cut from the heap; a tile, a preview and what decodes them is not.
_MAPPED_FROM = 256 * 2**10
_TRIMMED_FROM = 2**20
#: Heaps for threads: each keeps its own holes.
_ARENAS = 2


def give_back_early() -> bool:
    """Map what is large apart, so that it is gone when it is dropped; before threads are made.

    Returns False where there is no such allocator, and nothing needs to be done.
    """
    if sys.platform != "linux":
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:  # musl maps large pieces apart by itself
        return False
    wanted = {
        _MMAP_THRESHOLD: _MAPPED_FROM,
        _TRIM_THRESHOLD: _TRIMMED_FROM,
        _ARENA_MAX: _ARENAS,
    }
    taken = [mallopt(what, value) == 1 for what, value in wanted.items()]
    return all(taken)
