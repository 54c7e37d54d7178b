from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import supervision
import yaml
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.errors import InputError
from engine.domain.geometry import Box
from engine.exchange.contents import checked
from engine.exchange.model import ExportImage, ExportSet
from engine.exchange.read_yolo import _names
from engine.exchange.yaml_text import quoted
from engine.exchange.yolo import LEFT, NO_VAL, data_yaml, label_row, write_yolo
from engine.jobs.reporter import Reporter, silent_reporter


def test_layout_and_data_file(
    cases: ExportSet, image_root: Path, tmp_path: Path, reporter: Reporter, warnings: list[str]
) -> None:
    out = tmp_path / "out"
    written = write_yolo(cases, image_root, out, reporter, images="copy")
    about = yaml.safe_load((out / "data.yaml").read_text(encoding="utf-8"))
    assert about == {
        "train": "images/train",
        "val": "images/val",
        "test": "images/test",
        "names": dict(enumerate(cases.classes)),
    }
    for split, count in (("train", 4), ("val", 2), ("test", 2)):
        labels = {path.stem for path in (out / "labels" / split).iterdir()}
        assert labels == {path.stem for path in (out / "images" / split).iterdir()}
        assert len(labels) == count
    assert len(written) == 8 + 3
    assert not [message for message in warnings if message in (LEFT, NO_VAL)]


def test_rows_are_what_ultralytics_checks(
    cases: ExportSet, image_root: Path, tmp_path: Path
) -> None:
    """Five columns, all in [0, 1], no class beyond the names, no row twice."""
    write_yolo(cases, image_root, tmp_path / "out", silent_reporter())
    rows_seen = 0
    for path in (tmp_path / "out/labels").rglob("*.txt"):
        rows = [line.split() for line in path.read_text().splitlines()]
        rows_seen += len(rows)
        table = np.array(rows, np.float64).reshape(-1, 5)
        assert ((table[:, 1:] >= 0) & (table[:, 1:] <= 1)).all()
        assert (table[:, 0] < len(cases.classes)).all()
        assert len(np.unique(table, axis=0)) == len(rows)
    assert rows_seen == sum(len(image.boxes) for image in cases.images)
    assert (tmp_path / "out/labels/train/no boxes.txt").read_bytes() == b""


@pytest.mark.parametrize("split", ["train", "val", "test"])
def test_supervision_reads_images_and_boxes(
    cases: ExportSet, image_root: Path, tmp_path: Path, split: str
) -> None:
    out = tmp_path / "out"
    write_yolo(cases, image_root, out, silent_reporter(), images="jpeg")
    read = supervision.DetectionDataset.from_yolo(
        str(out / "images" / split), str(out / "labels" / split), str(out / "data.yaml")
    )
    with (out / "index.csv").open(encoding="utf-8", newline="") as table:
        index = dict(csv.reader(table))
    by_path = {image.path: image for image in cases.images}
    assert read.classes == cases.classes
    assert len(read) == sum((image.split or "train") == split for image in cases.images)
    for path, picture, detections in read:
        image = by_path[index[Path(path).relative_to(out).as_posix()]]
        assert picture.shape[:2] == (image.height, image.width)
        found = sorted(
            (read.classes[number], *corners)
            for number, corners in zip(detections.class_id, detections.xyxy.tolist(), strict=True)
        )
        wanted = sorted((box.class_name, *box.box.as_tuple()) for box in image.boxes)
        assert [row[0] for row in found] == [row[0] for row in wanted]
        for row, other in zip(found, wanted, strict=True):
            assert row[1:] == pytest.approx(other[1:], abs=1e-4)


def test_without_val_and_without_images_it_warns(
    image_root: Path, tmp_path: Path, reporter: Reporter, warnings: list[str]
) -> None:
    data = ExportSet([ExportImage("cats/full.jpg", 64, 48)], ["cat"])
    write_yolo(data, image_root, tmp_path / "out", reporter)
    assert warnings == [LEFT, NO_VAL]
    assert yaml.safe_load((tmp_path / "out/data.yaml").read_text())["val"] == "images/train"


def test_same_data_same_bytes_whatever_the_order(
    cases: ExportSet,
    image_root: Path,
    tmp_path: Path,
    bytes_of: Callable[[Path], dict[str, bytes]],
) -> None:
    turned = ExportSet(list(cases.images)[::-1], cases.classes, cases.provenance)
    write_yolo(cases, image_root, tmp_path / "one", silent_reporter(), images="copy")
    write_yolo(turned, image_root, tmp_path / "two", silent_reporter(), images="copy")
    assert bytes_of(tmp_path / "one") == bytes_of(tmp_path / "two")


@given(
    st.integers(1, 20_000),
    st.integers(1, 20_000),
    st.lists(st.floats(0, 1), min_size=4, max_size=4),
)
def test_a_row_says_the_box_to_a_thousandth_of_a_pixel(
    width: int, height: int, parts: list[float]
) -> None:
    xs, ys = sorted(parts[:2]), sorted(parts[2:])
    box = Box(xs[0] * width, ys[0] * height, xs[1] * width, ys[1] * height)
    if not box.has_extent:
        return
    number, cx, cy, w, h = map(float, label_row(3, box, width, height).split())
    assert number == 3
    assert all(0 <= value <= 1 for value in (cx, cy, w, h))
    assert (cx * width, w * width) == pytest.approx(
        ((box.xmin + box.xmax) / 2, box.width), abs=1e-3
    )
    assert (cy * height, h * height) == pytest.approx(
        ((box.ymin + box.ymax) / 2, box.height), abs=1e-3
    )


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_class_name_reads_back_from_yaml(name: str) -> None:
    assert yaml.safe_load(f"names:\n  0: {quoted(name)}\n") == {"names": {0: name}}


def test_the_names_come_back_in_order(tmp_path: Path) -> None:
    names = ["null", "1", "no", "~", "a: b", "# c", "d\\e", 'f"g', " h ", "- i"]
    ready = checked(ExportSet([ExportImage("a.jpg", 1, 1)], names))
    ready.survey(silent_reporter())
    (tmp_path / "data.yaml").write_text(data_yaml(ready), encoding="utf-8")
    assert list(_names(tmp_path)[0].values()) == [name.strip() for name in names]


def test_csv_and_coco_keep_names_but_yolo_may_write_jpeg(
    cases: ExportSet, image_root: Path, tmp_path: Path
) -> None:
    from engine.exchange.csv_boxes import write_csv

    with pytest.raises(InputError, match="names"):
        write_csv(cases, image_root, tmp_path / "csv", silent_reporter(), images="jpeg")
    write_yolo(cases, image_root, tmp_path / "yolo", silent_reporter(), images="jpeg")
    pictures = [path for path in (tmp_path / "yolo/images").rglob("*") if path.is_file()]
    assert {path.suffix for path in pictures} == {".jpg"}
    assert len(pictures) == 8
