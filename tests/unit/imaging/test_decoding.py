"""Reading every kind of image that people have, right side up, as 8-bit RGB."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.imaging.decoding import probe, read_rgb

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def quarters(width: int = 40, height: int = 20) -> Image.Image:
    """Red, green over blue, white."""
    image = Image.new("RGB", (width, height))
    boxes = [(x, y) for y in (0, height // 2) for x in (0, width // 2)]
    for (x, y), colour in zip(boxes, (RED, GREEN, BLUE, WHITE), strict=True):
        image.paste(colour, (x, y, x + width // 2, y + height // 2))
    return image


def corners(rgb: np.ndarray) -> list[tuple[int, ...]]:
    return [tuple(int(v) for v in rgb[y, x]) for y in (2, -3) for x in (2, -3)]


STORED_AS = {  # EXIF orientation -> what turns the upright picture into the stored one
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_read_upright(tmp_path: Path, orientation: int, suffix: str) -> None:
    path = tmp_path / f"turned{suffix}"
    how = STORED_AS[orientation]
    stored = quarters() if how is None else quarters().transpose(how)
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"quality": 95} if suffix in (".jpg", ".webp") else {}
    stored.save(path, exif=exif, **options)

    info = probe(path)
    assert (info.width, info.height, info.orientation) == (40, 20, orientation)
    for rgb in (read_rgb(path), read_rgb(path, max_side=30), read_rgb(path, size=(20, 16))):
        assert np.allclose(corners(rgb), [RED, GREEN, BLUE, WHITE], atol=45)
    assert read_rgb(path).shape == (20, 40, 3)
    assert read_rgb(path, max_side=30).shape == (15, 30, 3)
    assert read_rgb(path, size=(20, 16)).shape == (16, 20, 3)


@pytest.mark.parametrize("value", [0, 9, 300])
def test_nonsense_orientation_is_ignored(tmp_path: Path, value: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = value
    quarters().save(tmp_path / "a.jpg", exif=exif, quality=95)
    assert probe(tmp_path / "a.jpg").orientation == 1
    assert read_rgb(tmp_path / "a.jpg").shape == (20, 40, 3)


def test_damaged_exif_does_not_make_a_picture_unusable(tmp_path: Path) -> None:
    quarters().save(tmp_path / "a.jpg", exif=b"Exif\0\0II*\0\xff\xff\xff\x7f" + b"\x99" * 40)
    assert probe(tmp_path / "a.jpg").width == 40


@pytest.mark.parametrize("mode", ["L", "1", "P", "CMYK", "YCbCr", "RGB"])
def test_colour_modes_become_rgb(tmp_path: Path, mode: str) -> None:
    suffix = {"CMYK": ".jpg", "YCbCr": ".jpg"}.get(mode, ".png")
    source = Image.new("RGB", (16, 12), WHITE).convert(mode)
    source.save(tmp_path / f"a{suffix}")
    rgb = read_rgb(tmp_path / f"a{suffix}")
    assert rgb.shape == (12, 16, 3)
    assert rgb.dtype == np.uint8
    assert rgb.flags.c_contiguous
    assert rgb.min() >= 250


def test_cmyk_colours(tmp_path: Path) -> None:
    quarters().convert("CMYK").save(tmp_path / "a.jpg", quality=95)
    assert np.allclose(corners(read_rgb(tmp_path / "a.jpg")), [RED, GREEN, BLUE, WHITE], atol=30)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_sixteen_bit_grey_is_scaled(tmp_path: Path, suffix: str) -> None:
    values = np.array([[0, 128, 257, 32896, 65535]], np.uint16)
    Image.fromarray(values).save(tmp_path / f"a{suffix}")
    assert read_rgb(tmp_path / f"a{suffix}")[0, :, 0].tolist() == [0, 0, 1, 128, 255]


def test_sixteen_bit_colour_is_scaled(tmp_path: Path) -> None:
    cv2 = pytest.importorskip("cv2")
    bgr = np.zeros((6, 8, 3), np.uint16)
    bgr[..., 2], bgr[..., 1] = 65535, 32896
    for name in ("a.png", "a.tif"):
        assert cv2.imwrite(str(tmp_path / name), bgr)
        assert read_rgb(tmp_path / name)[3, 4].tolist() == [255, 128, 0]


def test_wide_samples_keep_their_order(tmp_path: Path) -> None:
    Image.fromarray(np.array([[0.0, 0.5, 1.0]], np.float32)).save(tmp_path / "unit.tif")
    assert read_rgb(tmp_path / "unit.tif")[0, :, 0].tolist() == [0, 128, 255]
    Image.fromarray(np.array([[-5.0, np.nan, 5.0]], np.float32)).save(tmp_path / "any.tif")
    assert read_rgb(tmp_path / "any.tif")[0, :, 0].tolist() == [0, 128, 255]
    Image.fromarray(np.array([[0, 70000, 140000]], np.int32)).save(tmp_path / "int.tif")
    assert read_rgb(tmp_path / "int.tif")[0, :, 0].tolist() == [0, 128, 255]


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA"])
def test_alpha_is_laid_over_white(tmp_path: Path, mode: str) -> None:
    image = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    image.paste((0, 0, 0, 255), (0, 0, 32, 64))
    path = tmp_path / ("a.tif" if mode == "PA" else "a.png")
    if mode == "PA":
        mode, path = "LA", tmp_path / "a.webp"
    image.convert(mode).save(path, **({"lossless": True} if path.suffix == ".webp" else {}))
    rgb = read_rgb(path)
    assert rgb[:, :30].max() <= 5
    assert rgb[:, 34:].min() >= 250
    assert read_rgb(path, size=(4, 4))[:, 3].min() >= 250


def test_palette_transparency(tmp_path: Path) -> None:
    image = Image.new("P", (32, 32), 0)
    image.putpalette([10, 20, 30, 200, 100, 0])
    image.paste(1, (0, 0, 16, 32))
    image.save(tmp_path / "a.gif", transparency=0)
    image.save(tmp_path / "a.png", transparency=bytes([0, 255]))
    for name in ("a.gif", "a.png"):
        rgb = read_rgb(tmp_path / name)
        assert rgb[3, 3].tolist() == [200, 100, 0]
        assert rgb[3, 30].tolist() == [255, 255, 255]


def test_colour_keyed_transparency(tmp_path: Path) -> None:
    image = Image.new("RGB", (32, 32), BLUE)
    image.paste(RED, (0, 0, 16, 32))
    image.save(tmp_path / "a.png", transparency=BLUE)
    assert read_rgb(tmp_path / "a.png", max_side=4)[0, :, :].tolist()[3] == [255, 255, 255]


@pytest.mark.parametrize("suffix", [".gif", ".png", ".webp", ".tif"])
def test_first_frame_of_animations(tmp_path: Path, suffix: str) -> None:
    frames = [Image.new("RGB", (30, 20), colour) for colour in (RED, GREEN, BLUE)]
    path = tmp_path / f"moving{suffix}"
    frames[0].save(path, save_all=True, append_images=frames[1:])
    assert np.allclose(read_rgb(path)[10, 15], RED, atol=3)
    assert probe(path).width == 30


def test_suffix_may_lie(tmp_path: Path) -> None:
    quarters().save(tmp_path / "really.png")
    (tmp_path / "really.png").rename(tmp_path / "a.jpg")
    assert probe(tmp_path / "a.jpg").format == "PNG"
    assert corners(read_rgb(tmp_path / "a.jpg")) == [RED, GREEN, BLUE, WHITE]


@pytest.mark.parametrize("name", ["Ångström – 鳥 🐦.png", "x" * 250 + ".png", "a b 'c' \"d\".png"])
def test_any_name(tmp_path: Path, name: str) -> None:
    quarters().save(tmp_path / name)
    assert probe(tmp_path / name).width == 40


def test_reduced_reading_covers_the_whole_image(tmp_path: Path) -> None:
    """A column of 999 px at 1/8 is 125 px, of which the last counts for 7/8 only."""
    ramp = np.repeat(np.linspace(0, 255, 999).astype(np.uint8)[None], 333, axis=0)
    for name in ("a.jpg", "a.png"):
        Image.fromarray(ramp).convert("RGB").save(tmp_path / name, quality=98)
        small = read_rgb(tmp_path / name, max_side=100)
        assert small.shape == (33, 100, 3)
        expected = np.interp((np.arange(100) + 0.5) * 9.99 - 0.5, np.arange(999), ramp[0])
        assert np.abs(small[16, :, 0] - expected)[2:-2].max() < 2.5


def test_never_enlarged_by_max_side(tmp_path: Path) -> None:
    quarters().save(tmp_path / "a.png")
    assert read_rgb(tmp_path / "a.png", max_side=4000).shape == (20, 40, 3)
    assert read_rgb(tmp_path / "a.png", size=(80, 80)).shape == (80, 80, 3)


def test_sliver_keeps_a_pixel(tmp_path: Path) -> None:
    Image.new("RGB", (3000, 1), RED).save(tmp_path / "a.png")
    assert read_rgb(tmp_path / "a.png", max_side=10).shape == (1, 10, 3)


def test_callers_mistakes_are_bugs(tmp_path: Path) -> None:
    quarters().save(tmp_path / "a.png")
    with pytest.raises(ValueError, match="not both"):
        read_rgb(tmp_path / "a.png", max_side=5, size=(5, 5))
    with pytest.raises(ValueError, match="one pixel"):
        read_rgb(tmp_path / "a.png", max_side=0)
