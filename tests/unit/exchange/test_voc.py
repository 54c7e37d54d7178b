from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import supervision
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from torchvision.datasets import VOCDetection

from engine.domain.errors import InputError
from engine.domain.geometry import Box
from engine.exchange.model import ExportBox, ExportImage, ExportSet
from engine.exchange.voc import annotation_xml, label_map, voc_corners, write_voc
from engine.jobs.reporter import Reporter, silent_reporter

STEMS = {
    "cats/no boxes.jpg": "no boxes",
    "cats/full.jpg": "full",
    "cats/pixel.png": "pixel",
    "dogs/turned.jpg": "turned",
    "dogs/naïve – 犬 🐕.jpg": "naïve – 犬 🐕",
    "cats/same.jpg": "cats__same",
    "dogs/same.jpg": "dogs__same",
    'dogs/sub dir/it\'s "so".jpg': 'it\'s "so"',
}


def devkit(box: Box) -> tuple[int, ...]:
    return (
        int(np.floor(box.xmin)) + 1,
        int(np.floor(box.ymin)) + 1,
        int(np.ceil(box.xmax)),
        int(np.ceil(box.ymax)),
    )


def expected(image: ExportImage) -> list[tuple[str, tuple[int, ...]]]:
    return sorted((box.class_name, devkit(box.box)) for box in image.boxes)


def read(path: Path) -> tuple[dict[str, Any], list[tuple[str, tuple[int, ...]]]]:
    """By torchvision's own parser, which needs no image."""
    root = ET.parse(path).getroot()
    annotation = VOCDetection.parse_voc_xml(root)["annotation"]
    return annotation, objects_of(annotation)


def objects_of(annotation: dict[str, Any]) -> list[tuple[str, tuple[int, ...]]]:
    sides = ("xmin", "ymin", "xmax", "ymax")
    return sorted(
        (item["name"], tuple(int(item["bndbox"][side]) for side in sides))
        for item in annotation["object"]
        if item
    )


def test_every_case_reads_back_to_the_pixel(
    cases: ExportSet, image_root: Path, tmp_path: Path, reporter: Reporter
) -> None:
    written = write_voc(cases, image_root, tmp_path / "out", reporter)
    assert len(written) == len(cases.images) + 6
    for image in cases.images:
        annotation, objects = read(tmp_path / "out/Annotations" / f"{STEMS[image.path]}.xml")
        assert objects == expected(image)
        size = {"width": str(image.width), "height": str(image.height), "depth": "3"}
        assert annotation["size"] == size
        assert annotation["path"] == image.path
        assert annotation["filename"] == STEMS[image.path] + Path(image.path).suffix
        for item in annotation["object"]:
            assert (item["difficult"], item["truncated"]) == ("0", "0")


def test_full_image_and_single_pixels_in_the_devkits_numbers() -> None:
    assert voc_corners(Box(0, 0, 64, 48), True) == (1, 1, 64, 48)
    assert voc_corners(Box(63, 47, 64, 48), True) == (64, 48, 64, 48)
    assert voc_corners(Box(0, 0, 1, 1), True) == (1, 1, 1, 1)
    assert voc_corners(Box(0, 0, 64, 48), False) == (0, 0, 64, 48)
    assert voc_corners(Box(63, 47, 64, 48), False) == (63, 47, 64, 48)
    assert voc_corners(Box(10.25, 20.5, 30.125, 60.75), True) == (11, 21, 31, 61)


