from __future__ import annotations

import math
from pathlib import Path

import pytest

from engine.domain.errors import InputError
from engine.domain.geometry import Box
from engine.exchange.coco import write_coco
from engine.exchange.contents import checked
from engine.exchange.model import ExportBox, ExportImage, ExportSet
from engine.jobs.reporter import Reporter, silent_reporter

GOOD = ExportBox.of("a", Box(1, 1, 5, 5))


def one(box: ExportBox = GOOD, path: str = "x.jpg", width: int = 10, **more: str) -> ExportSet:
    return ExportSet([ExportImage(path, width, 10, [box], **more)], ["a"])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (one(ExportBox.of("b", Box(1, 1, 5, 5))), "class 'b'"),
        (one(ExportBox.of("a", Box(1, 1, 1, 5))), "is none"),
        (one(ExportBox.of("a", Box(5, 1, 1, 5))), "is none"),
        (one(ExportBox.of("a", Box(math.nan, 1, 5, 5))), "is none"),
        (one(ExportBox.of("a", Box(1, 1, math.inf, 5))), "is none"),
        (one(ExportBox.of("a", Box(1, 1, 5, 5), math.nan)), "is none"),
        (one(width=0), "size"),
        (one(path="/etc/passwd"), "absolute"),
        (one(path="C:\\x.jpg"), "absolute"),
        (one(path="a/../../x.jpg"), "climbs"),
        (one(path="a\\..\\..\\x.jpg"), "climbs"),
        (one(path=""), "empty"),
        (one(path="a\udcff.jpg"), "Unicode"),
        (one(split="tran"), "train, val, test"),
        (ExportSet([ExportImage("x.jpg", 1, 1)] * 2, ["a"]), "twice"),
        (ExportSet([], ["a", "a"]), "once"),
        (ExportSet([], [""]), "empty"),
    ],
)
def test_what_no_format_can_say_is_refused_before_writing(
    data: ExportSet, message: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=message):
        write_coco(data, tmp_path, tmp_path / "out", silent_reporter())
    assert list(tmp_path.iterdir()) == []


def test_box_over_the_edge_is_cut_with_a_warning(reporter: Reporter, warnings: list[str]) -> None:
    ready = checked(one(ExportBox.of("a", Box(-1, 2, 5, 12))))
    (image,) = ready.images(reporter, "")
    assert [box.box for box in image.boxes] == [Box(0, 2, 5, 10)]
    assert warnings == ["x.jpg: a box that reaches over the edge was cut there"]


def test_box_outside_is_left_out_with_a_warning(reporter: Reporter, warnings: list[str]) -> None:
    ready = checked(one(ExportBox.of("a", Box(10, 2, 15, 5))))
    assert [image.boxes for image in ready.images(reporter, "")] == [[]]
    assert warnings == ["x.jpg: a box outside the image was left out"]


def test_empty_export_is_one(tmp_path: Path) -> None:
    written = write_coco(ExportSet([], []), tmp_path, tmp_path / "out", silent_reporter())
    assert [path.name for path in written] == ["annotations.json", "provenance.json"]
