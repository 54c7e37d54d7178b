"""All eight EXIF orientations: what goes along with the boxes agrees with them."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image, ImageOps

from engine.domain.geometry import Box
from engine.exchange.model import ExportBox, ExportImage, ExportSet
from engine.imaging.decoding import read_rgb
from engine.jobs.reporter import silent_reporter
from tests.exchange_readers import own_importer
from tests.unit.exchange.test_round_trips import WRITERS, expected

RED, GRAY = (230, 20, 20), (120, 120, 120)
#: What turns the upright picture into the one that is stored.
STORED = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
#: Where an export puts the one image, and which ways of bringing it along the format has.
PLACES = {
    "coco": ("images/a/turned{}", ("copy", "link")),
    "csv": ("images/a/turned{}", ("copy", "link")),
    "voc": ("JPEGImages/turned{}", ("copy", "link", "jpeg")),
    "voc0": ("JPEGImages/turned{}", ("copy", "link", "jpeg")),
    "yolo": ("images/train/turned{}", ("copy", "link", "jpeg")),
}


@st.composite
def upright_boxes(draw: st.DrawFn) -> tuple[int, int, Box]:
    """The size of an upright picture, and a box of whole pixels well inside it."""
    width, height = draw(st.integers(48, 96)), draw(st.integers(48, 96))
    x, y = draw(st.integers(4, width - 28)), draw(st.integers(4, height - 28))
    return width, height, Box(x, y, x + draw(st.integers(16, 24)), y + draw(st.integers(16, 24)))


def store(path: Path, width: int, height: int, box: Box, orientation: int) -> None:
    """A gray picture, red in the box, stored as a camera would that was held so."""
    pixels = np.full((height, width, 3), GRAY, np.uint8)
    xmin, ymin, xmax, ymax = map(int, box.as_tuple())
    pixels[ymin:ymax, xmin:xmax] = RED
    picture = Image.fromarray(pixels)
    exif = picture.getexif()
    exif[ExifTags.Base.Orientation] = orientation
    turn = STORED[orientation]
    if turn is not None:
        picture = picture.transpose(turn)
    path.parent.mkdir(parents=True)
    picture.save(path, exif=exif)


def assert_red_inside(picture: Image.Image, box: Box) -> None:
    """The middle is red, and so is nothing outside; 4 pixels about the edge may be blurred."""
    pixels = np.asarray(picture.convert("RGB")).astype(int)
    red = (pixels[..., 0] - pixels[..., 1]) > 60
    xmin, ymin, xmax, ymax = map(int, box.as_tuple())
    assert red[ymin + 4 : ymax - 4, xmin + 4 : xmax - 4].all()
    outside = np.ones(red.shape, bool)
    outside[max(ymin - 4, 0) : ymax + 4, max(xmin - 4, 0) : xmax + 4] = False
    assert not red[outside].any()


@pytest.mark.parametrize("format_name", WRITERS)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(drawn=upright_boxes(), orientation=st.integers(1, 8), data=st.data())
def test_boxes_lie_on_the_image_that_goes_along(
    format_name: str, drawn: tuple[int, int, Box], orientation: int, data: st.DataObject
) -> None:
    place, modes = PLACES[format_name]
    mode = data.draw(st.sampled_from(modes))
    suffix = data.draw(st.sampled_from([".jpg", ".png"]))
    width, height, box = drawn
    with tempfile.TemporaryDirectory() as folder:
        top = Path(folder)
        source = top / "root" / "a" / f"turned{suffix}"
        store(source, width, height, box, orientation)
        before = source.read_bytes()
        assert read_rgb(source).shape[:2] == (height, width)
        image = ExportImage(f"a/turned{suffix}", width, height, [ExportBox.of("red", box)])
        out = top / "out"
        WRITERS[format_name](
            ExportSet([image], ["red"]), top / "root", out, silent_reporter(), images=mode
        )
        target = out / place.format(".jpg" if mode == "jpeg" else suffix)
        assert source.read_bytes() == before
        assert target.is_symlink() == (mode == "link")
        with Image.open(target) as picture:
            if mode == "jpeg":  # upright without EXIF too
                assert picture.getexif().get(ExifTags.Base.Orientation, 1) == 1
                assert_red_inside(picture, box)
            upright = ImageOps.exif_transpose(picture)
            assert upright.size == (width, height)
            assert_red_inside(upright, box)
        ((name, corners),) = read_boxes(out, image)
        assert name == "red"
        assert corners == pytest.approx(expected(box, image, format_name).as_tuple(), abs=1e-4)


def read_boxes(out: Path, image: ExportImage) -> list[tuple[str, tuple[float, ...]]]:
    found = own_importer(out, {image.path: (image.width, image.height)})
    return found[image.path]