@given(
    st.integers(1, 10_000),
    st.integers(1, 10_000),
    st.lists(st.floats(0, 1), min_size=4, max_size=4),
    st.booleans(),
)
def test_corners_hold_the_box_and_stay_inside(
    width: int, height: int, fractions: list[float], one_based: bool
) -> None:
    xs, ys = sorted(fractions[:2]), sorted(fractions[2:])
    box = Box(xs[0] * width, ys[0] * height, xs[1] * width, ys[1] * height)
    if not box.has_extent:
        return
    xmin, ymin, xmax, ymax = voc_corners(box, one_based)
    shift = 1 if one_based else 0
    held = Box(xmin - shift, ymin - shift, xmax, ymax)
    assert held.xmin <= box.xmin < held.xmin + 1
    assert held.ymin <= box.ymin < held.ymin + 1
    assert held.xmax - 1 < box.xmax <= held.xmax
    assert held.ymax - 1 < box.ymax <= held.ymax
    assert held.clipped(width, height) == held
    assert held.has_extent


@pytest.mark.parametrize("image_set", ["train", "val", "trainval", "test"])
def test_torchvision_reads_every_list_with_upright_images(
    cases: ExportSet, image_root: Path, tmp_path: Path, reporter: Reporter, image_set: str
) -> None:
    out = tmp_path / "VOCdevkit" / "VOC2007"
    write_voc(cases, image_root, out, reporter, images="jpeg")
    dataset = VOCDetection(str(tmp_path), year="2007", image_set=image_set, download=False)
    splits = {"trainval": {"train", "val", None}, "train": {"train", None}}
    wanted = [i for i in cases.images if i.split in splits.get(image_set, {image_set})]
    assert len(dataset) == len(wanted) > 0
    by_path = {image.path: image for image in wanted}
    for picture, target in dataset:
        image = by_path.pop(target["annotation"]["path"])
        assert picture.size == (image.width, image.height)
        assert objects_of(target["annotation"]) == expected(image)
    assert not by_path


@pytest.mark.parametrize("images", ["copy", "link"])
def test_supervision_reads_images_and_boxes(
    cases: ExportSet, image_root: Path, tmp_path: Path, reporter: Reporter, images: str
) -> None:
    out = tmp_path / "out"
    write_voc(cases, image_root, out, reporter, images=images)
    dataset = supervision.DetectionDataset.from_pascal_voc(
        str(out / "JPEGImages"), str(out / "Annotations")
    )
    by_stem = {STEMS[image.path]: image for image in cases.images}
    assert len(dataset) == len(cases.images)
    for path, _picture, detections in dataset:
        wanted = [corners for _, corners in expected(by_stem[Path(path).stem])]
        half_open = sorted((a - 1, b - 1, c, d) for a, b, c, d in wanted)
        assert sorted(map(tuple, detections.xyxy.tolist())) == half_open


def test_copies_are_byte_by_byte_and_links_lead_to_the_originals(
    cases: ExportSet, image_root: Path, tmp_path: Path, reporter: Reporter, warnings: list[str]
) -> None:
    write_voc(cases, image_root, tmp_path / "copies", reporter, images="copy")
    write_voc(cases, image_root, tmp_path / "links", reporter, images="link")
    for image in cases.images:
        name = STEMS[image.path] + Path(image.path).suffix
        original = image_root / image.path
        copy = tmp_path / "copies/JPEGImages" / name
        assert not copy.is_symlink()
        assert copy.read_bytes() == original.read_bytes()
        assert (tmp_path / "links/JPEGImages" / name).resolve() == original.resolve()
    assert len([message for message in warnings if "EXIF" in message]) == 2


def test_as_jpeg_all_is_upright_and_what_was_so_is_untouched(
    cases: ExportSet, image_root: Path, tmp_path: Path, reporter: Reporter, warnings: list[str]
) -> None:
    write_voc(cases, image_root, tmp_path / "out", reporter, images="jpeg")
    folder = tmp_path / "out/JPEGImages"
    assert (folder / "full.jpg").read_bytes() == (image_root / "cats/full.jpg").read_bytes()
    for image in cases.images:
        with Image.open(folder / f"{STEMS[image.path]}.jpg") as picture:
            assert picture.format == "JPEG"
            assert picture.size == (image.width, image.height)
            assert 0x0112 not in picture.getexif()
    assert warnings == []


