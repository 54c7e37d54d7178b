"""A glance says what decoding says, or nothing; never of a file that is cut short."""

from __future__ import annotations

import random
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from engine.domain.errors import UnusableImageError
from engine.imaging.decoding import probe
from engine.imaging.glance import glance

NOISE = np.random.default_rng(0).integers(0, 255, (40, 60, 3), np.uint8)
PICTURE = Image.fromarray(NOISE)
XMP = b'<x:xmpmeta><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'


def turned(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x010F] = "a camera"
    exif[0x0112] = orientation
    return exif


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "picture"


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("progressive", [False, True])
def test_jpeg_as_decoded(file: Path, orientation: int, progressive: bool) -> None:
    PICTURE.save(file, "JPEG", exif=turned(orientation), progressive=progressive)
    assert glance(file.read_bytes()) == probe(file)


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_jpeg_of_each_mode(file: Path, mode: str) -> None:
    PICTURE.convert(mode).save(file, "JPEG", comment="words", dpi=(72, 72))
    assert glance(file.read_bytes()) == probe(file)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_png_of_each_mode(file: Path, mode: str) -> None:
    picture = Image.fromarray(NOISE[..., 0].astype(np.uint16)) if mode == "I;16" else PICTURE
    words = PngInfo()
    words.add_text("Software", "a program")
    picture.convert(mode).save(file, "PNG", pnginfo=words)
    assert glance(file.read_bytes()) == probe(file)


def test_orientation_elsewhere_is_left_to_decoding(file: Path) -> None:
    PICTURE.save(file, "JPEG", xmp=XMP)
    assert glance(file.read_bytes()) is None
    assert probe(file).width == 40
    PICTURE.save(file, "PNG", exif=turned(6))
    assert glance(file.read_bytes()) is None
    assert probe(file).width == 40


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_wherever_it_was_cut_short_it_is_not_taken(file: Path, kind: str) -> None:
    PICTURE.save(file, kind, exif=turned(1) if kind == "JPEG" else None)
    content = file.read_bytes()
    assert glance(content) is not None
    assert not [at for at in range(len(content)) if glance(content[:at]) is not None]


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_what_is_damaged_is_told_as_decoding_tells_it(file: Path, kind: str) -> None:
    """A damaged PNG is found. Of a JPEG only the pixels may be damaged, and not its size."""
    PICTURE.save(file, kind)
    content, chance = file.read_bytes(), random.Random(3)
    for _ in range(400):
        spoilt = bytearray(content)
        for _ in range(chance.choice([1, 4])):
            at = chance.randrange(len(spoilt) if chance.random() < 0.5 else 200)
            spoilt[at] = chance.randrange(256)
        found = glance(bytes(spoilt))
        if kind == "PNG":
            assert found is None or bytes(spoilt) == content
            continue
        file.write_bytes(spoilt)
        with suppress(UnusableImageError):  # known once it is decoded; most are readable
            assert found is None or found == probe(file)


def test_other_formats_are_left_to_decoding(file: Path) -> None:
    for kind in ("WEBP", "GIF", "BMP", "TIFF", "PPM"):
        PICTURE.save(file, kind)
        assert glance(file.read_bytes()) is None
    assert glance(b"") is None
    assert glance(b"\xff\xd8\xff\xd9") is None
