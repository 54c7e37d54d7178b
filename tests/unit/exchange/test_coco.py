from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import supervision
from PIL import Image
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from torchvision.datasets import CocoDetection

from engine.domain.errors import InputError
from engine.domain.geometry import Box
from engine.exchange.coco import write_coco
from engine.exchange.model import ExportBox, ExportImage, ExportSet
from engine.jobs.reporter import Reporter, silent_reporter


def boxes_by_path(coco: COCO) -> dict[str, list[tuple[str, tuple[float, ...]]]]:
    names = {number: category["name"] for number, category in coco.cats.items()}
    found: dict[str, list[tuple[str, tuple[float, ...]]]] = {}
    for number, image in coco.imgs.items():
        rows = coco.imgToAnns[number]
        found[image["file_name"]] = sorted(
            (names[row["category_id"]], tuple(row["bbox"])) for row in rows
        )
    return found


def expected(data: ExportSet) -> dict[str, list[tuple[str, tuple[float, ...]]]]:
    return {
        image.path: sorted(
            (box.class_name, (box.box.xmin, box.box.ymin, box.box.width, box.box.height))
            for box in image.boxes
        )
        for image in data.images
    }


def test_pycocotools_reads_every_box_exactly(
    cases: ExportSet, image_root: Path, tmp_path: Path, reporter: Reporter
) -> None:
    write_coco(cases, image_root, tmp_path / "out", reporter)
    coco = COCO(str(tmp_path / "out" / "annotations.json"))
    assert boxes_by_path(coco) == expected(cases)
    sizes = {image["file_name"]: (image["width"], image["height"]) for image in coco.imgs.values()}
    assert sizes == {image.path: (image.width, image.height) for image in cases.images}
    assert [coco.cats[number]["name"] for number in (1, 2, 3)] == cases.classes
    for rows in (coco.imgs, coco.anns, coco.cats):
        assert sorted(rows) == list(range(1, len(rows) + 1))


def average_precision(annotations: Path, results: list[dict[str, Any]]) -> float:
    truth = COCO(str(annotations))
    evaluation = COCOeval(truth, truth.loadRes(results), "bbox")
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    return float(evaluation.stats[0])


def test_pycocotools_gives_it_ap_1_against_itself(
    cases: ExportSet, image_root: Path, tmp_path: Path, reporter: Reporter
) -> None:
    write_coco(cases, image_root, tmp_path / "out", reporter)
    path = tmp_path / "out" / "annotations.json"
    rows = json.loads(path.read_text(encoding="utf-8"))["annotations"]
    keys = ("image_id", "category_id", "bbox")
    perfect = [{**{key: row[key] for key in keys}, "score": 0.9} for row in rows]
    assert average_precision(path, perfect) == pytest.approx(1.0)
    shifted = [{**row, "bbox": [0, 0, 0.5, 0.5]} for row in perfect]
    assert average_precision(path, shifted) < 0.1


def test_proposals_in_the_results_form(image_root: Path, tmp_path: Path) -> None:
    proposals = [
        ExportBox.of("cat", Box(1, 2, 30, 40), 0.25),
        ExportBox.of("cat", Box(31, 2, 60, 40), 1),
    ]
    image = ExportImage("cats/same.jpg", 64, 48, proposals)
    written = write_coco(
        ExportSet([image], ["cat"]), image_root, tmp_path / "out", silent_reporter()
    )
    assert tmp_path / "out" / "proposals.json" in written
    results = json.loads((tmp_path / "out" / "proposals.json").read_text(encoding="utf-8"))
    assert results == [
        {"image_id": 1, "category_id": 1, "bbox": [1, 2, 29, 38], "score": 0.25},
        {"image_id": 1, "category_id": 1, "bbox": [31, 2, 29, 38], "score": 1.0},
    ]
    assert average_precision(tmp_path / "out" / "annotations.json", results) == pytest.approx(1.0)


def test_only_what_nobody_reviewed_is_a_proposal(
    cases: ExportSet, image_root: Path, tmp_path: Path, reporter: Reporter
) -> None:
    write_coco(cases, image_root, tmp_path / "out", reporter)
    results = json.loads((tmp_path / "out" / "proposals.json").read_text(encoding="utf-8"))
    assert sorted(row["score"] for row in results) == [0.25, 0.5, 0.75]
    rows = json.loads((tmp_path / "out" / "annotations.json").read_text(encoding="utf-8"))
    attributes = [row["attributes"] for row in rows["annotations"]]
    assert {"origin": "accepted", "score": 0.875, "run": 7} in attributes
    assert {"origin": "proposal"} in attributes


def test_no_proposals_no_file(image_root: Path, tmp_path: Path) -> None:
    image = ExportImage("cats/same.jpg", 64, 48)
    written = write_coco(
        ExportSet([image], ["cat"]), image_root, tmp_path / "out", silent_reporter()
    )
    assert [path.name for path in written] == ["annotations.json", "provenance.json"]
    assert len(COCO(str(written[0])).anns) == 0


def test_splits_share_the_ids_of_the_whole(
    cases: ExportSet, image_root: Path, tmp_path: Path, reporter: Reporter
) -> None:
    write_coco(cases, image_root, tmp_path / "out", reporter)
    whole = COCO(str(tmp_path / "out" / "annotations.json"))
    for split in ("train", "val", "test"):
        part = COCO(str(tmp_path / "out" / f"annotations_{split}.json"))
        paths = {image["file_name"] for image in part.imgs.values()}
        assert paths == {image.path for image in cases.images if image.split == split}
        assert part.anns.items() <= whole.anns.items()
        assert part.imgs.items() <= whole.imgs.items()