def test_images_are_left_alone_by_default(
    cases: ExportSet, image_root: Path, tmp_path: Path, reporter: Reporter
) -> None:
    write_voc(cases, image_root, tmp_path / "out", reporter)
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["Annotations", "ImageSets", "labelmap.txt", "provenance.json"]


def test_the_label_map_names_every_class_or_is_not_there() -> None:
    lines = "# label:color_rgb:parts:actions\ndog:::\nnaïve cat:::\n"
    assert label_map(["dog", "naïve cat"]) == lines
    for wrong in ("a: cat", "#cat", " cat", "c\nat"):
        assert label_map(["dog", wrong]) is None


def test_lists(cases: ExportSet, image_root: Path, tmp_path: Path, reporter: Reporter) -> None:
    write_voc(cases, image_root, tmp_path / "out", reporter)
    folder = tmp_path / "out/ImageSets/Main"
    lists = {p.stem: p.read_text(encoding="utf-8").splitlines() for p in folder.iterdir()}
    assert lists["val"] == ["pixel", "turned"]
    assert lists["test"] == ["cats__same", "naïve – 犬 🐕"]
    assert set(lists["trainval"]) == set(lists["train"]) | set(lists["val"])
    assert not set(lists["train"]) & set(lists["val"])
    assert len(lists["train"]) == 4


def test_zero_based_on_request(image_root: Path, tmp_path: Path) -> None:
    image = ExportImage("cats/full.jpg", 64, 48, [ExportBox.of("cat", Box(0, 0, 64, 48))])
    data = ExportSet([image], ["cat"])
    write_voc(data, image_root, tmp_path / "out", silent_reporter(), one_based=False)
    _, objects = read(tmp_path / "out/Annotations/full.xml")
    assert objects == [("cat", (0, 0, 64, 48))]


def test_same_data_same_bytes_whatever_the_order(
    cases: ExportSet,
    image_root: Path,
    tmp_path: Path,
    reporter: Reporter,
    bytes_of: Callable[[Path], dict[str, bytes]],
) -> None:
    turned = ExportSet(cases.images[::-1], cases.classes, cases.provenance)
    write_voc(cases, image_root, tmp_path / "one", reporter, images="jpeg")
    write_voc(turned, image_root, tmp_path / "two", reporter, images="jpeg")
    assert bytes_of(tmp_path / "one") == bytes_of(tmp_path / "two")


@pytest.mark.parametrize("name", ["a\x01.jpg", "a\r.jpg", "a\ufffe.jpg"])
def test_names_that_xml_cannot_hold_are_named(name: str) -> None:
    with pytest.raises(InputError, match="XML cannot hold"):
        annotation_xml(ExportImage(name, 4, 4), "a.jpg")
    with pytest.raises(InputError, match="XML cannot hold"):
        annotation_xml(ExportImage("a.jpg", 4, 4, [ExportBox.of(name, Box(0, 0, 1, 1))]), "a.jpg")


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")))
def test_any_other_name_reads_back(name: str) -> None:
    image = ExportImage("a.jpg", 4, 4, [ExportBox.of(name, Box(0, 0, 1, 1))])
    root = ET.fromstring(annotation_xml(image, "a.jpg"))
    assert (root.findtext("object/name") or "") == name


def test_many_images(tmp_path: Path) -> None:
    images = [
        ExportImage(f"{i % 9}/{i // 9}.jpg", 640, 480, [ExportBox.of("a", Box(1, 1, 9, 9))])
        for i in range(1_000)
    ]
    write_voc(ExportSet(images, ["a"]), tmp_path, tmp_path / "out", silent_reporter())
    files = list((tmp_path / "out/Annotations").iterdir())
    assert len(files) == 1_000
    lines = (tmp_path / "out/ImageSets/Main/train.txt").read_text().splitlines()
    assert sorted(lines) == sorted(path.stem for path in files)
