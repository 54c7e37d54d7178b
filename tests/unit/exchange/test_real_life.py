"""Files as other programs write them: Label Studio, CVAT, Roboflow, labelImg, Ultralytics."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.domain.imports import MatchBy
from engine.domain.records import ImageRecord
from engine.exchange.readers import detect_format, read
from engine.exchange.reading import ReadBox, ReadImage
from engine.workflows.matching import Matcher

ROW = "0 0.5 0.5 0.25 0.5\n"


def found(
    source: Path, name: str | None = None
) -> tuple[dict[str, str | None], list[ReadBox], list[str]]:
    """Split by image name, boxes, and what was said."""
    said: list[str] = []
    items = list(
        read(source, name or detect_format(source), lambda *t: said.append(f"{t[1]}: {t[2]}"), True)
    )
    splits = {item.name: item.split for item in items if isinstance(item, ReadImage)}
    return splits, [item for item in items if isinstance(item, ReadBox)], said


def put(root: Path, **files: str) -> Path:
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_txt", ".txt").replace("_yaml", ".yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.mark.parametrize("names", ["[cat, dog]", "\n  0: cat\n  1: dog", "\n- cat\n- dog"])
def test_names_as_list_or_dictionary(tmp_path: Path, names: str) -> None:
    put(tmp_path, data_yaml=f"names: {names}\nnc: 2\n", labels__a_txt=ROW)
    _splits, (box,), said = found(tmp_path)
    assert (box.class_name, said) == ("cat", [])


def test_folders_of_roboflow_that_climb_by_one(tmp_path: Path) -> None:
    yaml = "train: ../train/images\nval: ../valid/images\ntest: ../test/images\nnames: [cat]\n"
    put(
        tmp_path,
        data_yaml=yaml,
        train__labels__a_txt=ROW,
        valid__labels__b_txt=ROW,
        test__labels__c_txt=ROW,
        README__roboflow_txt="by",
    )
    splits, boxes, said = found(tmp_path)
    assert (splits, len(boxes), said) == ({"a": "train", "b": "val", "c": "test"}, 3, [])


def test_folders_with_other_names(tmp_path: Path) -> None:
    yaml = "path: ../datasets/coco\ntrain: images/train2017\nval: [images/val2017]\nnames: [cat]\n"
    put(tmp_path, data_yaml=yaml, labels__train2017__a_txt=ROW, labels__val2017__b_txt=ROW)
    assert found(tmp_path)[0] == {"train2017/a": "train", "val2017/b": "val"}


def test_lists_of_images(tmp_path: Path) -> None:
    put(
        tmp_path,
        data_yaml="train: ./train.txt\nval: val.txt\nnames: [cat]\n",
        train_txt="./images/a.jpg\n/home/me/images/sub/c.jpg\nimages/d.jpg\n",
        val_txt="images\\b.png\nimages/d.jpg\n",
        labels__a_txt=ROW,
        labels__b_txt=ROW,
        labels__sub__c_txt=ROW,
        labels__d_txt=ROW,
    )
    assert found(tmp_path)[0] == {"a": "train", "b": "val", "sub/c": "train", "d": None}


def test_darknet_as_cvat_writes_it(tmp_path: Path) -> None:
    (tmp_path / "obj.names").write_text("cat\n")
    put(tmp_path, obj_train_data__a_txt=ROW, train_txt="data/obj_train_data/a.jpg\n")
    _splits, (box,), said = found(tmp_path)
    assert (box.class_name, said) == ("cat", [])


@pytest.mark.parametrize(
    "row", ["0 .1 .1 .2 .1 .2 .2 .1 .2", "0 " + ".25 " * 60, "0 " + "0.123456 " * 600]
)
def test_rows_that_are_no_upright_box_say_what_they_are(tmp_path: Path, row: str) -> None:
    put(tmp_path, data_yaml="names: [cat]\n", labels__a_txt=f"{row}\n{ROW}")
    _splits, boxes, (said,) = found(tmp_path)
    assert len(boxes) == 1
    assert said.startswith("line 1: The row has ")
    assert "polygon, a rotated box or a pose" in said


def coco(folder: Path, name: str = "a.jpg", **more: Any) -> Path:
    box = {"id": 1, "image_id": 1, "category_id": 0, "bbox": [1, 2, 3, 4], **more}
    path = folder / "instances.json"
    image = {"id": 1, "file_name": name, "width": 10, "height": 10}
    content = {"images": [image], "categories": [{"id": 0, "name": "cat"}], "annotations": [box]}
    path.write_text(json.dumps(content))
    return path


@pytest.mark.parametrize(
    "more",
    [
        {"segmentation": [[1, 2, 4, 2, 4, 6]], "iscrowd": 0},
        {"segmentation": {"counts": "a1", "size": [10, 10]}, "iscrowd": False},
        {"attributes": {"occluded": True, "rotation": 0.0, "track_id": 3}},
        {"id": 0, "ignore": 0, "area": 12},
    ],
)
def test_boxes_of_coco_with_more_than_a_box(tmp_path: Path, more: dict[str, Any]) -> None:
    _splits, (box,), said = found(coco(tmp_path, **more))
    assert (box.xmin, box.ymin, box.xmax, box.ymax, said) == (1, 2, 4, 6, [])


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ({"iscrowd": 1}, "crowd"),
        ({"attributes": {"rotation": 45.0}}, "rotated by 45.0"),
        ({"bbox": [], "segmentation": [[1, 2, 4, 2, 4, 6]]}, "not four numbers"),
    ],
)
def test_what_is_no_box_of_one_object_is_told(
    tmp_path: Path, more: dict[str, Any], word: str
) -> None:
    _splits, boxes, (said,) = found(coco(tmp_path, **more))
    assert boxes == []
    assert said.startswith("annotations[0]: ")
    assert word in said


@pytest.mark.parametrize(
    "name",
    ["/data/upload/1/a.jpg", "C:\\images\\a.jpg", "images\\1\\a.jpg", "images/1/8ab2c1d0-a.jpg"],
)
def test_images_named_as_they_lay_elsewhere_are_found_by_their_own_name(
    tmp_path: Path, name: str
) -> None:
    said: list[str] = []
    (image, _box) = read(coco(tmp_path, name), "coco", lambda *t: said.append(t[2]), None)
    record = ImageRecord(1, "cats/a.jpg", 10, 10, None)
    assert isinstance(image, ReadImage)
    assert (Matcher([record], MatchBy.AUTO).find(image)[0], said) == (record, [])


def voc(folder: Path, filename: str, path: str = "", more: str = "") -> Path:
    text = (
        f"<annotation><filename>{filename}</filename><path>{path}</path>"
        "<size><width>0</width><height>0</height><depth>3</depth></size>"
        f"<object><name> cat </name>{more}<bndbox><xmin>1</xmin><ymin>2.0</ymin>"
        "<xmax>4</xmax><ymax>6</ymax></bndbox></object></annotation>"
    )
    (folder / "a.xml").write_text(text)
    return folder


@pytest.mark.parametrize(
    ("filename", "path"),
    [
        ("a.jpg", "/home/me/a.jpg"),
        ("a.jpg", "C:\\me\\a.jpg"),
        ("a", ""),
        ("C:\\me\\a.jpg", ""),
        ("/home/me/a.jpg", "Unknown.jpg/../../x"),
    ],
)
def test_names_in_voc(tmp_path: Path, filename: str, path: str) -> None:
    more = "<truncated>1</truncated><difficult>1</difficult><occluded>1</occluded>"
    said: list[str] = []
    source = voc(tmp_path, filename, path, more)
    image, box = read(source, "voc", lambda *t: said.append(t[2]), True)
    record = ImageRecord(1, "cats/a.jpg", 10, 10, None)
    assert isinstance(image, ReadImage)
    assert Matcher([record], MatchBy.AUTO).find(image)[0] is record
    assert isinstance(box, ReadBox)
    assert (box.class_name, box.xmin, said) == ("cat", 0, [])
