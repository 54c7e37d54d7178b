"""Time and memory of exports and imports, beside the least that any program would need.

    python -m tests.benchmarks.exchange_speed --images 100000 --boxes 10 --out figures.json

Each measure runs in a process of its own; memory is its peak over what it had after opening the
project. ``json.dump`` writes the content of the exported file once more; ``files`` writes the
bytes of the exported files once more; supervision reads and writes the same COCO file.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from engine.domain.geometry import Box
from engine.jobs.reporter import silent_reporter
from engine.jobs.requests import ExportRequest, ImportRequest
from engine.store import images as image_rows
from engine.store.imports import ImportedBox, ImportedImage, ImportRules, import_boxes
from engine.store.project import Project

FORMATS = ("coco", "csv", "yolo", "voc")
CLASSES = 20
WIDTH, HEIGHT = 1280, 960


def make_project(folder: Path, root: Path, images: int, boxes: int) -> None:
    """A project whose image files are not there; with boxes 0 it has images alone."""
    from engine.domain.imports import ImportAs
    from engine.domain.records import ReviewState

    root.mkdir(exist_ok=True)
    rng = random.Random(0)
    with Project.create(folder, root) as project, project.write() as conn:
        ids = list(image_rows.add_classes(conn, [f"class {i}" for i in range(CLASSES)]).values())
        for start in range(0, images, 1000):
            image_rows.add_images(conn, [_image(i, ids) for i in range(start, start + 1000)])
        if boxes:
            found = (
                ImportedImage(record.id, [_box(rng, ids) for _ in range(boxes)])
                for record in image_rows.list_images(conn)
            )
            rules = ImportRules(ImportAs.ANNOTATIONS, state=ReviewState.ACCEPTED)
            import_boxes(conn, found, rules, "Import annotations")


def _image(number: int, ids: list[int]) -> image_rows.NewImage:
    path = f"class {number % CLASSES}/{number:06d}.jpg"
    return image_rows.NewImage(path, ids[number % CLASSES], WIDTH, HEIGHT, None, None, 1, 1)


def _box(rng: random.Random, ids: list[int]) -> ImportedBox:
    x, y = rng.random() * (WIDTH - 60), rng.random() * (HEIGHT - 60)
    box = Box(x, y, x + 5 + rng.random() * 50, y + 5 + rng.random() * 50)
    return ImportedBox(rng.choice(ids), box, rng.random())


def measured(work: Callable[..., object], *arguments: object) -> dict[str, float]:
    """Seconds, and MB over the start, of ``work`` in a process of its own."""
    queue: Any = multiprocessing.get_context("spawn").Queue()
    process = multiprocessing.get_context("spawn").Process(
        target=_measure, args=(queue, work, arguments)
    )
    process.start()
    result: dict[str, float] = queue.get()
    process.join()
    return result


def _measure(queue: Any, work: Callable[..., object], arguments: tuple[object, ...]) -> None:
    from engine.workflows import export, import_boxes  # noqa: F401 - not counted

    before = psutil.Process().memory_info().rss
    cpu, start = time.process_time(), time.perf_counter()
    own = work(*arguments)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    found = {"seconds": seconds, "cpu_seconds": cpu, "mb_over_start": (peak - before) / 1e6}
    queue.put({**found, **own} if isinstance(own, dict) else found)


def export_project(folder: Path, out: Path, format_name: str) -> None:
    from engine.workflows.dispatch import run

    run(ExportRequest(str(folder), format_name, str(out)), silent_reporter())


def import_project(folder: Path, source: Path) -> dict[str, float]:
    from engine.workflows.dispatch import run

    result = run(ImportRequest(str(folder), str(source)), silent_reporter())
    return {"boxes": result["boxes_added"], "problems": result["problem_count"]}


def undo_import(folder: Path) -> None:
    from engine.store import review

    with Project.open(folder) as project, project.write() as conn:
        review.undo(conn)


def dump_json(source: Path, out: Path) -> dict[str, float]:
    """``json.dump`` alone, without the reading of what it writes."""
    content = json.loads(source.read_bytes())
    cpu, start = time.process_time(), time.perf_counter()
    with out.open("w", encoding="utf-8") as file:
        json.dump(content, file)
    return {"seconds": time.perf_counter() - start, "cpu_seconds": time.process_time() - cpu}


def load_json(source: Path) -> None:
    with source.open(encoding="utf-8") as file:
        json.load(file)


def write_files(source: Path, out: Path) -> dict[str, float]:
    """The same bytes to as many files, and nothing else."""
    content = [path.read_bytes() for path in source.rglob("*") if path.is_file()]
    out.mkdir()
    cpu, start = time.process_time(), time.perf_counter()
    for number, data in enumerate(content):
        (out / str(number)).write_bytes(data)
    return {"seconds": time.perf_counter() - start, "cpu_seconds": time.process_time() - cpu}


def supervision_coco(source: Path, root: Path, out: Path) -> dict[str, float]:
    import supervision

    start = time.perf_counter()
    data = supervision.DetectionDataset.from_coco(str(root), str(source))
    read = time.perf_counter() - start
    return {"read_seconds": read, "images": len(data)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--boxes", type=int, default=10, help="per image")
    parser.add_argument("--out", type=Path, default=None)
    parser.add_argument("--formats", default=",".join(FORMATS))
    parser.add_argument("--supervision", action="store_true")
    given = parser.parse_args()
    figures: dict[str, dict[str, float]] = {}

    def note(name: str, figure: dict[str, float]) -> None:
        figures[name] = {key: round(value, 2) for key, value in figure.items()}
        print(name, figures[name], flush=True)  # noqa: T201
        if given.out is not None:
            given.out.write_text(json.dumps(figures, indent=2))

    with tempfile.TemporaryDirectory() as temporary:
        top = Path(temporary)
        make_project(top / "full", top / "images", given.images, given.boxes)
        for name in given.formats.split(","):
            _measure_format(name, top, given, note)
    return 0


def _measure_format(
    name: str, top: Path, given: argparse.Namespace, note: Callable[[str, dict[str, float]], None]
) -> None:
    out = top / name
    note(f"export {name}", measured(export_project, top / "full", out, name))
    if name == "coco":
        table = out / "annotations.json"
        note("json.dump alone", measured(dump_json, table, top / "dump.json"))
        note("json.load alone", measured(load_json, table))
    if name in ("voc", "yolo"):
        note(f"files alone {name}", measured(write_files, out, top / "files"))
        shutil.rmtree(top / "files")
    make_project(top / f"empty {name}", top / "images", given.images, 0)
    note(f"import {name}", measured(import_project, top / f"empty {name}", out))
    note(f"undo {name}", measured(undo_import, top / f"empty {name}"))
    shutil.rmtree(top / f"empty {name}")
    if given.supervision and name == "coco":
        arguments = (out / "annotations.json", top / "images", top / "sv.json")
        note("supervision coco", measured(supervision_coco, *arguments))
    shutil.rmtree(out)


if __name__ == "__main__":
    sys.exit(main())
