"""Brightness and contrast of what is on the screen; the picture itself stays as it is."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

LIMIT = 100
STEP = 10


@dataclass(frozen=True, slots=True)
class Tones:
    """``brightness`` and ``contrast`` in -100 to 100; 0 leaves the picture as it is."""

    brightness: int = 0
    contrast: int = 0

    @property
    def plain(self) -> bool:
        return self.brightness == 0 and self.contrast == 0

    def brighter(self, steps: int) -> Tones:
        return replace(self, brightness=_limited(self.brightness + steps * STEP))

    def stronger(self, steps: int) -> Tones:
        """More contrast (fewer steps than 0: less)."""
        return replace(self, contrast=_limited(self.contrast + steps * STEP))

    def table(self) -> NDArray[np.uint8]:
        """(256,) what each level becomes: contrast turns around the middle, brightness adds."""
        slope = np.tan((self.contrast / LIMIT * 0.98 + 1.0) * np.pi / 4)
        levels = (np.arange(256) - 127.5) * slope + 127.5 + self.brightness * 1.275
        toned: NDArray[np.uint8] = np.clip(np.rint(levels), 0, 255).astype(np.uint8)
        return toned


def apply_tones(image: QImage, tones: Tones) -> None:
    """Change ``image`` (32 bits per pixel, opaque) in place."""
    pixels: NDArray[np.uint8] = np.frombuffer(image.bits(), np.uint8)
    pixels = pixels.reshape(image.height(), image.bytesPerLine() // 4, 4)
    table = np.repeat(tones.table()[:, None], 4, axis=1)
    table[:, 3] = 255  # Qt counts on it
    cv2.LUT(pixels, table.reshape(1, 256, 4), pixels)


def _limited(value: int) -> int:
    return min(max(value, -LIMIT), LIMIT)
