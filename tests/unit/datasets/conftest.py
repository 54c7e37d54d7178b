"""Small folders in the layouts that the data sets come in, with real image files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

WIDTH, HEIGHT = 60, 40
Maker = Callable[[Path], Path]


def picture(path: Path, colour: tuple[int, int, int] = (90, 120, 30)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (WIDTH, HEIGHT), colour).save(path)
    return path


def make_cub(folder: Path) -> Path:
    names = ["001.Ani/Ani_1.jpg", "001.Ani/Ani_2.jpg", "002.Wren/Wren_3.jpg"]
    for name in names:
        picture(folder / "images" / name)
    tables = {
        "images.txt": [f"{i} {name}" for i, name in enumerate(names, 1)],
        "image_class_labels.txt": ["1 1", "2 1", "3 2"],
        "classes.txt": ["1 001.Ani", "2 002.Wren"],
        "train_test_split.txt": ["1 1", "2 0", "3 1"],
        "bounding_boxes.txt": [
            "1 0.0 0.0 60.0 40.0",
            "2 10.0 5.0 20.0 30.0",
            "3 1.5 2.0 3.5 4.0",
        ],
    }
    for file, lines in tables.items():
        (folder / file).write_text("\n".join(lines) + "\n")
    return folder


def make_ilsvrc(folder: Path) -> Path:
    data, xml = folder / "ILSVRC/Data/CLS-LOC", folder / "ILSVRC/Annotations/CLS-LOC/val"
    picture(data / "train/n01440764/n01440764_1.JPEG")
    picture(data / "train/n02119789/n02119789_7.JPEG")
    picture(data / "val/ILSVRC2012_val_00000001.JPEG")
    picture(data / "test/ILSVRC2012_test_00000001.JPEG")
    xml.mkdir(parents=True)
    item = (
        "<object><name>n02119789</name><bndbox><xmin>{}</xmin><ymin>{}</ymin>"
        "<xmax>{}</xmax><ymax>{}</ymax></bndbox></object>"
    )
    objects = item.format(0, 4, 30, 40) + item.format(31, 2, 60, 20)
    (xml / "ILSVRC2012_val_00000001.xml").write_text(f"<annotation>{objects}</annotation>")
    mapping = "n01440764 tench, Tinca tinca\nn02119789 kit fox, Vulpes macrotis\n"
    (folder / "LOC_synset_mapping.txt").write_text(mapping)
    return folder


CARS = [("000001.jpg", (1, 1, 60, 40), 1, 0), ("000002.jpg", (11, 6, 30, 35), 2, 1)]
CAR_NAMES = ["AM General Hummer SUV 2000", "Ram C/V Cargo Van 2012"]
_FIELDS = ("bbox_x1", "bbox_y1", "bbox_x2", "bbox_y2")


def _annotations(rows: list[dict[str, object]]) -> np.ndarray:
    found = np.empty((1, len(rows)), dtype=[(name, object) for name in rows[0]])
    for index, row in enumerate(rows):
        found[0, index] = tuple(row.values())
    return found


def _names() -> np.ndarray:
    return np.array(CAR_NAMES, dtype=object)[None]


def make_cars_whole(folder: Path) -> Path:
    rows = []
    for file, corners, label, test in CARS:
        picture(folder / "car_ims" / file)
        named = dict(zip(_FIELDS, corners, strict=True))
        rows.append({"relative_im_path": f"car_ims/{file}", **named, "class": label, "test": test})
    savemat(folder / "cars_annos.mat", {"annotations": _annotations(rows), "class_names": _names()})
    return folder


def make_cars_devkit(folder: Path) -> Path:
    (folder / "devkit").mkdir()
    savemat(folder / "devkit/cars_meta.mat", {"class_names": _names()})
    files = ("devkit/cars_train_annos.mat", "cars_test_annos_withlabels.mat")
    for (file, corners, label, test), name in zip(CARS, files, strict=True):
        picture(folder / ("cars_test" if test else "cars_train") / file)
        row = {**dict(zip(_FIELDS, corners, strict=True)), "class": label, "fname": file}
        savemat(folder / name, {"annotations": _annotations([row])})
    return folder


def make_cars_csv(folder: Path) -> Path:
    (folder / "names.csv").write_text("\n".join(CAR_NAMES) + "\n")
    for file, corners, label, test in CARS:
        split = "test" if test else "train"
        name = CAR_NAMES[label - 1].replace("/", "-")
        picture(folder / "car_data" / split / name / file)
        line = ",".join(map(str, (file, *corners, label)))
        (folder / f"anno_{split}.csv").write_text(line + "\n")
    return folder


def make_folder(folder: Path) -> Path:
    for name in ("ani/1.png", "ani/2.png", "wren/3.png"):
        picture(folder / "images" / name)
    (folder / "boxes.csv").write_text(
        "image,class,width,height,xmin,ymin,xmax,ymax\n"
        f"ani/1.png,ani,{WIDTH},{HEIGHT},0,0,20,20\n"
        f"ani/1.png,ani,{WIDTH},{HEIGHT},30,20,60,40\n"
        f"wren/3.png,wren,{WIDTH},{HEIGHT},5,5,15,25\n"
    )
    (folder / "splits.csv").write_text(
        "image,class,split\nani/1.png,ani,test\nani/2.png,ani,train\nwren/3.png,wren,train\n"
    )
    return folder


MAKERS: dict[str, Maker] = {
    "cub": make_cub,
    "ilsvrc": make_ilsvrc,
    "cars whole": make_cars_whole,
    "cars devkit": make_cars_devkit,
    "cars csv": make_cars_csv,
    "folder": make_folder,
}


@pytest.fixture(params=MAKERS)
def layout(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Path]:
    """Name of the data set, and a folder that holds it."""
    folder = tmp_path / "data set"
    folder.mkdir()
    return request.param.split()[0], MAKERS[request.param](folder)
