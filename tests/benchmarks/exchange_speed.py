"""Time and memory of exports and imports, beside the least that any program would need.

    python -m tests.benchmarks.exchange_speed --images 100000 --boxes 10 --out figures.json

Each measure runs in a process of its own; memory is its peak over what it had after opening the
project. ``json.dump`` writes the content of the exported file once more; ``files alone`` writes
the bytes of the exported files once more with open and write, and brings them to the disk as an
export does (its processor time is without that); ``same rows`` is the plainest reading of the same
files (``json.load``, ElementTree, ``split``, ``csv.reader``) that leaves the same rows in the same
project file: images found in a dictionary of their paths, an ``executemany`` into ``annotations``
and one into ``reviews``, committed as durably; no check, no preview, no undo. ``load and insert``
is that without images, states and project: raw fields into one bare table with an index. ``acts``
are a person's, one after the other while an import runs; supervision reads the same COCO file.
With ``--repeat`` the measures take turns, and the medians are told with the median of the ratios
of neighbours.
"""

from __future__ import annotations

import argparse
import csv
import json
import multiprocessing
import os
import random
import resource
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import psutil

from engine.jobs.reporter import silent_reporter
from engine.jobs.requests import ExportRequest, ImportRequest
from engine.store import images as image_rows
from engine.store.imports import ImportRules, preview_import, take_in, taking_in
from engine.store.project import Project
from engine.store.staging import StagedImage, Staging

FORMATS = ("coco", "csv", "yolo", "voc")
CLASSES = 20
WIDTH, HEIGHT = 1280, 960


def make_project(folder: Path, root: Path, images: int, boxes: int) -> None:
    """A project whose image files are not there; with boxes 0 it has images alone."""
    from engine.domain.imports import ImportAs
    from engine.domain.records import ReviewState

    root.mkdir(exist_ok=True)
    rng = random.Random(0)
    with Project.create(folder, root) as project:
        with project.write() as conn:
            names = [f"class {i}" for i in range(CLASSES)]
            ids = list(image_rows.add_classes(conn, names).values())
            for start in range(0, images, 1000):
                image_rows.add_images(conn, [_image(i, ids) for i in range(start, start + 1000)])
            records = image_rows.list_images(conn)
        if boxes:
            with project.staging() as conn:
                staged = Staging(conn)
                for record in records:
                    for _ in range(boxes):
                        corners = _corners(rng)
                        own = (rng.random(), None, 1, "")
                        staged.add((record.id, rng.randrange(CLASSES), *corners, *own))
                staged.set_images(StagedImage(record.id) for record in records)
                rules = ImportRules(ImportAs.ANNOTATIONS, state=ReviewState.ACCEPTED)
                with taking_in(staged):
                    preview_import(staged, ids, rules)
                    take_in(staged, rules, "Import annotations")


def _image(number: int, ids: list[int]) -> image_rows.NewImage:
    path = f"class {number % CLASSES}/{number:06d}.jpg"
    return image_rows.NewImage(path, ids[number % CLASSES], WIDTH, HEIGHT, None, None, 1, 1)


def _corners(rng: random.Random) -> tuple[float, float, float, float]:
    x, y = rng.random() * (WIDTH - 60), rng.random() * (HEIGHT - 60)
    return x, y, x + 5 + rng.random() * 50, y + 5 + rng.random() * 50


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
    os.sync()  # what came before is not to be waited for
    cpu, start = _processor_time(), time.perf_counter()
    own = work(*arguments)
    seconds, cpu = time.perf_counter() - start, _processor_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    found = {"seconds": seconds, "cpu_seconds": cpu, "mb_over_start": (peak - before) / 1e6}
    queue.put({**found, **own} if isinstance(own, dict) else found)


