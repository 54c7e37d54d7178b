"""Each importer says what is wrong, in which file, and where."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.domain.errors import InputError
from engine.exchange.readers import detect_format, read
from engine.exchange.reading import ReadBox

Told = list[tuple[str, str, str]]


def read_all(source: Path, format_name: str) -> tuple[list[ReadBox], Told]:
    told: Told = []
    found = read(source, format_name, lambda p, w, m: told.append((Path(p).name, w, m)), True)
    return [item for item in found if isinstance(item, ReadBox)], told


COCO: dict[str, Any] = {
    "images": [{"id": 1, "file_name": "a.jpg", "width": 64, "height": 48}],
    "categories": [{"id": 1, "name": "cat"}],
    "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4]}],
}


def coco(tmp_path: Path, **changes: Any) -> Path:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(COCO | changes))
    return path


def annotation(**changes: Any) -> list[dict[str, Any]]:
    return [COCO["annotations"][0] | changes]


@pytest.mark.parametrize(
    ("changes", "place", "message"),
    [
        ({"annotations": annotation(image_id=7)}, "annotations[0]", "No image has the id 7"),
        ({"annotations": annotation(category_id=7)}, "annotations[0]", "No category has the id 7"),
        ({"annotations": annotation(bbox=[1, 2, 3])}, "annotations[0]", "not four numbers"),
        ({"annotations": annotation(bbox=[1, 2, "3", 4])}, "annotations[0]", "not four numbers"),
        (
            {"annotations": annotation(bbox=[1, 2, float("nan"), 4])},
            "annotations[0]",
            "not four numbers",
        ),
        (
            {"annotations": annotation(bbox=[1, 2, 10**400, 4])},
            "annotations[0]",
            "not four numbers",
        ),
        ({"annotations": annotation(id="x")}, "annotations[0]", "no whole number"),
        ({"annotations": annotation(score=2)}, "annotations[0]", "from 0 to 1"),
        ({"annotations": ["x"]}, "annotations[0]", "no object"),
        ({"images": COCO["images"] * 2}, "images[1]", "id 1 is there already"),
        ({"categories": COCO["categories"] * 2}, "categories[1]", "id 1 is there already"),
        ({"images": [{"id": 1, "file_name": "../a.jpg"}]}, "images[0]", "climbs out"),
        ({"images": [{"id": 1, "file_name": 7}]}, "images[0]", "no text"),
    ],
)
def test_coco_entries(changes: Any, place: str, message: str, tmp_path: Path) -> None:
    _, told = read_all(coco(tmp_path, **changes), "coco")
    assert told[0][:2] == ("a.json", place)
    assert message in told[0][2]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "neither an object nor a list"),
        (b"{", "name in quotes"),
        (b'{"images": [}', "Expecting value"),
        (b'{"images": []} x', "follows the end"),
        (b'{"images": [\xff]}', "UTF-8"),
        (b'{"images": [' + b"[" * 100_000, "nested too deep"),
        (b'{"images": [' + b"1" * 5000 + b"]}", "too many digits"),
        (b"{}", "no COCO file"),
        (b"[]", "no COCO file"),
        (b'[{"image_id": 1}]', "results form"),
    ],
)
def test_coco_files_that_are_none(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        read_all(path, "coco")
    assert caught.value.path == str(path)


VOC = """<annotation><filename>a.jpg</filename><size><width>64</width><height>48</height></size>
<object><name>cat</name><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>3</xmax><ymax>4</ymax></bndbox>
</object></annotation>"""
BOMB = '<!DOCTYPE a [<!ENTITY b "cccc"><!ENTITY d "&b;&b;&b;">]><annotation>&d;</annotation>'


@pytest.mark.parametrize(
    ("content", "place", "message"),
    [
        (VOC.replace("<xmin>1<", "<xmin>one<"), "object 1", "xmin is 'one'"),
        (VOC.replace("<xmin>1<", "<xmin>nan<"), "object 1", "xmin is 'nan'"),
        (VOC.replace("<xmin>1</xmin>", ""), "object 1", "There is no xmin"),
        (VOC.replace("cat", " "), "object 1", "empty"),
        (VOC.replace("a.jpg", "../../a.jpg"), "filename", "climbs out"),
        (VOC.replace("annotation>", "other>"), "", "not <annotation>"),
        (VOC[:-20], "line 3", "Not XML"),
        (BOMB, "", "document type or entities"),
        ("<annotation>" + "<a>" * 1000, "", "nested too deep"),
        ('<?xml version="1.0" encoding="klingon"?>' + VOC, "", "cannot be decoded"),
    ],
)
def test_voc_files(content: str, place: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text(content)
    boxes, told = read_all(tmp_path, "voc")
    assert boxes == []
    assert (told[0][0], told[0][1]) == ("a.xml", place)
    assert message in told[0][2]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("0 0.5 0.5 0.1", "has 4 fields"),
        ("9 0.5 0.5 0.1 0.1", "No class has the number"),
        ("-1 0.5 0.5 0.1 0.1", "No class has the number"),
        ("cat 0.5 0.5 0.1 0.1", "No class has the number"),
        ("0 0.5 0.5 nan 0.1", "numbers from 0 to 1"),
        ("0 50 50 10 10", "numbers from 0 to 1"),
        ("0 " + "0.5 " * 8, "has 9 fields"),
    ],
)
def test_yolo_rows(row: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "data.yaml").write_text("names: [cat, dog]")
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels/a.txt").write_text(f"1 0.5 0.5 0.1 0.1\n{row}\n")
    boxes, told = read_all(tmp_path, "yolo")
    assert [box.class_name for box in boxes] == ["dog"]
    assert told[0][:2] == ("a.txt", "line 2")
    assert message in told[0][2]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("names: 7", "no list of names"),
        ("names: {a: b}", "no class number"),
        ("names: [cat, []]", "no text"),
        ("names: [", "Not usable as YAML"),
        ("names: " + "[" * 30_000, "nested too deep"),
        ("names: " + "- " * 30_000, "Not usable as YAML"),
        ("x: !!python/object/apply:os.getcwd []", "no list of names"),
    ],
)
def test_yolo_names(content: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "data.yaml").write_text(content)
    with pytest.raises(InputError, match=message) as caught:
        read_all(tmp_path, "yolo")
    assert caught.value.path == str(tmp_path / "data.yaml")


HEADER = "image,class,width,height,xmin,ymin,xmax,ymax\n"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("a.jpg,cat,64,48,1,2,3", "has 7 fields"),
        ("a.jpg,cat,64,48,1,2,x,4", "xmax is 'x'"),
        ("a.jpg,cat,64,48,1,2,inf,4", "xmax is 'inf'"),
        ("a.jpg,cat,0,48,1,2,3,4", "no numbers of pixels"),
        ("a.jpg,cat,64.5,48,1,2,3,4", "no numbers of pixels"),
        ("a.jpg,,64,48,1,2,3,4", "class is empty"),
        ("../a.jpg,cat,64,48,1,2,3,4", "climbs out"),
        ("a/../../b.jpg,cat,64,48,1,2,3,4", "climbs out"),
        ("first.jpg,cat,32,48,1,2,3,4", "another than on line 2"),
        ("caf\udce9.jpg,cat,64,48,1,2,3,4", "not valid Unicode"),
    ],
)
def test_csv_rows(row: str, message: str, tmp_path: Path) -> None:
    text = f"{HEADER}first.jpg,cat,64,48,1,2,3,4\n{row}\n"
    (tmp_path / "boxes.csv").write_text(text, encoding="utf-8", errors="surrogateescape")
    boxes, told = read_all(tmp_path, "csv")
    assert len(boxes) == 1
    assert told[0][:2] == ("boxes.csv", "line 3")
    assert message in told[0][2]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("image,class\n", "header lacks"),
        (HEADER.replace("ymax", "xmax"), "lacks ymax"),
        (HEADER + 'a"b",c\n"', "Not CSV"),
        (HEADER + "x" * (1 << 21), "too long"),
    ],
)
def test_csv_files(content: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "boxes.csv").write_text(content)
    with pytest.raises(InputError, match=message) as caught:
        read_all(tmp_path, "csv")
    assert caught.value.path == str(tmp_path / "boxes.csv")


@pytest.mark.parametrize("format_name", ["coco", "voc", "yolo", "csv"])
def test_what_is_not_there(format_name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no such|no XML|no list|names the classes"):
        read_all(tmp_path / "nothing", format_name)
    with pytest.raises(InputError):
        read_all(tmp_path, format_name)


def test_a_name_longer_than_any_file_has_is_only_a_name(tmp_path: Path) -> None:
    """Files beside the boxes are looked for by it."""
    name = "x" * 900
    image = COCO["images"][0] | {"file_name": name}
    assert len(read_all(coco(tmp_path, images=[image]), "coco")[0]) == 1
    (tmp_path / "a.xml").write_text(VOC.replace("a.jpg", name))
    assert len(read_all(tmp_path, "voc")[0]) == 1
    (tmp_path / "boxes.csv").write_text(f"{HEADER}{name},cat,64,48,1,2,3,4\n")
    assert len(read_all(tmp_path, "csv")[0]) == 1


def test_formats_are_known_by_their_files(tmp_path: Path) -> None:
    make: dict[str, Callable[[Path], object]] = {
        "coco": lambda f: (f / "annotations.json").touch(),
        "csv": lambda f: (f / "boxes.csv").touch(),
        "yolo": lambda f: (f / "data.yaml").touch(),
        "voc": lambda f: (f / "Annotations").mkdir(),
    }
    for name, build in make.items():
        (tmp_path / name).mkdir()
        build(tmp_path / name)
        assert detect_format(tmp_path / name) == name
    (tmp_path / "a.docx").touch()
    for wrong in (tmp_path / "a.docx", tmp_path):
        with pytest.raises(InputError, match="none of the formats"):
            detect_format(wrong)
