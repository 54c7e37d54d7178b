"""The window on a large project: opening, memory, queue and grid.

    python -m tests.benchmarks.workbench [--images 100000] [--changes 10000] [--files 40]

Rows are made directly; the image files are hard links to a few JPEG files of 1600 x 1200. Opening
is measured by turns with a project of one image, in a process of its own each, from asking for the
project until its first image is on the screen with the queue beside it. Then, in one process:
resident memory over image changes by key, and how long the window's thread works on filters,
orders, scrolling and the grid (CPU seconds of that thread, and by the clock).
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np

ROOT = Path(__file__).parents[2]
CLASSES = 100
SIZE = (1600, 1200)


def build(folder: Path, count: int, files: int) -> Path:
    """A project of ``count`` images in ``CLASSES`` folders, proposed; a tenth is decided."""
    from engine.domain.geometry import Box
    from engine.domain.records import RunKind, RunState
    from engine.imaging.writing import write_jpeg
    from engine.store import images, proposals, review, runs
    from engine.store.project import Project

    root = folder / "images"
    root.mkdir(parents=True)
    rng = np.random.default_rng(1)
    originals = [root / f"original{i}.jpg" for i in range(min(files, count))]
    for path in originals:
        coarse = rng.integers(60, 200, (SIZE[1] // 16, SIZE[0] // 16, 3), dtype=np.uint8)
        write_jpeg(path, np.repeat(np.repeat(coarse, 16, 0), 16, 1), durable=False)
    names = [f"class{i % CLASSES:03}/{i:06}.jpg" for i in range(count)]
    for i, name in enumerate(names):
        (root / name).parent.mkdir(exist_ok=True)
        os.link(originals[i % len(originals)], root / name)
    with Project.create(folder / "project", root) as project:
        with project.write() as conn:
            classes = images.add_classes(conn, sorted({n.split("/")[0] for n in names}))
            new = [
                images.NewImage(n, classes[n.split("/")[0]], *SIZE, None, None, 1, 1) for n in names
            ]
            ids = images.add_images(conn, new)
            run = runs.start_run(conn, RunKind.PROPOSE, {}, {})
            boxes = [
                proposals.NewProposal(
                    image_id, record.class_id or 1, Box(200, 200, 900, 800), float(score), 0.2
                )
                for image_id, record, score in zip(ids, new, rng.random(count), strict=True)
            ]
            proposals.replace_proposals(conn, run, ids, boxes)
            runs.end_run(conn, run, RunState.FINISHED)
        with project.write() as conn:
            review.accept_many(conn, ids[: count // 10])
    return project.folder


class Opened:
    """The real window on a project."""

    def __init__(self, folder: Path, settings: Path) -> None:
        from app.garbage import GarbageCollector
        from app.main import make_application
        from app.main_window import MainWindow
        from app.settings import AppSettings

        self.app = make_application(sys.argv[:1])
        self.window = MainWindow(AppSettings(settings))
        self.collector = GarbageCollector(self.window)
        self.window.show()
        self.wait(lambda: False, 0.3)
        began, work = time.perf_counter(), time.process_time()
        self.window.open_project(folder)
        self.wait(lambda: self.page is not None and self.page.flow.seen)
        self.image_after = time.perf_counter() - began
        self.wait(lambda: self.page.whole)
        self.queue_after = time.perf_counter() - began
        self.cpu_after = time.process_time() - work

    @property
    def page(self):
        return self.window.review_page

    def wait(self, until: Callable[[], bool], seconds: float = 120.0) -> None:
        end = time.monotonic() + seconds
        while not until() and time.monotonic() < end:
            self.app.processEvents()
            time.sleep(0.0005)

    def close(self) -> None:
        self.window.close()
        self.collector.stop()


def resident() -> float:
    """MiB of this process."""
    import psutil

    return psutil.Process().memory_info().rss / 2**20


def open_once(folder: str, settings: str) -> None:
    opened = Opened(Path(folder), Path(settings))
    found = {
        "image": opened.image_after,
        "queue": opened.queue_after,
        "cpu": opened.cpu_after,
        "resident": resident(),
    }
    opened.close()
    sys.stdout.write(json.dumps(found) + "\n")


def measure_opening(folder: Path, scratch: Path, rounds: int) -> dict[str, float]:
    """The least of each, which says most on a busy machine."""
    found: list[dict[str, float]] = []
    for _ in range(rounds):
        command = [sys.executable, "-m", "tests.benchmarks.workbench"]
        command += ["--open", str(folder), "--settings", str(scratch / "opening.ini")]
        run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        found.append(json.loads(run.stdout))
    return {name: min(each[name] for each in found) for name in found[0]}


def measure_changes(opened: Opened, changes: int) -> Iterator[tuple[int, float]]:
    """(image changes, MiB) on the way; each change waits until the image is on the screen."""
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    yield 0, resident()
    for number in range(1, changes + 1):
        now = opened.page.desk.image_id
        QTest.keyClick(opened.page.stage.canvas, Qt.Key.Key_D)
        opened.wait(lambda now=now: opened.page.flow.seen and opened.page.desk.image_id != now)
        if number % max(1, changes // 10) == 0:
            gc.collect()
            yield number, resident()


def measure_queue(opened: Opened) -> dict[str, tuple[float, float]]:
    """Of each act: CPU milliseconds of the window's thread and milliseconds by the clock."""
    from app.models.queue_memory import QueueView
    from app.models.queue_order import OrderBy, QueueOrder
    from app.models.queue_rows import QueueFilter
    from engine.domain.records import ReviewState

    queue, model = opened.page.queue, opened.page.model
    bar = queue.view.verticalScrollBar()
    acts: dict[str, Callable[[], object]] = {
        "filter by state": lambda: queue.show_view(
            QueueView(QueueFilter(state=ReviewState.UNREVIEWED))
        ),
        "filter by class": lambda: queue.show_view(QueueView(QueueFilter(class_id=7))),
        "search a name": lambda: queue.show_view(QueueView(QueueFilter(text="99"))),
        "filter by score": lambda: queue.show_view(QueueView(QueueFilter(scores=(0.2, 0.4)))),
        "all images": lambda: queue.show_view(QueueView()),
        "scroll to the middle": lambda: bar.setValue(bar.maximum() // 2),
        "scroll to the end": lambda: bar.setValue(bar.maximum()),
        **{
            f"order: {by}": lambda by=by: queue.show_view(QueueView(order=QueueOrder(by, 3)))
            for by in OrderBy
        },
    }
    found = {}
    for name, act in acts.items():
        times = []
        for _ in range(3):
            queue.show_view(QueueView())
            opened.wait(lambda: False, 0.05)
            times.append(_timed(opened, act, queue.view.viewport().repaint))
        found[name] = (min(cpu for cpu, _ in times), min(clock for _, clock in times))
    assert model.rowCount() == len(model.rows)
    return found


def measure_grid(opened: Opened) -> dict[str, tuple[float, float]]:
    opened.window.registry.action("grid.open").trigger()
    opened.wait(lambda: False, 0.5)
    wall = opened.window.rooms.grid.page.wall
    bar = wall.verticalScrollBar()
    found = {}
    for name, act in {
        "grid: scroll to the middle": lambda: bar.setValue(bar.maximum() // 2),
        "grid: scroll to the end": lambda: bar.setValue(bar.maximum()),
        "grid: select all": wall.select_all,
        "grid: smallest tiles": lambda: wall.set_side(96),
    }.items():
        found[name] = _timed(opened, act, wall.viewport().repaint)
        opened.wait(lambda: False, 0.3)
    opened.window.rooms.grid.back()
    return found


def _timed(
    opened: Opened, act: Callable[[], object], paint: Callable[[], object]
) -> tuple[float, float]:
    cpu, clock = time.thread_time(), time.perf_counter()
    act()
    paint()
    return (time.thread_time() - cpu) * 1000, (time.perf_counter() - clock) * 1000


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=100_000)
    parser.add_argument("--changes", type=int, default=10_000)
    parser.add_argument("--files", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="keep the projects there, and use them again")
    parser.add_argument("--open", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--settings", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.open is not None:
        open_once(str(options.open), str(options.settings))
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        for line in report(options.folder or Path(scratch), options):
            sys.stdout.write(line + "\n")
            sys.stdout.flush()
    return 0


def report(scratch: Path, options: argparse.Namespace) -> Iterator[str]:
    """A line at a time, as soon as it is known."""
    folders = {}
    for name, count in (("small", 1), ("large", options.images)):
        folders[name] = scratch / name / "project"
        if not folders[name].exists():
            build(scratch / name, count, options.files)
    yield "| opening | first image | queue beside it | CPU | resident |"
    yield "|---|---|---|---|---|"
    for name, label in (("small", "1 image"), ("large", f"{options.images:,} images")):
        one = measure_opening(folders[name], scratch, options.rounds)
        seconds = f"{one['image']:.2f} s | {one['queue']:.2f} s | {one['cpu']:.2f} s"
        yield f"| {label} | {seconds} | {one['resident']:.0f} MiB |"
    opened = Opened(folders["large"], scratch / "window.ini")
    yield from ("", "| act | window's thread | clock |", "|---|---|---|")
    yield from _act_lines(measure_queue(opened))
    yield from _act_lines(measure_grid(opened))
    yield from ("", "| image changes | resident |", "|---|---|")
    for number, mib in measure_changes(opened, options.changes):
        yield f"| {number:,} | {mib:.0f} MiB |"
    opened.close()


def _act_lines(found: dict[str, tuple[float, float]]) -> list[str]:
    return [f"| {name} | {cpu:.0f} ms | {clock:.0f} ms |" for name, (cpu, clock) in found.items()]


if __name__ == "__main__":
    sys.exit(main())