def _processor_time() -> float:
    """Of the process and of those that it has started and waited for."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


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


def load_and_insert(source: Path, database: Path, format_name: str) -> None:
    """The least that an import does: no undo, no check, no image found by its name."""
    with closing(sqlite3.connect(database)) as conn, conn:
        conn.execute("PRAGMA journal_mode = WAL")
        conn.execute("CREATE TABLE boxes (id INTEGER PRIMARY KEY, image_id, class_id, x, y, w, h)")
        conn.execute("CREATE INDEX by_image ON boxes (image_id)")
        conn.executemany(
            f"INSERT INTO boxes VALUES (NULL{', ?' * 6})", _LOADERS[format_name](source)
        )


def insert_same_rows(project: Path, source: Path, format_name: str) -> None:
    """The least that leaves the same annotations and states in a project; it finds images by path
    and trusts the file."""
    with closing(sqlite3.connect(project / "project.sqlite")) as conn, conn:
        conn.execute("PRAGMA synchronous = FULL")
        sizes = {
            path: own for path, *own in conn.execute("SELECT path, id, width, height FROM images")
        }
        classes = dict(conn.execute("SELECT name, id FROM classes"))
        changed: set[int] = set()
        rows = _RESOLVERS[format_name](source, sizes, classes)
        conn.executemany(
            "INSERT INTO annotations (image_id, class_id, xmin, ymin, xmax, ymax, origin)"
            " VALUES (?, ?, ?, ?, ?, ?, 'imported')",
            (changed.add(row[0]) or row for row in rows),  # type: ignore[func-returns-value]
        )
        states = ((image_id, "accepted") for image_id in changed)
        conn.executemany("INSERT INTO reviews (image_id, state) VALUES (?, ?)", states)


Sizes = dict[str, list[int]]


def _resolve_coco(source: Path, sizes: Sizes, classes: dict[str, int]) -> Iterator[tuple[Any, ...]]:
    with (source / "annotations.json").open(encoding="utf-8") as file:
        content = json.load(file)
    images = {image["id"]: sizes[image["file_name"]][0] for image in content["images"]}
    names = {category["id"]: classes[category["name"]] for category in content["categories"]}
    for box in content["annotations"]:
        x, y, width, height = box["bbox"]
        yield images[box["image_id"]], names[box["category_id"]], x, y, x + width, y + height


def _resolve_voc(source: Path, sizes: Sizes, classes: dict[str, int]) -> Iterator[tuple[Any, ...]]:
    for path in (source / "Annotations").iterdir():
        tree = ElementTree.parse(path)
        image_id = sizes[tree.findtext("path") or ""][0]
        for item in tree.iterfind("object"):
            x1, y1, x2, y2 = (float(side.text or "") for side in item.iterfind("bndbox/*"))
            yield image_id, classes[item.findtext("name") or ""], x1 - 1, y1 - 1, x2, y2


def _resolve_yolo(source: Path, sizes: Sizes, classes: dict[str, int]) -> Iterator[tuple[Any, ...]]:
    with (source / "index.csv").open(newline="", encoding="utf-8") as file:
        index = dict(csv.reader(file))
    stems = {name.rpartition(".")[0].partition("/")[2]: path for name, path in index.items()}
    labels, numbers = source / "labels", list(classes.values())
    start = len(str(labels)) + 1
    for path in labels.rglob("*.txt"):
        image_id, width, height = sizes[stems[str(path)[start:-4]]]
        with path.open() as file:
            for line in file:
                class_number, *values = line.split()
                cx, cy, w, h = map(float, values)
                corners = (cx - w / 2) * width, (cy - h / 2) * height, (cx + w / 2) * width
                yield image_id, numbers[int(class_number)], *corners, (cy + h / 2) * height


def _resolve_csv(source: Path, sizes: Sizes, classes: dict[str, int]) -> Iterator[tuple[Any, ...]]:
    with (source / "images.csv").open(newline="", encoding="utf-8") as file:
        states = {row[0]: row[5] for row in islice(csv.reader(file), 1, None)}
    with (source / "boxes.csv").open(newline="", encoding="utf-8") as file:
        for row in islice(csv.reader(file), 1, None):
            assert states[row[0]] == "accepted"
            yield sizes[row[0]][0], classes[row[1]], *map(float, row[4:8])


_RESOLVERS = {
    "coco": _resolve_coco,
    "voc": _resolve_voc,
    "yolo": _resolve_yolo,
    "csv": _resolve_csv,
}


def _load_coco(source: Path) -> Iterator[tuple[Any, ...]]:
    with (source / "annotations.json").open(encoding="utf-8") as file:
        content = json.load(file)
    return ((b["image_id"], b["category_id"], *b["bbox"]) for b in content["annotations"])


def _load_voc(source: Path) -> Iterator[tuple[Any, ...]]:
    for number, path in enumerate((source / "Annotations").iterdir()):
        for item in ElementTree.parse(path).iterfind("object"):
            bounds = (float(side.text or "") for side in item.iterfind("bndbox/*"))
            yield (number, item.findtext("name"), *bounds)


def _load_yolo(source: Path) -> Iterator[tuple[Any, ...]]:
    for number, path in enumerate((source / "labels").rglob("*.txt")):
        with path.open() as file:
            for line in file:
                class_number, *values = line.split()
                yield (number, int(class_number), *map(float, values))


def _load_csv(source: Path) -> Iterator[tuple[Any, ...]]:
    with (source / "boxes.csv").open(newline="", encoding="utf-8") as file:
        for row in islice(csv.reader(file), 1, None):
            yield (row[0], row[1], *map(float, row[4:8]))


_LOADERS = {"coco": _load_coco, "voc": _load_voc, "yolo": _load_yolo, "csv": _load_csv}


def wait_beside_import(folder: Path, source: Path) -> dict[str, float]:
    """How long a person's acts take while an import runs: one after the other, all in ms."""
    from engine.store import review

    job = multiprocessing.get_context("spawn").Process(target=import_project, args=(folder, source))
    waits: list[float] = []
    with Project.open(folder) as project:
        job.start()
        while job.is_alive():
            start = time.perf_counter()
            with project.write() as conn:
                (review.skip if len(waits) % 2 else review.reset)(conn, 1)
            waits.append(1000 * (time.perf_counter() - start))
            time.sleep(0.02)
    job.join()
    median = statistics.median(waits)
    return {"acts": len(waits), "longest_ms": max(waits), "median_ms": median}


