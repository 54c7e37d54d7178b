"""The sample is whole, the same each time, and survives being cut short."""

from __future__ import annotations

import csv
import hashlib
import threading
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from engine.domain.errors import JobCancelled, StorageError
from engine.domain.geometry import Box, iou
from engine.imaging.decoding import probe
from engine.jobs.events import Event, Progress
from engine.jobs.reporter import Reporter, silent_reporter
from engine.sample import generate as module
from engine.sample.generate import SampleFiles, generate
from engine.sample.specs import Scenes, scenes


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> Scenes:
    """Three images of each class, so that a test may make them several times."""
    small = replace(scenes(), images_per_class=3, train_per_class=2)
    monkeypatch.setattr(module, "scenes", lambda: small)
    return small


def rows(table: Path) -> list[dict[str, str]]:
    with table.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def digests(folder: Path) -> dict[str, str]:
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def box_of(row: dict[str, str]) -> Box:
    return Box(*(float(row[edge]) for edge in ("xmin", "ymin", "xmax", "ymax")))


def test_what_there_is(sample: SampleFiles) -> None:
    boxes, splits = rows(sample.boxes_csv), rows(sample.splits_csv)
    assert len(boxes) == len(splits) == 240
    assert [row["image"] for row in boxes] == [row["image"] for row in splits]
    assert set(Counter(row["class"] for row in boxes).values()) == {48}
    assert len({row["class"] for row in boxes}) == 5
    kinds = Counter((row["class"], row["split"]) for row in splits)
    assert {kinds[name, split] for name, split in kinds if split == "train"} == {32}
    assert {kinds[name, split] for name, split in kinds if split == "test"} == {16}
    on_disk = {p.relative_to(sample.images).as_posix() for p in sample.images.rglob("*.jpg")}
    assert on_disk == {row["image"] for row in boxes}
    assert all(row["image"].startswith(row["class"] + "/") for row in boxes)


def test_tables_lie_apart_from_the_images(sample: SampleFiles) -> None:
    assert not sample.boxes_csv.is_relative_to(sample.images)
    assert not sample.splits_csv.is_relative_to(sample.images)


def test_sizes_and_boxes_agree_with_the_files(sample: SampleFiles) -> None:
    shapes = set()
    for row in rows(sample.boxes_csv):
        info = probe(sample.images / row["image"])
        box = box_of(row)
        assert (info.width, info.height) == (int(row["width"]), int(row["height"]))
        assert 0 <= box.xmin < box.xmax <= info.width
        assert 0 <= box.ymin < box.ymax <= info.height
        assert 0.02 < box.area / (info.width * info.height) < 0.6
        shapes.add(info.width > info.height)
    assert shapes == {True, False}


def test_no_centred_box_does_well(sample: SampleFiles) -> None:
    """Otherwise knowing nothing of the image would pass for localisation."""
    table = rows(sample.boxes_csv)
    best = 0.0
    for wide in range(30, 100, 5):
        for high in range(20, 100, 5):
            hits = 0
            for row in table:
                width, height = int(row["width"]), int(row["height"])
                dx, dy = width * wide / 200, height * high / 200
                fixed = Box(width / 2 - dx, height / 2 - dy, width / 2 + dx, height / 2 + dy)
                hits += iou(fixed, box_of(row)) >= 0.5
            best = max(best, hits / len(table))
    assert 0.1 < best < 0.45


def test_same_seed_same_bytes_other_seed_others(few: Scenes, tmp_path: Path) -> None:
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        generate(tmp_path / name, seed, silent_reporter())
    first, second, other = (digests(tmp_path / name) for name in "abc")
    assert first == second
    assert first.keys() == other.keys()
    assert all(first[name] != other[name] for name in first if name.endswith(".jpg"))


def test_second_call_touches_nothing(few: Scenes, tmp_path: Path) -> None:
    generate(tmp_path, 0, silent_reporter())
    before = {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*")}
    events: list[Event] = []
    generate(tmp_path, 0, Reporter(events.append))
    assert {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*")} == before
    assert [(e.done, e.total) for e in events if isinstance(e, Progress)] == [(15, 15)]


@pytest.mark.parametrize("spoilt", ["image gone", "image cut", "table gone", "mark damaged"])
def test_what_is_missing_is_made_again(few: Scenes, tmp_path: Path, spoilt: str) -> None:
    files = generate(tmp_path, 0, silent_reporter())
    whole = digests(tmp_path)
    victim = sorted(files.images.rglob("*.jpg"))[4]
    if spoilt == "image gone":
        victim.unlink()
    elif spoilt == "image cut":
        victim.write_bytes(victim.read_bytes()[:100])
    elif spoilt == "table gone":
        files.boxes_csv.unlink()
    else:
        (tmp_path / "sample.json").write_text("[")
    generate(tmp_path, 0, silent_reporter())
    assert digests(tmp_path) == whole


def test_cut_short_and_begun_again(few: Scenes, tmp_path: Path) -> None:
    cancel = threading.Event()

    def stop_in_the_middle(event: Event) -> None:
        if isinstance(event, Progress) and event.done >= 5:
            cancel.set()

    with pytest.raises(JobCancelled):
        generate(tmp_path / "a", 0, Reporter(stop_in_the_middle, cancel, interval=0.0))
    assert not (tmp_path / "a/boxes.csv").exists()
    assert not [t for t in threading.enumerate() if t.name.startswith("sample")]
    generate(tmp_path / "a", 0, silent_reporter())
    generate(tmp_path / "b", 0, silent_reporter())
    assert digests(tmp_path / "a") == digests(tmp_path / "b")


def test_no_place_to_write(few: Scenes, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError) as caught:
        generate(tmp_path / "file", 0, silent_reporter())
    assert caught.value.remedy
