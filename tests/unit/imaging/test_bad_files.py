"""Files that cannot be used say why, and never cost more than a bounded amount of memory."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, features

from engine.domain.errors import InputError
from engine.imaging.decoding import probe, read_rgb

NOISE = np.random.default_rng(0).integers(0, 255, (120, 160, 3), np.uint8)


WITHOUT_AVIF = pytest.mark.skipif(not features.check("avif"), reason="Pillow without AVIF")
AVIF = pytest.param("avif", marks=WITHOUT_AVIF)


def refused(path: Path) -> InputError:
    with pytest.raises(InputError) as probed:
        probe(path)
    with pytest.raises(InputError) as read:
        read_rgb(path, size=(8, 8))
    assert probed.value.path == str(path)
    assert probed.value.message == read.value.message
    return probed.value


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif", "bmp", "gif", "jp2", "ppm", AVIF])
@pytest.mark.parametrize("kept", [0.5, 0.97])
def test_truncated(tmp_path: Path, suffix: str, kept: float) -> None:
    path = tmp_path / f"cut.{suffix}"
    Image.fromarray(NOISE).save(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])
    error = refused(path)
    assert "damaged or cut short" in error.message or "not an image" in error.message


def test_empty(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").touch()
    assert "empty" in refused(tmp_path / "a.jpg").message


def test_something_else_under_an_image_name(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_text("<html>not found</html>")
    assert "not an image" in refused(tmp_path / "a.jpg").message


def test_formats_that_start_programs_are_not_tried(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n")
    assert "not an image" in refused(tmp_path / "a.jpg").message


def test_missing_folder_and_too_long_a_name(tmp_path: Path) -> None:
    assert "not there" in refused(tmp_path / "gone.jpg").message
    (tmp_path / "folder.jpg").mkdir()
    assert "folder" in refused(tmp_path / "folder.jpg").message
    assert "too long" in refused(tmp_path / ("x" * 300 + ".jpg")).message


@pytest.mark.skipif(os.name == "nt", reason="no such pipes on Windows")
def test_pipe_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.jpg")
    assert "pipe" in refused(tmp_path / "a.jpg").message


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root reads everything")
def test_no_permission(tmp_path: Path) -> None:
    Image.fromarray(NOISE).save(tmp_path / "a.png")
    (tmp_path / "a.png").chmod(0)
    assert "may not be read" in refused(tmp_path / "a.png").message


def test_no_permission_as_the_system_tells_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.fromarray(NOISE).save(tmp_path / "a.png")

    def forbidden(*_args: object, **_kwargs: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Image, "open", forbidden)
    error = refused(tmp_path / "a.png")
    assert "may not be read" in error.message
    assert error.remedy


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif", "gif", "jp2", AVIF])
def test_damage_anywhere_is_an_input_error_or_a_picture(tmp_path: Path, suffix: str) -> None:
    """Flipped bytes all over the file: no other exception and no warning comes out."""
    path = tmp_path / f"a.{suffix}"
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(NOISE[:40, :50]).save(path, **({} if suffix == "jp2" else {"exif": exif}))
    content = path.read_bytes()
    chance = random.Random(7)
    for _ in range(60):
        spoilt = bytearray(content)
        for _ in range(chance.choice([1, 3, 20])):
            spoilt[chance.randrange(len(spoilt) if chance.random() < 0.5 else 120)] = (
                chance.randrange(256)
            )
        path.write_bytes(spoilt)
        assert picture_or_reason(path)


def picture_or_reason(path: Path) -> bool:
    try:
        return read_rgb(path, size=(10, 10)).shape == (10, 10, 3)
    except InputError as error:
        return error.path == str(path)


def test_oddities_of_metadata_do_not_warn(tmp_path: Path) -> None:
    exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x0f\x01\x02\0\xff\0\0\0\xff\xff\0\0\0\0\0\0"
    Image.fromarray(NOISE).save(tmp_path / "a.jpg", exif=exif)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        probe(tmp_path / "a.jpg")
    assert seen == []


def png_header(width: int, height: int) -> bytes:
    """The start of a PNG that claims to be huge."""
    import struct
    import zlib

    def chunk(kind: bytes, body: bytes) -> bytes:
        crc = struct.pack(">I", zlib.crc32(kind + body))
        return struct.pack(">I", len(body)) + kind + body + crc

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0" * 1000))


def test_huge_png_is_refused_from_its_header(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png_header(20_000, 20_000))
    error = refused(tmp_path / "a.png")
    assert "20,000 x 20,000" in error.message
    assert "400 megapixels, the limit is 160" in error.message
    assert "JPEG" in (error.remedy or "")


def huge_jpeg(path: Path, side: int, progressive: bool = False) -> None:
    """A JPEG that claims ``side`` x ``side``: a small one with its frame header rewritten."""
    Image.new("L", (16, 16)).save(path, progressive=progressive)
    content = bytearray(path.read_bytes())
    start = content.index(b"\xff\xc2" if progressive else b"\xff\xc0")
    content[start + 5 : start + 9] = side.to_bytes(2, "big") * 2
    path.write_bytes(content)


def test_huge_progressive_and_monstrous_jpeg_are_refused(tmp_path: Path) -> None:
    huge_jpeg(tmp_path / "a.jpg", 20_000, progressive=True)
    assert "400 megapixels" in refused(tmp_path / "a.jpg").message
    huge_jpeg(tmp_path / "b.jpg", 60_000)
    assert "3,600 megapixels, the limit is 1,000" in refused(tmp_path / "b.jpg").message


MEASURE = """
import resource, sys
from pathlib import Path
from engine.domain.errors import InputError
from engine.imaging.decoding import probe, read_rgb
path = Path(sys.argv[1])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
info = probe(path)
assert (info.width, info.height) == (20000, 20000), info
assert read_rgb(path, size=(224, 224)).shape == (224, 224, 3)
assert read_rgb(path, max_side=2000).shape == (2000, 2000, 3)
try:
    read_rgb(path)
except InputError as error:
    assert "too large" in error.message
else:
    raise AssertionError("decoded 400 megapixels")
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print((after - before) / 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="measures the peak as Linux counts it")
def test_twenty_thousand_pixels_square_in_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "big.jpg"
    Image.new("L", (20_000, 20_000), 90).save(path)
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", MEASURE, str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert float(result.stdout) < 200  # MB; whole it would take 400 as grey and 1,600 as RGB
