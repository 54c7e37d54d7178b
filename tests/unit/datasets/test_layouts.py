from __future__ import annotations

from pathlib import Path

import pytest

from engine.datasets import TrueBox, open_dataset
from engine.domain.errors import InputError
from engine.domain.geometry import Box
from tests.unit.datasets.conftest import (
    CAR_NAMES,
    HEIGHT,
    MAKERS,
    WIDTH,
    make_cars_devkit,
    make_cub,
    make_ilsvrc,
    picture,
)


def test_every_layout_is_recognised_and_its_images_are_there(layout: tuple[str, Path]) -> None:
    name, folder = layout
    found = open_dataset(folder)
    assert found.name == name
    assert found == open_dataset(folder, name)
    for image in found.images:
        assert found.size(image) == (WIDTH, HEIGHT)
        assert image.split in ("train", "test")
        assert image.class_name


def test_cub_boxes_are_x_y_width_height_from_0(tmp_path: Path) -> None:
    found = open_dataset(make_cub(tmp_path))
    first, second, third = found.images
    assert first.boxes == (TrueBox("001.Ani", Box(0, 0, 60, 40)),)
    assert second.boxes[0].box == Box(10, 5, 30, 35)
    assert third.boxes[0].box == Box(1.5, 2, 5, 6)
    assert [image.split for image in found.images] == ["train", "test", "train"]
    assert found.labels()["002.Wren/Wren_3.jpg"] == "002.Wren"


def test_cub_below_its_usual_folder_with_segmentations(tmp_path: Path) -> None:
    (tmp_path / "CUB_200_2011").mkdir()
    make_cub(tmp_path / "CUB_200_2011")
    (tmp_path / "segmentations").mkdir()
    found = open_dataset(tmp_path)
    assert found.root == tmp_path / "CUB_200_2011" / "images"
    assert found.masks == tmp_path / "segmentations"


def test_ilsvrc_reports_on_its_validation_set(tmp_path: Path) -> None:
    found = open_dataset(make_ilsvrc(tmp_path))
    assert [(i.path, i.class_name, i.split) for i in found.images] == [
        ("train/n01440764/n01440764_1.JPEG", "n01440764 tench", "train"),
        ("train/n02119789/n02119789_7.JPEG", "n02119789 kit fox", "train"),
        ("val/ILSVRC2012_val_00000001.JPEG", "n02119789 kit fox", "test"),
    ]
    boxes = [item.box for item in found.images[-1].boxes]
    assert boxes == [Box(0, 4, 30, 40), Box(31, 2, 60, 20)]


def test_ilsvrc_boxes_from_the_solution_table(tmp_path: Path) -> None:
    make_ilsvrc(tmp_path)
    truth = open_dataset(tmp_path).images[-1]
    (tmp_path / "ILSVRC/Annotations").rename(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="neither an XML file"):
        open_dataset(tmp_path)
    (tmp_path / "LOC_val_solution.csv").write_text(
        "ImageId,PredictionString\n"
        "ILSVRC2012_val_00000001,n02119789 0 4 30 40 n02119789 31 2 60 20 \n"
    )
    assert open_dataset(tmp_path).images[-1] == truth


def test_ilsvrc_validation_sorted_into_folders(tmp_path: Path) -> None:
    make_ilsvrc(tmp_path)
    val = tmp_path / "ILSVRC/Data/CLS-LOC/val"
    (val / "n02119789").mkdir()
    name = "ILSVRC2012_val_00000001.JPEG"
    (val / name).rename(val / "n02119789" / name)
    assert open_dataset(tmp_path).images[-1].path == f"val/n02119789/{name}"


@pytest.mark.parametrize("form", ["cars whole", "cars devkit", "cars csv"])
def test_cars_corners_are_inclusive_from_1(form: str, tmp_path: Path) -> None:
    found = open_dataset(MAKERS[form](tmp_path))
    first, second = found.images
    assert (first.class_name, first.split) == (CAR_NAMES[0], "train")
    assert first.boxes == (TrueBox(CAR_NAMES[0], Box(0, 0, WIDTH, HEIGHT)),)
    assert (second.class_name, second.split) == (CAR_NAMES[1], "test")
    assert second.boxes[0].box == Box(10, 5, 30, 35)


def test_folder_takes_all_boxes_and_images_without_any(tmp_path: Path) -> None:
    found = {image.path: image for image in open_dataset(MAKERS["folder"](tmp_path)).images}
    assert len(found["ani/1.png"].boxes) == 2
    assert found["ani/2.png"].boxes == ()
    assert found["ani/2.png"].class_name == "ani"
    assert found["wren/3.png"].size == (WIDTH, HEIGHT)


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("bounding_boxes.txt", "2 10.0 5.0 20.0 30.0", "2 10.0 5.0 20.0", "line 2"),
        ("bounding_boxes.txt", "10.0 5.0 20.0", "10.0 x 20.0", "not all numbers"),
        ("bounding_boxes.txt", "20.0 30.0", "0.0 30.0", "no extent"),
        ("bounding_boxes.txt", "20.0 30.0", "nan 30.0", "no extent"),
        ("images.txt", "2 001.Ani/Ani_2.jpg", "2 ../../Ani_2.jpg", "image 2"),
        ("images.txt", "2 001", "1 001", "twice"),
        ("train_test_split.txt", "2 0", "2 5", "neither 1 nor 0"),
        ("image_class_labels.txt", "2 1", "2 9", "no line for 9"),
    ],
)
def test_damaged_tables_are_named(file: str, old: str, new: str, told: str, tmp_path: Path) -> None:
    path = make_cub(tmp_path) / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(InputError, match=told) as caught:
        open_dataset(tmp_path)
    assert caught.value.path is not None
    assert Path(caught.value.path).parent == tmp_path


def test_matlab_files_that_cannot_be_used(tmp_path: Path) -> None:
    make_cars_devkit(tmp_path)
    labels = tmp_path / "cars_test_annos_withlabels.mat"
    content = labels.read_bytes()
    labels.unlink()
    with pytest.raises(InputError, match="There is no cars_test_annos_withlabels"):
        open_dataset(tmp_path)
    for damaged in (b"", b"not a matlab file", content[: len(content) // 2]):
        labels.write_bytes(damaged)
        with pytest.raises(InputError, match=r"cars_test_annos_withlabels\.mat"):
            open_dataset(tmp_path)


def test_entities_in_xml_are_refused(tmp_path: Path) -> None:
    make_ilsvrc(tmp_path)
    file = next(tmp_path.rglob("*.xml"))
    file.write_text('<!DOCTYPE a [<!ENTITY e "x">]><annotation>&e;</annotation>')
    with pytest.raises(InputError, match="entities"):
        open_dataset(tmp_path)


def test_a_folder_that_is_no_data_set(tmp_path: Path) -> None:
    picture(tmp_path / "a" / "b.png")
    with pytest.raises(InputError, match="no data set"):
        open_dataset(tmp_path)
    with pytest.raises(InputError, match=r"Known: auto, cub, cars, folder, ilsvrc"):
        open_dataset(tmp_path, "coco")
    for name in ("cub", "cars", "folder", "ilsvrc"):
        with pytest.raises(InputError):
            open_dataset(tmp_path, name)
