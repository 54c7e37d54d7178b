"""Who reads the files: threads for a few, processes for many.

Reading and hashing leave the interpreter free, all that is done beside them for a small file does
not: two threads take twice as long over it as two processes, which take a moment to start.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager

#: More of them than this only wait for the disk.
_MOST = 8
#: Small files from which on processes are ready sooner, although they take a moment to start.
PROCESSES_FROM = 8000


@contextmanager
def readers(files: int) -> Iterator[tuple[Executor, int]]:
    """A pool to read so many files, and how many work in it; what waits is dropped at the end."""
    count = min(_MOST, os.cpu_count() or 1)
    pool: Executor
    if files < PROCESSES_FROM or count == 1:
        pool = ThreadPoolExecutor(count, thread_name_prefix="index")
    else:
        # "spawn", as a fork would take over the locks that threads hold at that moment
        context = multiprocessing.get_context("spawn")
        pool = ProcessPoolExecutor(count, mp_context=context, initializer=_begin)
    try:
        yield pool, count
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _begin() -> None:
    """In a new process: Ctrl+C is for the job, whose end is its end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None

    def end_with_it() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=end_with_it, name="end with the job", daemon=True).start()
