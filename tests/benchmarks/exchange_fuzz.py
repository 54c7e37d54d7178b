"""Importers against damaged files: an InputError or a report, never a crash, a hang or a change.

    python -m tests.benchmarks.exchange_fuzz --files 10000 --gigabyte

Every mutated file goes through its importer; every ``--project-each``-th through the whole import
into a project, which must be as it was if the import was refused.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import resource
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select

from engine.domain.errors import InputError
from engine.domain.geometry import Box
from engine.domain.records import AnnotationOrigin, ReviewState
from engine.exchange.coco import write_coco
from engine.exchange.csv_boxes import write_csv
from engine.exchange.model import ExportBox, ExportImage, ExportSet
from engine.exchange.readers import read
from engine.exchange.voc import write_voc
from engine.exchange.yolo import write_yolo
from engine.jobs.reporter import silent_reporter
from engine.jobs.requests import ImportRequest
from engine.store import images as image_rows
from engine.store import schema
from engine.store.project import Project
from engine.workflows.import_boxes import run

WRITERS = {"coco": write_coco, "voc": write_voc, "yolo": write_yolo, "csv": write_csv}
#: What has broken parsers before.
TOKENS = [
    *(b"NaN", b"Infinity", b"-1e999", b"1" * 5000, b"-0", b"null", b"true", b"[]", b"{}", b'""'),
    *(b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\r", b'"', b"'", b"\\u0000"),
    *(b"[" * 3000, b"{" * 3000, b'{"a":' * 2000, b"<a>" * 3000, b"]", b"}", b"</annotation>"),
    *(b"../../../etc/passwd", b"/etc/passwd", b"C:\\x.jpg", b"file_name", b"\\ud800"),
    b'<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;">]>',
    *(b"&b;", b"&#0;", b"<![CDATA[", b"<?xml version='1.0' encoding='x'?>", b"*a", b"&a [*a]"),
    *(b"!!python/object/apply:os.system ['x']", b"99999999999999999999", b"0 0 0 0 0\n", b",,,,"),
]


def seed_set() -> ExportSet:
    """A few images with every sort of value."""
    drawn = AnnotationOrigin.DRAWN
    images = [
        ExportImage(
            f"{'ab'[i % 2]}/{i} ü.jpg",
            64,
            48,
            [ExportBox.of("cat", Box(k, 2.5, 30 + i, 40), 0.5, drawn) for k in range(i)],
            "cat",
            ("train", "val", None)[i % 3],
            ReviewState.CORRECTED,
        )
        for i in range(4)
    ]
    return ExportSet(images, ["dog", "cat"])


def mutated(data: bytes, rng: random.Random) -> bytes:
    """``data`` with one to four damages."""
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(data) + 1)
        end = min(len(data), at + rng.choice((1, 1, 4, 40, 400)))
        kind = rng.randrange(6)
        if kind == 0:
            data = data[:at] + rng.choice(TOKENS) + data[at:]
        elif kind == 1:
            data = data[:at] + rng.choice(TOKENS) + data[end:]
        elif kind == 2:
            data = data[:at] + data[end:]
        elif kind == 3:
            data = data[:at] + data[at:end] * rng.choice((2, 20)) + data[end:]
        elif kind == 4:
            data = data[:at] + rng.randbytes(end - at) + data[end:]
        else:
            data = data[:at]
    return data


@dataclass
class Outcome:
    """What became of the files of one format."""

    endings: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    most_work: float = 0.0
    worst: str = ""
    crashes: list[str] = field(default_factory=list)


class Fuzz:
    """One format: its export is damaged a file at a time, read, and made whole again."""

    def __init__(self, format_name: str, top: Path, seed: int) -> None:
        self.format, self.top = format_name, top
        self.rng = random.Random(f"{format_name} {seed}")
        self.folder = top / "export"
        data = seed_set()
        WRITERS[format_name](data, top, self.folder, silent_reporter())
        self.files = sorted(p for p in self.folder.rglob("*") if p.is_file())
        (top / "images").mkdir()
        self.project = top / "project"
        with Project.create(self.project, top / "images") as made, made.write() as conn:
            ids = image_rows.add_classes(conn, data.classes)
            found = [
                image_rows.NewImage(i.path, ids["cat"], i.width, i.height, None, None, 1, 1)
                for i in data.images
            ]
            image_rows.add_images(conn, found)
        self.before = self.state()
        self.outcome = Outcome()

    def one(self, with_project: bool) -> None:
        """Damage a file, read everything, put the file back; what is wrong is in ``outcome``."""
        path = self.rng.choice(self.files)
        whole = path.read_bytes()
        damaged = mutated(whole, self.rng)
        path.write_bytes(damaged)
        start, cpu = time.perf_counter(), time.process_time()
        try:
            ending = self.into_project() if with_project else self.through_reader()
        except Exception as error:  # noqa: BLE001 - this is what is looked for
            ending = f"crash: {type(error).__name__}"
            kept = Path(tempfile.gettempdir()) / f"fuzz-{hashlib.sha1(damaged).hexdigest()[:8]}"
            kept.write_bytes(damaged)
            self.outcome.crashes.append(f"{path.name}: {error!r}, file kept as {kept}")
        self.outcome.slowest = max(self.outcome.slowest, time.perf_counter() - start)
        work = time.process_time() - cpu
        if work > self.outcome.most_work:
            about = f"{path.name}, {len(damaged):,} bytes, {ending}"
            self.outcome.most_work, self.outcome.worst = work, about
        self.outcome.endings[ending] += 1
        path.write_bytes(whole)

    def through_reader(self) -> str:
        troubles: list[str] = []
        try:
            for _item in read(self.folder, self.format, lambda *t: troubles.append(t[2]), None):
                pass
        except InputError:
            return "refused"
        return "read with reports" if troubles else "read"

    def into_project(self) -> str:
        try:
            run(ImportRequest(str(self.project), str(self.folder), self.format), silent_reporter())
        except InputError:
            assert self.state() == self.before, "a refused import has changed the project"
            ending = "refused by the project"
        else:
            self.clear()
            ending = "taken in"
        stray = {p.name for p in self.top.iterdir()} - {"export", "project", "images"}
        assert not stray, f"files outside the target: {stray}"
        return ending

    def state(self) -> str:
        """Every row of the project."""
        digest = hashlib.sha256()
        with Project.open(self.project) as opened, opened.read() as conn:
            for table in schema.metadata.sorted_tables:
                for row in conn.execute(select(table)):
                    digest.update(repr(tuple(row)).encode())
        return digest.hexdigest()

    def clear(self) -> None:
        """Make the project empty again."""
        kept = ("project", "images", "classes", "alembic_version")
        with Project.open(self.project) as opened, opened.write() as conn:
            for table in reversed(schema.metadata.sorted_tables):
                if table.name not in kept:
                    conn.execute(table.delete())
            conn.execute(schema.classes.delete().where(schema.classes.c.id > 2))
        assert self.state() == self.before


def fuzz(format_name: str, files: int, project_each: int, seed: int = 0) -> Outcome:
    """Read ``files`` damaged files of one format."""
    with tempfile.TemporaryDirectory() as folder:
        work = Fuzz(format_name, Path(folder), seed)
        for number in range(files):
            work.one(with_project=number % project_each == 0)
        return work.outcome


GIGABYTE = {
    "coco": ("annotations.json", b'{"images": [', b"["),
    "voc": ("Annotations/a.xml", b"<annotation>", b"<a>"),
    "yolo": ("labels/train/a.txt", b"", b"0 0.5 0.5 0.1 0.1 "),
    "csv": ("boxes.csv", b"image,class,width,height,xmin,ymin,xmax,ymax\n", b"a,"),
}


def nested(format_name: str, size: int) -> dict[str, object]:
    """A file of ``size`` bytes of nesting: seconds, MB over the start, and what was said."""
    name, head, unit = GIGABYTE[format_name]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        (Path(folder) / "classes.txt").write_text("cat\n")
        with path.open("wb") as file:
            file.write(head)
            block = unit * ((4 << 20) // len(unit))
            while file.tell() < size:
                file.write(block)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        start, said = time.perf_counter(), []
        try:
            for _item in read(Path(folder), format_name, lambda *t: said.append(t[2]), True):
                pass
        except InputError as error:
            said.append(error.message)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        seconds = round(time.perf_counter() - start, 2)
        return {"seconds": seconds, "mb": round((peak - before) / 1e3), "said": said[:1]}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--project-each", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--formats", default=",".join(WRITERS))
    parser.add_argument("--gigabyte", action="store_true")
    given = parser.parse_args()
    failed = False
    for name in given.formats.split(","):
        start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        found = fuzz(name, given.files, given.project_each, given.seed)
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - start) / 1e3
        about = {
            "files": found.endings.total(),
            **found.endings,
            "slowest": round(found.slowest, 2),
            "most processor time": round(found.most_work, 2),
            "of": found.worst,
        }
        print(name, json.dumps({**about, "mb": grown}), *found.crashes, sep="\n  ", flush=True)  # noqa: T201
        failed |= bool(found.crashes)
        if given.gigabyte:
            print("  a gigabyte of nesting:", nested(name, 1 << 30), flush=True)  # noqa: T201
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
