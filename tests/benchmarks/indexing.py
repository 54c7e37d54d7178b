"""Indexing a folder, beside plain reading and hashing of the same files.

    python -m tests.benchmarks.indexing [--images 100000] [--size 500 375]

The files are hard links to forty JPEG files, so all lie in memory: the plain reading is as fast as
no disk is, and what is measured is the work per file. Both use as many threads. Told too: how
often progress was reported, the longest time without a report, and how long a cancel took.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil

from engine.domain.errors import JobCancelled
from engine.jobs.events import Event, Progress
from engine.jobs.reporter import Reporter
from engine.jobs.requests import IndexRequest
from engine.workflows import index
from tests.benchmarks.other_tools import write_images


class Listener:
    """Hears the job; ``longest`` seconds went by between two of its reports."""

    def __init__(self) -> None:
        self.heard, self.longest, self._last = 0, 0.0, time.perf_counter()
        self.cancel = threading.Event()
        self.reporter = Reporter(self._hear, self.cancel)

    def _hear(self, event: Event) -> None:
        if isinstance(event, Progress):
            now = time.perf_counter()
            self.longest = max(self.longest, now - self._last)
            self._last = now
            self.heard += 1


def read_and_hash(folder: Path) -> float:
    """Seconds to read and hash every file in as many threads as the indexing has."""

    def one(path: str) -> None:
        with open(path, "rb") as stream:  # noqa: PTH123  the fastest there is
            hashlib.blake2b(stream.read(), digest_size=20).hexdigest()

    began = time.perf_counter()
    paths = [os.path.join(at, name) for at, _, names in os.walk(folder) for name in names]  # noqa: PTH118
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for _ in pool.map(one, paths, chunksize=64):
            pass
    return time.perf_counter() - began


def time_indexing(folder: Path, project: Path) -> tuple[float, Listener]:
    listener, began = Listener(), time.perf_counter()
    index.run(IndexRequest(str(project), str(folder)), listener.reporter)
    return time.perf_counter() - began, listener


def time_cancel(folder: Path, project: Path) -> float:
    """Seconds from asking, one second into the work, to the end of the job."""
    listener, asked = Listener(), [0.0]

    def ask() -> None:
        asked[0] = time.perf_counter()
        listener.cancel.set()

    timer = threading.Timer(1.0, ask)
    timer.start()
    try:
        index.run(IndexRequest(str(project), str(folder)), listener.reporter)
    except JobCancelled:
        return time.perf_counter() - asked[0]
    raise RuntimeError("it was done before it could be cancelled: take more images")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=100_000)
    parser.add_argument("--size", type=int, nargs=2, default=(500, 375))
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "images"
        write_images(folder, options.images, tuple(options.size))
        size = next(folder.rglob("*.jpg")).stat().st_size
        cancelled = time_cancel(folder, Path(name) / "cancelled")
        plain = read_and_hash(folder)
        took, listener = time_indexing(folder, Path(name) / "project")
        again, _ = time_indexing(folder, Path(name) / "project")
    peak = psutil.Process().memory_info().rss / 2**20
    lines = [
        "| images | size | plain reading and hashing | indexing | ratio | per image | again |",
        "|---|---|---|---|---|---|---|",
        f"| {options.images:,} | {options.size[0]} x {options.size[1]}, {size / 1000:.0f} kB "
        f"| {plain:.1f} s | {took:.1f} s | {took / plain:.1f} "
        f"| {took / options.images * 1000:.2f} ms | {again:.1f} s |",
        f"\n{listener.heard} reports of progress, {listener.longest:.2f} s at most between two; "
        f"cancelled {cancelled:.2f} s after asking; {peak:.0f} MiB resident in the end.",
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
