"""From any Pillow mode to 8-bit RGB."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_SIXTEEN_TO_EIGHT = ((np.arange(65536, dtype=np.uint32) * 255 + 32767) // 65535).astype(np.uint8)


def to_rgb(image: Image.Image) -> Image.Image:
    """``image`` as RGB: alpha over white, 16-bit grey by its full range, CMYK without profiles."""
    if image.mode == "RGB" and "transparency" not in image.info:
        return image
    if image.mode.startswith("I;16"):
        return Image.fromarray(_SIXTEEN_TO_EIGHT[_as_uint16(image)]).convert("RGB")
    if image.mode in ("I", "F"):
        return Image.fromarray(_wide_to_eight(np.asarray(image))).convert("RGB")
    if image.has_transparency_data:
        return _over_white(image.convert("RGBA"))
    return image.convert("RGB")


def _as_uint16(image: Image.Image) -> NDArray[np.uint16]:
    return np.asarray(image).astype(np.uint16, copy=False)


def _wide_to_eight(values: NDArray[np.float32] | NDArray[np.int32]) -> NDArray[np.uint8]:
    """32-bit samples to 8 bits: [0, 1] floats, 8 and 16-bit ranges as such, others stretched."""
    finite = np.nan_to_num(values.astype(np.float32), posinf=0.0, neginf=0.0)
    low, high = float(finite.min()), float(finite.max())
    if low >= 0 and np.issubdtype(values.dtype, np.floating) and high <= 1:
        high, low = 1.0, 0.0
    elif low >= 0 and high <= 255:
        high, low = 255.0, 0.0
    elif low >= 0 and high <= 65535:
        high, low = 65535.0, 0.0
    scaled: NDArray[np.uint8] = np.rint((finite - low) * (255.0 / max(high - low, 1e-12))).astype(
        np.uint8
    )
    return scaled


def _over_white(rgba: Image.Image) -> Image.Image:
    result = Image.new("RGB", rgba.size, (255, 255, 255))
    result.paste(rgba, mask=rgba.getchannel("A"))
    return result
