"""Image files to pixels: probing and reading, EXIF-transposed, with bounded memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine.imaging.info import ImageInfo
from engine.imaging.opening import check_size, opened, turn_for
from engine.imaging.pixels import to_rgb
from engine.imaging.writing import write_jpeg, write_png

__all__ = ["ImageInfo", "probe", "read_draft", "read_rgb", "write_jpeg", "write_png"]

_ORIENTATION_TAG = 0x0112
_DRAFT_PIXELS = 4_000_000  # below, decoding is fast as it is
_TRANSPOSITIONS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

Size = tuple[int, int]


def probe(path: Path) -> ImageInfo:
    """Decode the whole file once, at the smallest scale its format has, and say what it is.

    Raises InputError for a file that is missing, unreadable, empty, no image, damaged, cut short
    or too large (see ``engine.imaging.opening`` for the limits).
    """
    with opened(path) as image:
        width, height = image.size
        orientation = _orientation(image)
        _decode(image, path, (1, 1))
        if _pending(image, orientation) >= 5:
            width, height = height, width
        return ImageInfo(width, height, image.format or "", orientation)


def read_rgb(
    path: Path, max_side: int | None = None, size: Size | None = None
) -> NDArray[np.uint8]:
    """The first frame as (height, width, 3) 8-bit RGB, EXIF-transposed, C-contiguous.

    ``max_side`` bounds the longer side in pixels (smaller images stay as they are); ``size`` =
    (width, height) gives exactly that, whatever the aspect. Both are antialiased (bilinear), and
    JPEG is decoded at a reduced scale where that suffices. 16-bit samples are scaled to 8 bits,
    alpha is laid over white, CMYK, palette and grey become RGB. Raises InputError like ``probe``.
    """
    if max_side is not None and size is not None:
        raise ValueError("give max_side or size, not both")
    if min(1 if max_side is None else max_side, *(size or (1, 1))) < 1:
        raise ValueError("sizes are at least one pixel")
    with opened(path) as image:
        orientation = _pending(image, _orientation(image))
        target = _target(image.size, max_side, _turned(size, orientation))
        rgb = _read_scaled(image, path, target)
        if orientation in _TRANSPOSITIONS:
            rgb = rgb.transpose(_TRANSPOSITIONS[orientation])
        return np.array(rgb, dtype=np.uint8, order="C")


def read_draft(path: Path, least: int, below: int) -> NDArray[np.uint8] | None:
    """A coarse copy of a large JPEG, as fast as its format allows; RGB like ``read_rgb``.

    At a half, a quarter or an eighth of its size, the smallest with a longer side of ``least``
    pixels, taken as decoded. None where a copy of ``below`` pixels is not much slower: for other
    formats, small pictures, and those so large that they are decoded at an eighth anyway. Raises
    InputError like ``probe``.
    """
    with opened(path) as image:
        longest = max(image.size)
        scale = next((s for s in (8, 4, 2) if longest >= s * least), 1)
        small = image.size[0] * image.size[1] < _DRAFT_PIXELS
        if image.format not in ("JPEG", "MPO") or scale == 1 or small or longest >= scale * below:
            return None
        orientation = _pending(image, _orientation(image))
        size = tuple(-(-side // scale) for side in image.size)
        _decode(image, path, (size[0], size[1]))
        rgb = to_rgb(image)
        if orientation in _TRANSPOSITIONS:
            rgb = rgb.transpose(_TRANSPOSITIONS[orientation])
        return np.array(rgb, dtype=np.uint8, order="C")


def _turned(size: Size | None, orientation: int) -> Size | None:
    """The size before transposition of what is ``size`` after it."""
    return (size[1], size[0]) if size and orientation >= 5 else size


def _target(stored: Size, max_side: int | None, size: Size | None) -> Size:
    if size is not None:
        return size
    if max_side is None or max(stored) <= max_side:
        return stored
    factor = max_side / max(stored)
    return max(1, round(stored[0] * factor)), max(1, round(stored[1] * factor))


def _read_scaled(image: Image.Image, path: Path, target: Size) -> Image.Image:
    region = _decode(image, path, target)
    if image.size == target:
        return to_rgb(image)
    # A whole-number reduction first keeps the peak of memory near that of the decoded image.
    factor = min(image.size[0] // (2 * target[0]), image.size[1] // (2 * target[1]))
    reduced = image
    if factor >= 2 and image.mode in ("L", "RGB", "RGBA", "CMYK") and not _keyed(image):
        reduced = image.reduce(factor)
        region = (region[0] / factor, region[1] / factor, region[2] / factor, region[3] / factor)
    return to_rgb(reduced).resize(target, Image.Resampling.BILINEAR, box=region)


def _keyed(image: Image.Image) -> bool:
    """True if one colour value stands for transparency: averaging would lose it."""
    return "transparency" in image.info


def _decode(image: Image.Image, path: Path, target: Size) -> tuple[float, float, float, float]:
    """Load the pixels, for JPEG at the smallest scale not below ``target``.

    Returns the region of the loaded pixels that the whole image covers: at a reduced scale the
    last column and row may be covered in part only.
    """
    stored = image.size
    halved = target[0] * 2 <= stored[0] and target[1] * 2 <= stored[1]
    drafted = image.draft(None, target) if halved else None
    check_size(image, path, stored)
    with turn_for(image.size[0] * image.size[1]):
        image.load()
    return drafted[1] if drafted else (0.0, 0.0, float(image.size[0]), float(image.size[1]))


def _orientation(image: Image.Image) -> int:
    try:
        value = image.getexif().get(_ORIENTATION_TAG, 1)
    except (SyntaxError, ValueError, TypeError, LookupError, OSError, EOFError, ArithmeticError):
        return 1  # damaged metadata do not make a picture unusable
    return value if isinstance(value, int) and value in range(1, 9) else 1


def _pending(image: Image.Image, orientation: int) -> int:
    """What is left to do of ``orientation``: Pillow turns TIFF files itself, size included."""
    return 1 if image.format == "TIFF" else orientation
