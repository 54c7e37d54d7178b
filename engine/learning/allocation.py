"""How this process gets its memory from the system and gives it back."""

from __future__ import annotations

import ctypes
import gc
import sys
from collections.abc import Callable

#: Parameters of glibc's mallopt (malloc.h), and the most that an int says of bytes.
_TRIM_THRESHOLD, _MMAP_MAX = -1, -4
_MOST = 2**31 - 1


def keep_freed_memory() -> bool:
    """Let the C library keep memory that is freed, for the next tensor; whether it does so.

    By itself glibc takes every large tensor from the system and gives it back, a training step some
    hundred of them, and the system zeroes each page anew: a quarter of the time of a step in
    bfloat16 on a CPU. The process stays as large as it ever was, so this is for jobs that end, not
    for the inspector. Other C libraries are left as they are.
    """
    mallopt = _of_glibc("mallopt")
    if mallopt is None:
        return False
    return bool(mallopt(_MMAP_MAX, 0)) and bool(mallopt(_TRIM_THRESHOLD, _MOST))


def give_freed_memory_back() -> None:
    """Return to the system what is kept and not in use; nothing where nothing is kept."""
    trim = _of_glibc("malloc_trim")
    if trim is not None:
        gc.collect()
        trim(0)


def _of_glibc(name: str) -> Callable[..., int] | None:
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None
