"""What each format wrote, each importer gives back, to the format's own rounding."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.domain.geometry import Box
from engine.domain.records import AnnotationOrigin, ReviewState
from engine.exchange.coco import write_coco
from engine.exchange.csv_boxes import write_csv
from engine.exchange.model import ExportBox, ExportImage, ExportSet
from engine.exchange.names import path_problem
from engine.exchange.readers import detect_format, read
from engine.exchange.reading import ReadImage, fitted
from engine.exchange.voc import voc_corners, write_voc
from engine.exchange.yolo import write_yolo
from engine.jobs.reporter import silent_reporter

Write = Callable[..., list[Path]]
WRITERS: dict[str, Write] = {
    "coco": write_coco,
    "voc": write_voc,
    "voc0": lambda *args, **more: write_voc(*args, one_based=False, **more),
    "yolo": write_yolo,
    "csv": write_csv,
}
Found = dict[str, list[tuple[str, Box, float | None]]]


def read_back(folder: Path) -> tuple[Found, dict[str, ReadImage], list[str]]:
    """Boxes by image path in pixels, the images, and what could not be used."""
    troubles: list[str] = []
    images: dict[int, ReadImage] = {}
    boxes: Found = defaultdict(list)
    reading = read(
        folder, detect_format(folder), lambda f, p, m: troubles.append(f"{f} {p}: {m}"), None
    )
    sizes = {image.path: (image.width, image.height) for image in KNOWN[0].images}
    for item in reading:
        if isinstance(item, ReadImage):
            images[item.key] = item
            boxes[item.name] = []
            continue
        name = images[item.key].name
        width, height = sizes[name]
        whole = item.box.scaled(width, height) if item.is_relative else item.box
        inside, wrong = fitted(whole, width, height)
        assert inside is not None, wrong
        boxes[name].append((item.class_name, inside, item.score))
    return boxes, {image.name: image for image in images.values()}, troubles


#: The set that is being read back, for the sizes that YOLO does not say.
KNOWN: list[ExportSet] = []


def assert_same(data: ExportSet, format_name: str, folder: Path) -> None:
    KNOWN[:] = [data]
    found, images, troubles = read_back(folder)
    assert troubles == []
    assert found.keys() == {image.path for image in data.images}
    for image in data.images:
        wanted = [
            (box.class_name, expected(box.box, image, format_name).as_tuple(), box.score)
            for box in image.boxes
        ]
        got = [(name, box.as_tuple(), score) for name, box, score in found[image.path]]
        assert len(got) == len(wanted)
        for (name, corners, score), (other, others, given_score) in zip(
            sorted(got, key=by_place), sorted(wanted, key=by_place), strict=True
        ):
            assert name == other
            assert corners == pytest.approx(others, abs=1e-6 * max(image.width, image.height))
            assert score == (given_score if format_name in ("coco", "csv") else None)
        if format_name != "voc0" and format_name != "voc":
            default = "train" if format_name == "yolo" else None
            assert images[image.path].split == (image.split or default)


def by_place(row: tuple[str, tuple[float, ...], float | None]) -> tuple[object, ...]:
    return (row[0], tuple(round(value, 3) for value in row[1]), row[2] or 0)


def expected(box: Box, image: ExportImage, format_name: str) -> Box:
    if not format_name.startswith("voc"):
        return box
    one_based = format_name == "voc"
    xmin, ymin, xmax, ymax = voc_corners(box, one_based)
    return Box(xmin - one_based, ymin - one_based, xmax, ymax)


@pytest.mark.parametrize("images", ["leave", "copy"])
@pytest.mark.parametrize("format_name", WRITERS)
def test_every_case(
    format_name: str, images: str, cases: ExportSet, image_root: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    WRITERS[format_name](cases, image_root, out, silent_reporter(), images=images)
    assert_same(cases, format_name, out)


@pytest.mark.parametrize("format_name", WRITERS)
def test_ten_thousand_images(format_name: str, tmp_path: Path) -> None:
    images = [
        ExportImage(
            f"{i % 7}/{i}.jpg", 640, 480, [ExportBox.of("a", Box(i % 600, 1, i % 600 + 9, 9))]
        )
        for i in range(10_000 if format_name in ("coco", "csv") else 1_000)
    ]
    data = ExportSet(images, ["a"])
    WRITERS[format_name](data, tmp_path, tmp_path / "out", silent_reporter())
    assert_same(data, format_name, tmp_path / "out")


@pytest.mark.parametrize("format_name", ["coco", "csv"])
def test_review_states_come_back_where_the_format_has_them(
    format_name: str, cases: ExportSet, image_root: Path, tmp_path: Path
) -> None:
    WRITERS[format_name](cases, image_root, tmp_path / "out", silent_reporter())
    KNOWN[:] = [cases]
    _, images, _ = read_back(tmp_path / "out")
    for image in cases.images:
        wanted = image.state.value if format_name == "csv" else None
        assert images[image.path].state == wanted


NAMES = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"], exclude_characters="\ufffe\uffff"),
    min_size=1,
    max_size=20,
).filter(lambda name: name.strip() == name and name.strip())


@st.composite
def export_images(draw: st.DrawFn, path: str, classes: list[str]) -> ExportImage:
    width, height = draw(st.integers(1, 5000)), draw(st.integers(1, 5000))
    boxes = draw(st.lists(export_boxes(width, height, classes), max_size=4, unique_by=place_of))
    split = draw(st.sampled_from(["train", "val", "test", None]))
    return ExportImage(path, width, height, boxes, None, split, ReviewState.CORRECTED)


@st.composite
def export_boxes(draw: st.DrawFn, width: int, height: int, classes: list[str]) -> ExportBox:
    """At least a hundredth of a pixel large: less is lost when edges become centre and size."""
    corners = []
    for side in (width, height):
        low = draw(st.floats(0, side - 0.01))
        corners.append((low, draw(st.floats(min(low + 0.01, side), side))))
    box = Box(corners[0][0], corners[1][0], corners[0][1], corners[1][1])
    score = draw(st.none() | st.floats(0, 1))
    return ExportBox.of(draw(st.sampled_from(classes)), box, score, AnnotationOrigin.DRAWN)


def place_of(box: ExportBox) -> object:
    return (box.class_name, tuple(round(value, 2) for value in box.box.as_tuple()))


@st.composite
def export_sets(draw: st.DrawFn) -> ExportSet:
    classes = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    parts = st.lists(
        NAMES.filter(lambda n: not set(n) & set('/\\:*?"<>|') and n.strip(". ") == n),
        min_size=1,
        max_size=3,
    )
    paths = draw(st.lists(parts.map("/".join), min_size=1, max_size=4, unique_by=str.casefold))
    usable = [f"{path}.jpg" for path in paths if path_problem(path) is None]
    return ExportSet([draw(export_images(path, classes)) for path in usable], classes)


@pytest.mark.parametrize("format_name", WRITERS)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=export_sets())
def test_any_boxes_names_and_classes(format_name: str, data: ExportSet) -> None:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        WRITERS[format_name](data, Path(folder), out, silent_reporter())
        assert_same(data, format_name, out)