def write_files(source: Path, out: Path) -> dict[str, float]:
    """The same bytes to as many files, as durable, and nothing else."""
    content = [path.read_bytes() for path in source.rglob("*") if path.is_file()]
    out.mkdir()
    cpu, start = time.process_time(), time.perf_counter()
    for number, data in enumerate(content):
        with open(f"{out}/{number:06d}.xml", "wb") as file:  # noqa: PTH123 - the least there is
            file.write(data)
    os.sync()
    return {"seconds": time.perf_counter() - start, "cpu_seconds": time.process_time() - cpu}


def supervision_coco(source: Path, root: Path, out: Path) -> dict[str, float]:
    import supervision

    start = time.perf_counter()
    data = supervision.DetectionDataset.from_coco(str(root), str(source))
    read = time.perf_counter() - start
    return {"read_seconds": read, "images": len(data)}


class Figures:
    """Figures by name, with the runs behind each."""

    def __init__(self, out: Path | None) -> None:
        self._out = out
        self._runs: dict[str, list[dict[str, float]]] = {}
        self._ratios: dict[str, float] = {}

    def add(self, name: str, figure: dict[str, float]) -> None:
        self._runs.setdefault(name, []).append(figure)
        print(name, {key: round(value, 2) for key, value in figure.items()}, flush=True)  # noqa: T201
        self._write()

    def ratio(self, name: str, other: str) -> None:
        """Of the wall and the processor time of ``name`` to those of ``other``."""
        for kind in ("seconds", "cpu_seconds"):
            pairs = zip(self._runs[name], self._runs[other], strict=True)
            key = f"{name} / {other}, {kind}"
            self._ratios[key] = statistics.median(a[kind] / b[kind] for a, b in pairs)
            print(key, round(self._ratios[key], 2), flush=True)  # noqa: T201
        self._write()

    def _write(self) -> None:
        if self._out is not None:
            medians = {
                name: {key: statistics.median(run[key] for run in runs) for key in runs[0]}
                for name, runs in self._runs.items()
            }
            content = {"medians": medians, "ratios": self._ratios, "load": os.getloadavg()}
            self._out.write_text(json.dumps(content, indent=2))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--boxes", type=int, default=10, help="per image")
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--out", type=Path, default=None)
    parser.add_argument("--formats", default=",".join(FORMATS))
    parser.add_argument("--exports-only", action="store_true")
    parser.add_argument("--supervision", action="store_true")
    given = parser.parse_args()
    figures = Figures(given.out)
    with tempfile.TemporaryDirectory() as temporary:
        top = Path(temporary)
        make_project(top / "full", top / "images", given.images, given.boxes)
        for name in given.formats.split(","):
            for turn in range(given.repeat):
                _measure_export(name, top, turn, figures)
            _ratios_of_export(name, figures)
            if given.exports_only:
                continue
            make_project(top / "empty", top / "images", given.images, 0)
            for _ in range(given.repeat):
                _measure_import(name, top, figures)
            figures.ratio(f"import {name}", f"same rows {name}")
            figures.ratio(f"import {name}", f"load and insert {name}")
            if name == "coco":
                figures.add("acts", measured(wait_beside_import, top / "empty", top / "coco 0"))
            if given.supervision and name == "coco":
                arguments = (top / "coco 0/annotations.json", top / "images", top / "sv.json")
                figures.add("supervision coco", measured(supervision_coco, *arguments))
            shutil.rmtree(top / "empty")
    return 0


def _measure_export(name: str, top: Path, turn: int, figures: Figures) -> None:
    """Nothing is deleted between: file systems are slow to make files after that."""
    out = top / f"{name} {turn}"
    figures.add(f"export {name}", measured(export_project, top / "full", out, name))
    if name == "coco":
        figures.add("json.dump", measured(dump_json, out / "annotations.json", top / "dump.json"))
    if name in ("voc", "yolo"):
        copies = top / f"files {name} {turn}"
        figures.add(f"files alone {name}", measured(write_files, out, copies))


def _ratios_of_export(name: str, figures: Figures) -> None:
    other = {"coco": "json.dump", "voc": "files alone voc", "yolo": "files alone yolo"}
    if name in other:
        figures.ratio(f"export {name}", other[name])


def _measure_import(name: str, top: Path, figures: Figures) -> None:
    """The project is empty again after the undo, and a copy of it is what ``same rows`` fills."""
    shutil.copytree(top / "empty", top / "plain")
    figures.add(f"import {name}", measured(import_project, top / "empty", top / f"{name} 0"))
    figures.add(f"undo {name}", measured(undo_import, top / "empty"))
    plain = (top / "plain", top / f"{name} 0", name)
    figures.add(f"same rows {name}", measured(insert_same_rows, *plain))
    shutil.rmtree(top / "plain")
    arguments = (top / f"{name} 0", top / "boxes.sqlite", name)
    figures.add(f"load and insert {name}", measured(load_and_insert, *arguments))
    (top / "boxes.sqlite").unlink()


if __name__ == "__main__":
    sys.exit(main())