@pytest.mark.parametrize("images", ["copy", "link"])
def test_torchvision_reads_images_and_boxes(
    cases: ExportSet, image_root: Path, tmp_path: Path, reporter: Reporter, images: str
) -> None:
    out = tmp_path / "out"
    write_coco(cases, image_root, out, reporter, images=images)
    dataset = CocoDetection(str(out / "images"), str(out / "annotations.json"))
    assert len(dataset) == len(cases.images)
    for number, (picture, target) in zip(dataset.ids, dataset, strict=True):
        wanted = expected(cases)[dataset.coco.imgs[number]["file_name"]]
        assert sorted(tuple(row["bbox"]) for row in target) == sorted(box for _, box in wanted)
        assert picture.mode == "RGB"


def test_supervision_reads_images_and_boxes(
    cases: ExportSet, image_root: Path, tmp_path: Path, reporter: Reporter
) -> None:
    """Its boxes are float32 corners. (It refuses images that are links out of the folder.)"""
    images = tmp_path / "out" / "images"
    write_coco(cases, image_root, tmp_path / "out", reporter, images="copy")
    read = supervision.DetectionDataset.from_coco(
        str(images), str(tmp_path / "out" / "annotations.json")
    )
    assert read.classes == cases.classes
    assert len(read) == len(cases.images)
    for path, _picture, detections in read:
        wanted = expected(cases)[str(Path(path).relative_to(images))]
        names = [read.classes[number] for number in detections.class_id]
        found = sorted(zip(names, map(tuple, detections.xyxy.tolist()), strict=True))
        for (name, corners), (wanted_name, (x, y, w, h)) in zip(found, sorted(wanted), strict=True):
            assert name == wanted_name
            assert corners == pytest.approx((x, y, x + w, y + h), rel=1e-6)


def test_torchvision_reads_from_the_image_root_itself(
    cases: ExportSet, image_root: Path, tmp_path: Path, reporter: Reporter
) -> None:
    write_coco(cases, image_root, tmp_path / "out", reporter)
    dataset = CocoDetection(str(image_root), str(tmp_path / "out" / "annotations.json"))
    assert sum(len(target) for _, target in dataset) == 9


def test_same_data_same_bytes_whatever_the_order(
    cases: ExportSet,
    image_root: Path,
    tmp_path: Path,
    reporter: Reporter,
    bytes_of: Callable[[Path], dict[str, bytes]],
) -> None:
    write_coco(cases, image_root, tmp_path / "one", reporter, images="copy")
    turned = ExportSet(cases.images[::-1], cases.classes, cases.provenance)
    write_coco(turned, image_root, tmp_path / "two", reporter, images="copy")
    assert bytes_of(tmp_path / "one") == bytes_of(tmp_path / "two")
    assert len(bytes_of(tmp_path / "one")) == 6 + len(cases.images)


def test_copies_are_the_originals_byte_by_byte_and_rotation_is_warned_of(
    cases: ExportSet, image_root: Path, tmp_path: Path, reporter: Reporter, warnings: list[str]
) -> None:
    write_coco(cases, image_root, tmp_path / "out", reporter, images="copy")
    for image in cases.images:
        copy = tmp_path / "out" / "images" / image.path
        assert copy.read_bytes() == (image_root / image.path).read_bytes()
    assert any("dogs/turned.jpg" in message and "EXIF" in message for message in warnings)


def test_missing_image_is_left_out_with_a_warning(
    cases: ExportSet, image_root: Path, tmp_path: Path, reporter: Reporter, warnings: list[str]
) -> None:
    (image_root / "cats/full.jpg").unlink()
    (image_root / "cats/pixel.png").write_bytes(b"")
    write_coco(cases, image_root, tmp_path / "out", reporter, images="copy")
    assert len([message for message in warnings if "left out" in message]) == 2
    assert not (tmp_path / "out/images/cats/full.jpg").exists()
    assert (tmp_path / "out/images/cats/same.jpg").exists()


def test_provenance_says_where_it_comes_from(
    cases: ExportSet, image_root: Path, tmp_path: Path, reporter: Reporter
) -> None:
    write_coco(cases, image_root, tmp_path / "out", reporter)
    about = json.loads((tmp_path / "out" / "provenance.json").read_text(encoding="utf-8"))
    assert about["tool"] == "boxwright"
    assert about["source"] == {"project": "test", "runs": [7]}
    assert about["counts"]["images"] == 8
    assert about["counts"]["boxes_per_class"] == {"dog & <cat>": 2, "cat": 6, "chat « gris »": 1}
    assert about["counts"]["boxes_per_origin"] == {"accepted": 1, "drawn": 4, "proposal": 4}
    assert about["counts"]["images_per_split"] == {"none": 2, "test": 2, "train": 2, "val": 2}


def test_ten_thousand_images(tmp_path: Path) -> None:
    images = [
        ExportImage(
            f"{i % 7}/{i}.jpg", 640, 480, [ExportBox.of("a", Box(i % 600, 1, i % 600 + 9, 9))]
        )
        for i in range(10_000)
    ]
    write_coco(ExportSet(images, ["a"]), tmp_path, tmp_path / "out", silent_reporter())
    coco = COCO(str(tmp_path / "out" / "annotations.json"))
    assert (len(coco.imgs), len(coco.anns), max(coco.anns)) == (10_000, 10_000, 10_000)


def test_jpeg_is_not_for_coco(cases: ExportSet, image_root: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="names"):
        write_coco(cases, image_root, tmp_path / "out", silent_reporter(), images="jpeg")
    with Image.open(image_root / "cats/full.jpg") as image:
        assert image.size == (64, 48)
